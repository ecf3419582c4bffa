// A check beside others: what a prune takes away meanwhile is no damage.
#include "store/check.h"

#include <catch2/catch.hpp>

#include "store/tagging.h"
#include "tests/support/prune_store.h"

using namespace vault;

namespace {

CheckReport check_with(const Repository& repository, const std::function<void(const CheckProgress&)>& meanwhile) {
    CheckProgress progress;
    CheckOptions options;
    options.threads = 1;
    return check(repository, options, progress, [](const HarmedEntry&) {}, [&] {
        meanwhile(progress);
        return false;
    });
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
    const auto pruner = store.test.open("pruner");
    bool done = false;
    store.faulty.forget_calls();
    const CheckReport report = check_with(*store.repository, [&](const CheckProgress&) {
        if (done || store.faulty.records().back().name != "marks/") return;
        done = true;
        store.forget(gone);
        PruneProgress progress;
        CHECK(prune(*pruner, PruneStore::thorough(), progress, [] { return false; }).packs_removed > 0);
    });
    REQUIRE(done);
    CHECK(report.sound());
    CHECK(report.snapshots == 1);
    CHECK(store.names("damaged/").empty());
}

TEST_CASE("what a prune moves while a check walks trees is no loss", "[check]") {
    PruneSource source;
    PruneStore store;
    for (int round = 0; round < 10; ++round) {
        source.file("f" + std::to_string(round), std::string(3'000, static_cast<char>('a' + round)));
        store.snapshot(source);
    }
    const auto pruner = store.test.open("pruner");
    bool done = false;
    const CheckReport report = check_with(*store.repository, [&](const CheckProgress& check) {
        if (done || std::string_view(check.phase) != "walking snapshots") return;
        done = true;
        PruneProgress progress;
        CHECK(prune(*pruner, PruneStore::thorough(), progress, [] { return false; }).packs_removed > 0);
    });
    REQUIRE(done);
    CHECK(report.sound());
    CHECK(report.snapshots == 10);
    CHECK(store.names("damaged/").empty());
}
