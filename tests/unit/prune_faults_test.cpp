// A prune of which any call fails, and prunes at once: nothing is lost, and the next one needs no help. docs/prune.md.
#include <catch2/catch.hpp>

#include <thread>

#include "tests/support/object_store_backend.h"
#include "tests/support/prune_store.h"

using namespace vault;
using namespace std::chrono_literals;
using Names = std::vector<std::string>;

TEST_CASE("whichever call of a prune fails, nothing is lost, and the next prune finishes", "[prune]") {
    std::uint64_t calls = 0;
    {
        OneForgotten made;
        made.store.faulty.forget_calls();
        made.store.prune(PruneStore::thorough());
        calls = made.store.faulty.calls();
    }
    REQUIRE(calls > 40);
    for (const Fault& fault : every_fault(calls)) {
        CAPTURE(fault.nth, fault.persistent, fault.effect == Effect::Fail);
        OneForgotten made;
        PruneStore& store = made.store;
        store.faulty.inject(fault);
        try {
            store.prune(everyone_is(Liveness::Gone));
        } catch (const Error&) {
            // Some calls may fail without harm to the run, too.
        }
        store.faulty.clear_faults();
        REQUIRE(store.lost() == Names{});
        store.prune(everyone_is(Liveness::Gone));
        CHECK_FALSE(store.test.memory().holds(made.dead_pack));
        CHECK(store.unclean() == Names{});
        CHECK(store.names("snapshots/").size() == 1);
    }
}

TEST_CASE("two prunes of one list at once decide once", "[prune]") {
    for (int round = 0; round < 10; ++round) {
        OneForgotten made(std::make_shared<ObjectStoreBackend>(
            ObjectStoreOptions{static_cast<std::uint64_t>(round), 3, 100us}));
        PruneStore& store = made.store;
        const auto other = store.test.open("other client");
        std::thread second([&] {
            PruneProgress progress;
            try {
                prune(*other, everyone_is(Liveness::Gone), progress, [] { return false; });
            } catch (const Error&) {
                // It may find what the other one is deleting gone.
            }
        });
        try {
            store.prune(everyone_is(Liveness::Gone));
        } catch (const Error&) {
        }
        second.join();
        CHECK(store.lost() == Names{});
        store.prune(everyone_is(Liveness::Gone));
        CHECK(store.names("packs/").size() == 2);
        CHECK(store.unclean() == Names{});
    }
}
