// A repair of which any call fails, or whose disk is full: nothing that could be read before is lost, and the next one
// needs no help. What a repair does as a whole: tests/e2e/repair_test.py.
#include <catch2/catch.hpp>

#include <iostream>

#include "store/backend/object_names.h"
#include "store/repair.h"
#include "tests/support/effort.h"
#include "tests/support/failures.h"
#include "tests/support/prune_store.h"

using namespace vault;
using Names = std::vector<std::string>;

namespace {

// Of the calls that may fail, each by itself: one in so many.
std::uint64_t one_in() { return soak() ? 1 : kSanitized ? 40 : 7; }

// One file of two lies in a box that does not verify.
struct Damaged {
    PruneSource source;
    PruneStore store;
    std::string pack;

    Damaged() {
        source.file("a", noise(1, 600'000));
        source.file("b", noise(2, 600'000));
        const SessionId sid = store.snapshot(source);
        pack = store.pack_of(chunk_of(store.live().at(sid), "/t/a"));
        Bytes object = store.test.backend().get(pack);
        object[200'000] ^= 1;
        store.test.memory().overwrite(pack, object);
    }

    RepairReport repair() {
        RepairOptions options;
        options.read_data = true;
        options.environment = everyone_is(Liveness::Gone).environment;
        CheckProgress progress;
        return vault::repair(
            *store.repository, options, progress, [](const HarmedEntry&) {}, [] { return false; });
    }

    void check_ended() {
        CHECK_FALSE(store.test.memory().holds(pack));
        CHECK(store.names("quarantine/").size() == 1);
        CHECK(store.names("condemned/") == Names{});
        CHECK(store.names("sessions/") == Names{});
        // All but the one box is there, and the source heals that.
        store.snapshot(source);
        CHECK(store.lost() == Names{});
    }
};

}  // namespace

TEST_CASE("whichever call of a repair fails, the next one ends, and only the damaged box is lost", "[repair]") {
    std::uint64_t calls = 0;
    {
        Damaged made;
        made.store.faulty.forget_calls();
        const RepairReport report = made.repair();
        CHECK(report.packs_quarantined == 1);
        CHECK(report.after.harmed_entries == 1);
        CHECK_FALSE(report.whole(false));
        calls = made.store.faulty.calls();
        made.check_ended();
    }
    REQUIRE(calls > 60);
    const auto faults = every_fault(calls, one_in());
    std::cout << faults.size() << " of " << every_fault(calls).size() << " faults\n";
    for (const Fault& fault : faults) {
        CAPTURE(fault.nth, fault.persistent, fault.effect == Effect::Fail);
        Damaged made;
        made.store.faulty.inject(fault);
        try {
            made.repair();
        } catch (const Error&) {
            // The next one goes on.
        }
        made.store.faulty.clear_faults();
        made.repair();
        made.check_ended();
    }
}

TEST_CASE("a pack whose directory is lost in the store is saved by what the client's index remembers", "[repair]") {
    PruneSource source;
    PruneStore store;
    source.file("a", noise(1, 60'000));
    const SessionId sid = store.snapshot(source);
    const std::string pack = store.pack_of(chunk_of(store.live().at(sid), "/t/a"));
    Bytes object = store.test.backend().get(pack);
    object.back() ^= 1;  // of the trailer
    store.test.memory().overwrite(pack, object);
    for (const std::string& copies : store.names("dirs/")) store.test.backend().remove(copies);

    RepairOptions options;
    options.read_data = true;
    options.environment = everyone_is(Liveness::Gone).environment;
    CheckProgress progress;
    const RepairReport report = repair(
        *store.repository, options, progress, [](const HarmedEntry&) {}, [] { return false; });
    CHECK(report.left == Names{});
    CHECK(report.after.sound());
    CHECK_FALSE(store.test.memory().holds(pack));
    CHECK(store.lost() == Names{});  // read by a client that never knew the pack
}

TEST_CASE("a repair on a full disk takes nothing away, and with room the next one ends", "[repair]") {
    for (const Call call : {Call::Append, Call::Publish, Call::PutNew}) {
        CAPTURE(to_string(call));
        Damaged made;
        Fault full;
        full.call = call;
        full.kind = ErrorKind::NoSpace;
        full.persistent = true;
        made.store.faulty.inject(full);
        CHECK(kind_of([&] { made.repair(); }) == ErrorKind::NoSpace);
        CHECK(made.store.test.memory().holds(made.pack));
        made.store.faulty.clear_faults();
        made.repair();
        made.check_ended();
    }
}
