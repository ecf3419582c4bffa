// What the actors of a simulated world do, each by the real operation with options that a seed can own.
#include "tests/support/simulated_world.h"

#include "store/backend/object_names.h"
#include "store/check.h"
#include "store/clock.h"
#include "store/forget.h"
#include "store/prune.h"
#include "store/prune_tidy.h"
#include "store/repair.h"
#include "store/tagging.h"
#include "store/undelete.h"
#include "tests/support/prune_store.h"

namespace vault {

namespace {

const auto kNeverInterrupted = [] { return false; };
const auto kNobody = [](const HarmedEntry&) {};

// Small chunks and nodes, so that small trees have several of each, and extents trees.
ShapeParameters small_shape() {
    ShapeParameters shape;
    for (auto& one : shape.classes) one.average = 4'096;
    shape.extent_list_items = 2;
    shape.node_average_bytes = 4'096;
    return shape;
}

std::vector<SessionId> sids_of(const std::vector<const Snapshot*>& snapshots) {
    std::vector<SessionId> sids;
    for (const Snapshot* snapshot : snapshots) sids.push_back(snapshot->sid);
    return sids;
}

}  // namespace

PackLimits one_publisher() {
    PackLimits limits;
    limits.publishers = 1;
    return limits;
}

WorldOptions world_of(std::uint64_t seed) {
    WorldOptions options;
    options.simulation.seed = seed;
    options.simulation.as_object_store = seed % 2 == 0;
    if (seed % 3 == 0) options.simulation.kill_permille = 4;
    if (seed % 5 == 0) options.simulation.lose_reply_permille = 40;
    if (seed % 7 == 0) options.simulation.fail_permille = 5;
    constexpr unsigned kStayPercent[] = {0, 50, 90};
    options.simulation.stay_percent = kStayPercent[seed / 2 % 3];
    options.simulation.nap_permille = 30;
    options.simulation.power_cut = seed % 4 == 3;
    options.is_struck = seed % 11 < 3;
    return options;
}

SimulatedWorld::SimulatedWorld(const WorldOptions& options)
    : options_(options), simulation_(options.simulation), test_(simulation_.shared_store(), small_shape()),
      random_(options.simulation.seed * 7 + 1) {
    begin();
}

// Mostly something is forgotten from the start: packs that die while somebody wants what they hold again are what the
// rules are about.
void SimulatedWorld::begin() {
    const auto machine = test_.open("machine");
    rare_variant_ = pick(kSourceVariants);
    take(*machine, rare_variant_, "a");
    simulation_.pass_time(std::chrono::minutes(1));  // so that it is the first of the listing
    take(*machine, (rare_variant_ + 1 + pick(kSourceVariants - 1)) % kSourceVariants, "a");
    const SnapshotListing listing = list_snapshots(*machine);
    switch (pick(4)) {
        case 0: return;
        case 1:
            put_hold(*machine, listing.live[0], true);
            return promises_.held(listing.live[0].sid);
        default: break;
    }
    const SessionId& rare = listing.live[0].sid;
    promises_.forgetting({rare});
    carry_out(*machine, plan_forget(listing, std::vector<std::string>{rare.hex()}, {}));
    promises_.forgotten({rare});
}

void SimulatedWorld::run() {
    for (round_ = 0; round_ < 2; ++round_) {
        add_actors();
        simulation_.run();
        if (round_ == 0 && options_.is_struck) damage_.emplace(test_, random_);
        simulation_.pass_time(std::chrono::minutes(1) * (pick(3) == 0 ? 31 * 60 : 1 + pick(90)));
    }
}

void SimulatedWorld::add_actors() {
    const std::size_t writers = 1 + pick(2), pruners = 1 + pick(2);
    for (std::size_t i = 0; i < writers; ++i) add_writer("writer" + std::to_string(i));
    for (std::size_t i = 0; i < pruners; ++i) add_pruner("pruner" + std::to_string(i));
    add_forgetter();
    if (pick(2) == 0) add_undeleter();
    if (pick(4) == 0) add_tagger();
    if (pick(4) == 0) add_checker();
    if (pick(damage_ ? 2 : 6) == 0) add_repairer();
}

void SimulatedWorld::add(const std::string& kind, Work work) {
    const std::string actor = kind + "." + std::to_string(round_);
    // A prune has most of its calls before P3: who begins with it has long ended when the others begin to matter.
    const std::size_t delay = pick(2) == 0 ? pick(120) : 0;
    simulation_.add_actor(actor, [=, this] {
        for (std::size_t i = 0; i < delay; ++i) simulation_.pause(actor, std::chrono::milliseconds(1));
        work(actor, *test_.open(simulation_.backend_of(actor), kind));
    });
}

void SimulatedWorld::take(const Repository& repository, std::size_t variant, const std::string& series) {
    SnapshotOptions options = options_for(source_variant(variant).top);
    options.series = series;
    options.tags = {variant_tag(variant)};
    options.threads = 1;
    options.packs = one_publisher();
    promises_.committed(take_snapshot(repository, options).record.sid);
}

void SimulatedWorld::add_writer(const std::string& kind) {
    const std::size_t variant = pick(3) != 0 ? rare_variant_ : pick(kSourceVariants), runs = 1 + pick(2);
    const std::string series = pick(2) == 0 ? "a" : "b";
    add(kind, [=, this](const std::string&, const Repository& repository) {
        for (std::size_t i = 0; i < runs; ++i) take(repository, (variant + i) % kSourceVariants, series);
    });
}

// Who is judged dead is not always dead: no clock and no process table is part of the safety.
PruneEnvironment SimulatedWorld::environment_of(const std::string& actor, bool is_rash) {
    PruneEnvironment environment;
    environment.threads = 1;  // they take randomness in an order that a seed has to own
    environment.pause = [this, actor](std::chrono::milliseconds length) { simulation_.pause(actor, length); };
    environment.liveness_of = [this, actor, is_rash](const ProcessIdentity&, const std::string& object) {
        if (simulation_.is_putter_gone(object)) return Liveness::Gone;
        return is_rash && simulation_.draw(actor) % 3 == 0 ? Liveness::Gone : Liveness::Alive;
    };
    return environment;
}

void SimulatedWorld::add_pruner(const std::string& kind) {
    PruneOptions options = PruneStore::thorough();
    if (pick(3) == 0) options.limits.max_unused = ByteLimit::share(50);
    if (pick(4) == 0) options.keep_forgotten_ns = std::int64_t{3'600} * 1'000'000'000;
    options.all = true;
    options.limits.packs = one_publisher();
    const bool is_rash = pick(4) == 0, bundles = pick(2) == 0;
    add(kind, [=, this](const std::string& actor, const Repository& repository) mutable {
        options.environment = environment_of(actor, is_rash);
        PruneProgress progress;
        const PruneReport report = prune(repository, options, progress, [&] {
            simulation_.pause(actor, std::chrono::milliseconds(0));
            return false;
        });
        // The rail has no false alarm: nobody removes snapshots here but by forgetting them.
        for (const SessionId& sid : report.plan.vanished)
            promises_.broken("a prune takes " + sid.hex() + " for removed by hand");
        // What a prune does from 128 on.
        if (bundles) bundle_tombstones(repository, list_for_prune(repository), 2);
    });
}

void SimulatedWorld::add_forgetter() {
    const bool by_rules = pick(3) == 0;
    KeepRules rules;
    (pick(2) == 0 ? rules.last : rules.hourly) = 1 + pick(2);
    add("forgetter", [=, this](const std::string& actor, const Repository& repository) {
        for (int i = 0; i < 2; ++i) {
            const SnapshotListing listing = list_snapshots_and_missed_holds(repository);
            if (listing.live.empty()) return;
            const SessionId& one = listing.live[simulation_.draw(actor) % listing.live.size()].sid;
            const ForgetPlan plan = by_rules ? plan_forget(listing, {}, rules, {}, now())
                                             : plan_forget(listing, std::vector<std::string>{one.hex()}, {});
            const std::vector<SessionId> sids = sids_of(plan.remove());
            for (const SessionId& sid : sids)
                if (promises_.is_held(sid)) promises_.broken("forget would take the held " + sid.hex());
            promises_.forgetting(sids);
            carry_out(repository, plan);
            promises_.forgotten(sids);
        }
    });
}

void SimulatedWorld::add_undeleter() {
    add("undeleter", [this](const std::string& actor, const Repository& repository) {
        for (int i = 0; i < 4; ++i) {
            const SnapshotListing listing = list_snapshots(repository, {}, Forgotten::Read);
            if (listing.forgotten.empty()) {
                for (int step = 0; step < 10; ++step) simulation_.pause(actor, std::chrono::milliseconds(10));
                continue;
            }
            const Snapshot& one = listing.forgotten[simulation_.draw(actor) % listing.forgotten.size()];
            try {
                const CommitRecord back = undelete_snapshot(repository, one, kNeverInterrupted, one_publisher()).record;
                promises_.committed(back.sid);
                for (const std::string& tag : one.tags) promises_.tagged(back.sid, tag);
            } catch (const Error& error) {
                // A part is gone already, or it is back already.
                if (error.kind() != ErrorKind::NotFound && error.kind() != ErrorKind::Exists) throw;
            }
        }
    });
}

void SimulatedWorld::add_tagger() {
    const std::string tag = "t" + std::to_string(round_);
    add("tagger", [=, this](const std::string&, const Repository& repository) {
        const SnapshotListing listing = list_snapshots(repository);
        for (const Snapshot& snapshot : listing.live) {
            std::vector<std::string> tags = snapshot.tags;
            tags.push_back(tag);
            put_tags(repository, snapshot, changed_tags(snapshot, {tags, {}, {}}));
            promises_.tagged(snapshot.sid, tag);
        }
    });
}

void SimulatedWorld::add_checker() {
    CheckOptions options;
    options.read_data = pick(2) == 0;
    options.threads = 1;
    add("checker", [=, this](const std::string& actor, const Repository& repository) {
        // The second misses what the first saw and is gone, unless somebody had the right to take it.
        for (int round = 0; round < 2; ++round) {
            CheckProgress progress;
            const CheckReport report = check(repository, options, progress, kNobody, kNeverInterrupted);
            if (report.sound() || may_see_damage() || simulation_.is_dead(actor)) continue;
            promises_.broken("a check found damage that nobody did: " + first_finding(report));
        }
    });
}

void SimulatedWorld::add_repairer() {
    RepairOptions options;
    options.read_data = pick(2) == 0;
    options.threads = 1;
    options.limits = one_publisher();
    const bool is_rash = pick(4) == 0;
    add("repairer", [=, this](const std::string& actor, const Repository& repository) mutable {
        options.environment = environment_of(actor, is_rash);
        CheckProgress progress;
        const RepairReport report = repair(repository, options, progress, kNobody, kNeverInterrupted);
        if (report.packs.empty() || may_see_damage() || simulation_.is_dead(actor)) return;
        promises_.broken("a repair took away what nobody damaged: " + pack_name(*report.packs.begin()));
    });
}

}  // namespace vault
