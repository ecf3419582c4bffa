// The small stores in which everything is tried. Cheap ones first: a mutation is looked for in this order.
#include "tests/prune_model/model.h"

namespace prune_model {

namespace {

std::vector<Configuration> configurations() {
    std::vector<Configuration> all;
    const auto add = [&](const char* name, const std::function<void(Configuration&)>& set) {
        Configuration one{};
        one.name = name;
        one.trees[0] = one.trees[1] = 1;
        set(one);
        all.push_back(one);
    };
    add("node", [](Configuration& c) {
        c.pruners = 1, c.damages = 1, c.a_names_b = true, c.quarantine = true;
        c.packs[0] = 1, c.packs[1] = 2;
    });
    add("quarantine", [](Configuration& c) {
        c.pruners = 1, c.damages = 1, c.quarantine = true, c.victims_max = 2, c.false_alarm = true;
        c.packs[0] = 3, c.packs[1] = 1;
    });
    add("writer", [](Configuration& c) {
        c.writers = 1, c.writer_runs = 2, c.pruners = 1, c.forgets = 1;
    });
    add("writers", [](Configuration& c) {
        c.writers = 2, c.trees[0] = 3, c.pruners = 1, c.forgets = 1, c.victims_max = 2;
        c.packs[0] = 3;
    });
    add("repack", [](Configuration& c) {
        c.writers = 1, c.trees[0] = 2, c.pruners = 1, c.forgets = 1, c.victims_max = 2, c.copies = 1;
        c.packs[0] = 3;
    });
    add("lost-reply", [](Configuration& c) {
        c.writers = 1, c.writer_runs = 1, c.pruners = 1, c.pruner_runs = 2, c.forgets = 2, c.lost_replies = true;
    });
    add("bundles", [](Configuration& c) {
        c.writers = 1, c.writer_runs = 1, c.pruners = 1, c.forgets = 1, c.bundling = true, c.lost_replies = true;
    });
    add("undelete", [](Configuration& c) {
        c.writers = 1, c.undelete = true, c.pruners = 1, c.victims_max = 2;
        c.packs[0] = 1, c.packs[1] = 2;
    });
    add("pruners", [](Configuration& c) {
        c.pruners = 2, c.pruner_runs = 1, c.forgets = 1, c.victims_max = 2, c.deaths = true;
        c.packs[0] = 1, c.packs[1] = 1;
    });
    add("pruners-writer", [](Configuration& c) {
        c.writers = 1, c.pruners = 2, c.forgotten = true;
    });
    add("restart", [](Configuration& c) {
        c.writers = 1, c.writer_runs = 2, c.trees[0] = 2, c.pruners = 1;
    });
    add("adoption", [](Configuration& c) {
        c.writers = 1, c.pruners = 1, c.pruner_runs = 2, c.deaths = true, c.forgotten = true;
    });
    add("split", [](Configuration& c) {
        c.writers = 1, c.pruners = 1, c.pruner_runs = 2, c.forgets = 1, c.split = true, c.copies = 1;
    });
    add("damage", [](Configuration& c) {
        c.writers = 1, c.pruners = 1, c.damages = 1, c.copies = 1, c.forgets = 1;
    });
    add("damage-repack", [](Configuration& c) {
        c.pruners = 2, c.damages = 1, c.copies = 1;
        c.packs[0] = 1;
    });
    add("alarm", [](Configuration& c) {
        c.writers = 1, c.pruners = 1, c.damages = 1, c.false_alarm = true;
        c.packs[0] = 1, c.packs[1] = 1;
    });
    add("power-writer", [](Configuration& c) {
        c.writers = 2, c.trees[0] = c.trees[1] = 1, c.lost_replies = true, c.power_cut = true;
        c.packs[0] = 2;
    });
    add("power-pruner", [](Configuration& c) {
        c.writers = 1, c.pruners = 1, c.pruner_runs = 1, c.forgets = 1, c.copies = 1, c.power_cut = true;
    });
    add("power-writers", [](Configuration& c) {
        c.writers = 1, c.writer_runs = 2, c.pruners = 1, c.pruner_runs = 2, c.forgotten = true, c.power_cut = true;
    });
    add("power-again", [](Configuration& c) {
        c.pruners = 1, c.pruner_runs = 2, c.forgets = 1, c.copies = 1, c.power_cut = true;
    });
    add("power-pruners", [](Configuration& c) {
        c.pruners = 2, c.pruner_runs = 1, c.forgets = 1, c.power_cut = true;
        c.packs[0] = 1, c.packs[1] = 1;
    });
    add("power-bundles", [](Configuration& c) {
        c.pruners = 1, c.pruner_runs = 2, c.forgets = 1, c.bundling = true, c.power_cut = true;
    });
    add("quarantine-again", [](Configuration& c) {
        c.pruners = 1, c.pruner_runs = 2, c.deaths = true, c.damages = 1, c.quarantine = true;
    });
    add("quarantines", [](Configuration& c) {
        c.pruners = 2, c.damages = 1, c.copies = 1, c.quarantine = true;
    });
    add("power-quarantine", [](Configuration& c) {
        c.pruners = 1, c.pruner_runs = 2, c.damages = 1, c.quarantine = true, c.power_cut = true;
    });
    add("withdrawn", [](Configuration& c) {
        c.pruners = 1, c.pruner_runs = 2, c.deaths = true, c.quarantine = true, c.false_alarm = c.false_loss = true;
        c.damages = 1;
    });
    add("resume", [](Configuration& c) {
        c.pruners = 2, c.resume = true;
        c.packs[0] = 1, c.packs[1] = 1;
    });
    add("resume-node", [](Configuration& c) {
        c.pruners = 2, c.resume = true, c.a_names_b = true;
        c.packs[0] = 3, c.packs[1] = 2;
    });
    add("resume-writer", [](Configuration& c) {
        c.writers = 1, c.trees[0] = 3, c.pruners = 1, c.forgets = 1, c.resume = true;
        c.packs[0] = 3, c.packs[1] = 1;
    });
    add("marks-pruners", [](Configuration& c) {
        c.pruners = 2, c.forgets = 1, c.sweeping = true, c.tags = 1;
    });
    add("marks", [](Configuration& c) {
        c.writers = 1, c.pruners = 1, c.forgets = 1, c.sweeping = true, c.tags = 1;
    });
    add("marks-spared", [](Configuration& c) {
        c.writers = 1, c.pruners = 1, c.forgets = 1, c.sweeping = c.tagged = c.spares = true;
    });
    add("undelete-marks", [](Configuration& c) {
        c.writers = 1, c.undelete = true, c.pruners = 1, c.sweeping = c.tagged = true;
    });
    add("power-marks", [](Configuration& c) {
        c.pruners = 1, c.pruner_runs = 2, c.forgets = 1, c.sweeping = c.tagged = true, c.power_cut = true;
        c.packs[0] = 1, c.packs[1] = 2;
    });
    return all;
}

}  // namespace

const std::vector<Configuration> kConfigurations = configurations();

}  // namespace prune_model
