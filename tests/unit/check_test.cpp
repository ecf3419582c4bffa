// A check beside others: what a prune takes away meanwhile is no damage.
#include "store/check.h"

#include <catch2/catch.hpp>

#include "store/tagging.h"
#include "tests/support/prune_store.h"

using namespace vault;

namespace {

// A check beside which another machine prunes all that it can, once, when `is_time` says so. It is polled.
CheckReport check_beside_prune(PruneStore& store, const std::function<bool(const CheckProgress&)>& is_time) {
    const auto pruner = store.test.open("pruner");
    bool has_pruned = false;
    CheckProgress progress;
    CheckOptions options;
    options.threads = 1;
    const CheckReport report = check(*store.repository, options, progress, [](const HarmedEntry&) {}, [&] {
        if (has_pruned || !is_time(progress)) return false;
        has_pruned = true;
        PruneProgress pruning;
        CHECK(prune(*pruner, PruneStore::thorough(), pruning, [] { return false; }).packs_removed > 0);
        return false;
    });
    REQUIRE(has_pruned);
    CHECK(report.sound());
    CHECK(store.names("damaged/").empty());
    return report;
}

}  // namespace

TEST_CASE("a snapshot that is forgotten and pruned after it was counted as live is no loss", "[check]") {
    PruneSource source;
    source.file("f", std::string(300'000, 'x'));
    PruneStore store;
    const SessionId gone = store.snapshot(source, "going");
    source.file("f", "y");
    const SessionId kept = store.snapshot(source, "staying");
    for (const Snapshot& snapshot : list_snapshots(*store.repository).live)
        if (snapshot.sid == kept) put_hold(*store.repository, snapshot, true);
    // The check lists marks when it has read tombstones and snapshots.
    store.faulty.forget_calls();
    const CheckReport report = check_beside_prune(store, [&](const CheckProgress&) {
        if (store.faulty.records().back().name != "marks/") return false;
        store.forget(gone);
        return true;
    });
    CHECK(report.snapshots == 1);
}

TEST_CASE("what a prune moves while a check walks trees is no loss", "[check]") {
    PruneSource source;
    PruneStore store;
    for (int round = 0; round < 10; ++round) {
        source.file("f" + std::to_string(round), std::string(3'000, static_cast<char>('a' + round)));
        store.snapshot(source);
    }
    const CheckReport report = check_beside_prune(
        store, [](const CheckProgress& check) { return std::string_view(check.phase) == "walking snapshots"; });
    CHECK(report.snapshots == 10);
}
