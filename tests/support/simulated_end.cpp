// The end of a simulated world: the last repair, the last prunes, and what must be so then.
#include "store/check.h"
#include "store/control_objects.h"
#include "store/prune.h"
#include "store/repair.h"
#include "tests/support/prune_store.h"
#include "tests/support/simulated_world.h"

namespace vault {

namespace {

void prune_to_the_end(const Repository& repository) {
    PruneOptions options = everyone_is(Liveness::Gone);
    options.all = true;
    PruneProgress progress;
    for (int i = 0; i < 2; ++i) prune(repository, options, progress, [] { return false; });
}

void judge_leftovers(const Repository& repository, std::vector<std::string>& found) {
    for (const char* folder : {"condemned/", "waiting/", "sessions/"})
        for (const ObjectInfo& info : repository.backend().list(folder)) found.push_back("left over: " + info.name);
    for (const ObjectInfo& info : repository.backend().list("marks/"))
        if (!object_exists(repository.backend(), "snapshots/" + info.name.substr(6, 2 * SessionId::kBytes)))
            found.push_back("left over: " + info.name);
    for (const Snapshot& snapshot : list_snapshots(repository, {}, Forgotten::Read).forgotten)
        found.push_back("left over: the forgotten snapshot " + snapshot.sid.hex());
    MarkOptions mark;
    mark.no_live_snapshot_is_fine = true;
    const PrunePlan plan = plan_prune(repository, mark_repository(repository, mark), {}, {}, [] {});
    if (!plan.dead.empty()) found.push_back(std::to_string(plan.dead.size()) + " dead packs are left");
}

CheckReport check_all(const Repository& repository) {
    CheckOptions options;
    options.read_data = true;
    options.threads = 1;
    CheckProgress progress;
    return check(repository, options, progress, [](const HarmedEntry&) {}, [] { return false; });
}

RepairReport repair_all(const Repository& repository) {
    RepairOptions options;
    options.read_data = true;
    options.threads = 1;
    options.limits = one_publisher();
    options.environment = everyone_is(Liveness::Gone).environment;
    CheckProgress progress;
    return repair(repository, options, progress, [](const HarmedEntry&) {}, [] { return false; });
}

}  // namespace

std::string first_finding(const CheckReport& report) {
    for (const DamagedObject& object : report.damage.objects) return object.name + ": " + object.why;
    for (const auto& [pack, damage] : report.damage.packs)
        return pack.hex() + ": " +
               (damage.whys.empty() ? std::to_string(damage.boxes.size()) + " boxes" : damage.whys[0]);
    for (const auto& chunk : report.damage.missing) return "chunk " + chunk.id.hex() + " is missing";
    for (const auto& wrong : report.wrong) return wrong.snapshot.hex() + ": " + wrong.lines.at(0);
    return "nothing";
}

// What was hit is named, and comes back with the next snapshot of its source; where that was a tree node, only then can
// what is damaged be taken away.
void SimulatedWorld::mend(std::vector<std::string>& found) {
    const auto repository = test_.open("machine");
    damage_->judge(*test_.open("reader"), repair_all(*repository), found);
    for (const ObjectInfo& info : test_.backend().list("quarantine/"))
        if (!damage_->pack() || info.name != "quarantine/" + damage_->pack()->hex())
            found.push_back("nobody damaged " + info.name);
    std::set<std::size_t> variants;
    for (const Snapshot& snapshot : list_snapshots(*repository).live) variants.insert(variant_of(snapshot.record));
    for (const std::size_t variant : variants) take(*repository, variant, "healing");
    for (const std::string& line : repair_all(*repository).left) found.push_back("the last repair left " + line);
}

std::vector<std::string> SimulatedWorld::violations() {
    std::vector<std::string> found;
    if (damage_) mend(found);
    const auto reader = test_.open("reader");
    promises_.judge_names(*reader, "before the last prune", found);
    SimulatedPromises::judge_contents(*reader, "before the last prune", found);
    const auto last = test_.open("machine");
    prune_to_the_end(*last);
    promises_.judge_names(*reader, "after the last prune", found);
    SimulatedPromises::judge_contents(*reader, "after the last prune", found);
    judge_leftovers(*last, found);
    const CheckReport report = check_all(*last);
    if (!report.sound()) found.push_back("the last check: " + first_finding(report));
    return found;
}

}  // namespace vault
