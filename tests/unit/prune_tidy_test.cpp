// What a prune clears away besides packs, and where its marking goes on from an earlier one. docs/prune.md.
#include <catch2/catch.hpp>

#include <filesystem>

#include "store/marks.h"
#include "store/prune_tidy.h"
#include "store/session_end.h"
#include "store/snapshots.h"
#include "store/tombstones.h"
#include "store/writer_session.h"
#include "tests/support/failures.h"
#include "tests/support/prune_store.h"

using namespace vault;
using Names = std::vector<std::string>;

TEST_CASE("marking that goes on from an earlier one walks only what is new, and finds the same", "[prune]") {
    PruneSource source;
    PruneStore store;
    for (int i = 0; i < 3'000; ++i) source.file("f" + std::to_string(i), noise(static_cast<std::uint64_t>(i), 40));
    store.snapshot(source);
    MarkOptions options;
    const Marked first = mark_repository(*store.repository, options);
    CHECK(first.marker->nodes_walked() > 3);
    options.before = first.marker->memory();
    CHECK(mark_repository(*store.repository, options).marker->nodes_walked() == 0);
    source.file("f7", noise(7'000, 40));
    store.snapshot(source);
    const Marked resumed = mark_repository(*store.repository, options);
    CHECK(resumed.marker->nodes_walked() > 0);
    CHECK(resumed.marker->nodes_walked() < first.marker->nodes_walked());
    const Marked anew = mark_repository(*store.repository, {});
    for (const PackNumber pack : anew.view.chunks->view().numbers())
        CHECK(resumed.marker->bits().count(pack) == anew.marker->bits().count(pack));
}

TEST_CASE("an earlier marking does not count where one of its packs is gone", "[prune]") {
    OneForgotten made;
    MarkOptions options;
    options.before = mark_repository(*made.store.repository, options).marker->memory();
    REQUIRE_FALSE(options.before.empty());
    options.before.packs[0].second.bytes[0] ^= 1;
    CHECK(mark_repository(*made.store.repository, options).marker->nodes_walked() > 0);
}

TEST_CASE("old tombstones and fences go into a bundle that says the same", "[prune]") {
    PruneSource source;
    PruneStore store;
    source.file("a", noise(1, 5'000));
    const SessionId kept = store.snapshot(source), forgotten = store.snapshot(source);
    store.forget(forgotten);
    std::set<SessionId> fences;
    for (int i = 0; i < 3; ++i) fences.insert(SessionId{{static_cast<std::uint8_t>(i + 1)}});
    for (const SessionId& sid : fences) put_fence(*store.repository, sid, FenceReason::RunFailed);
    // A fence and a tombstone whose sessions still have an object are left alone.
    const SessionId busy = store.put_session(process_elsewhere()), stopped = store.put_session(process_elsewhere());
    put_tombstone(*store.repository, busy);
    put_fence(*store.repository, stopped, FenceReason::NoHeartbeat);
    CHECK(bundle_tombstones(*store.repository, list_for_prune(*store.repository)) == 0);  // too few
    const PruneListing listing = list_for_prune(*store.repository);
    store.faulty.forget_calls();
    CHECK(bundle_tombstones(*store.repository, listing, 4) == 4);
    const auto calls = store.faulty.records();
    std::size_t put = 0, synced = 0, removed = 0;
    for (std::size_t i = 0; i < calls.size(); ++i) {
        if (calls[i].call == Call::PutNew) put = i;
        if (calls[i].call == Call::Sync) synced = i;
        if (calls[i].call == Call::Remove && removed == 0) removed = i;
    }
    CHECK(put < synced);
    CHECK(synced < removed);
    const Tombstones tombstones = list_tombstones(*store.repository);
    CHECK(tombstones.forgotten.size() == 5);
    CHECK(tombstones.singles == std::set<SessionId>{busy});
    CHECK(list_snapshots(*store.repository).live.size() == 1);
    CHECK(list_snapshots(*store.repository).live[0].sid == kept);
    CHECK(store.names("snapshots/").size() == 3);  // two commits, and the fence of the one that has an object
    store.prune(PruneStore::thorough());
    CHECK(store.names("snapshots/" + forgotten.hex()) == Names{});
    CHECK(store.lost() == Names{});
}

TEST_CASE("what a killed run has spilled goes although its fence is in a bundle; a living run's stays", "[prune]") {
    PruneSource source;
    PruneStore store;
    const SessionId dead{{7}}, living = store.put_session(process_elsewhere());
    put_fence(*store.repository, dead, FenceReason::ProcessGone);
    REQUIRE(bundle_tombstones(*store.repository, list_for_prune(*store.repository), 1) == 1);
    const auto spill = store.repository->cache_folder() / "spill";
    for (const SessionId& sid : {dead, living}) std::filesystem::create_directories(spill / sid.hex());
    store.snapshot(source);
    CHECK_FALSE(std::filesystem::exists(spill / dead.hex()));
    CHECK(std::filesystem::exists(spill / living.hex()));
}

TEST_CASE("a session object that cannot be read ends no run, and stays for check to name", "[prune]") {
    for (const ErrorKind kind : {ErrorKind::Corrupt, ErrorKind::Unsupported, ErrorKind::Io}) {
        CAPTURE(static_cast<int>(kind));
        PruneStore store;
        const SessionId unread = store.put_session(process_elsewhere()), dead = store.put_session(this_process());
        Fault fault;
        fault.call = Call::Get;
        fault.name_prefix = "sessions/" + unread.hex();
        fault.persistent = true;
        fault.kind = kind;
        store.faulty.inject(fault);
        CHECK(end_dead_sessions(*store.repository, [](const SessionRecord&) { return Liveness::Gone; }) == 1);
        CHECK(store.faulty.faults_hit() == 1);
        CHECK(store.test.memory().holds("sessions/" + unread.hex()));
        CHECK_FALSE(store.test.memory().holds("snapshots/" + unread.hex()));
        CHECK_FALSE(store.test.memory().holds("sessions/" + dead.hex()));
    }
}

TEST_CASE("a bundling of which any call fails forgets and brings back nothing", "[prune]") {
    const auto make = [] {
        auto made = std::make_unique<OneForgotten>();
        for (std::uint8_t i = 1; i < 4; ++i) put_fence(*made->store.repository, SessionId{{i}}, FenceReason::RunFailed);
        return made;
    };
    std::uint64_t calls = 0;
    {
        const auto made = make();
        const PruneListing listing = list_for_prune(*made->store.repository);
        made->store.faulty.forget_calls();
        bundle_tombstones(*made->store.repository, listing, 2);
        calls = made->store.faulty.calls();
    }
    REQUIRE(calls > 8);
    for (const Fault& fault : every_fault(calls)) {
        CAPTURE(fault.nth, fault.persistent, fault.effect == Effect::Fail);
        const auto made = make();
        const PruneListing listing = list_for_prune(*made->store.repository);
        made->store.faulty.inject(fault);
        try {
            bundle_tombstones(*made->store.repository, listing, 2);
        } catch (const Error&) {
            // The next prune goes on.
        }
        made->store.faulty.clear_faults();
        CHECK(list_snapshots(*made->store.repository).live.size() == 1);
        CHECK(list_tombstones(*made->store.repository).forgotten.contains(made->forgotten));
    }
}

TEST_CASE("a run whose fence was bundled is not told of success by a late put", "[prune]") {
    PruneStore store;
    WriterSession session(*store.repository);
    put_fence(*store.repository, session.sid(), FenceReason::NoHeartbeat);
    remove_session_objects(store.test.backend(), session.sid());
    REQUIRE(bundle_tombstones(*store.repository, list_for_prune(*store.repository), 1) == 1);
    CommitRecord record;
    record.sid = session.sid();
    record.host = "host";
    record.series = "s";
    record.source_roots = {"/x"};
    CHECK(kind_of([&] { session.commit(record); }) == ErrorKind::Busy);
    CHECK(list_snapshots(*store.repository).live.empty());
}

TEST_CASE("marks of a snapshot that is forgotten and gone are swept; others stay", "[prune]") {
    OneForgotten made;
    PruneStore& store = made.store;
    const MarkChange hold{MarkSubject::Hold, "", MarkAction::Add}, tag{MarkSubject::Tag, "x", MarkAction::Add};
    put_marks(*store.repository, made.kept, std::span(&tag, 1));
    put_marks(*store.repository, sid_of("abcd"), std::span(&hold, 1));  // neither there nor forgotten
    store.prune(PruneStore::thorough());
    put_marks(*store.repository, made.forgotten, std::span(&tag, 1));  // by a client that was late
    CHECK(store.names("marks/").size() == 3);
    CHECK(store.prune(PruneStore::thorough()).marks_removed == 1);
    CHECK(store.names("marks/").size() == 2);
    CHECK(store.names("marks/" + made.forgotten.hex()) == Names{});
}

TEST_CASE("marks go only once the removal of their commits is durable", "[prune]") {
    const MarkChange tag{MarkSubject::Tag, "x", MarkAction::Add};
    const auto require_sync_before_marks = [](PruneStore& store, Call earlier, const std::string& name) {
        bool after = false, synced = false, removed = false;
        for (const CallRecord& call : store.faulty.records()) {
            if (call.call == earlier && call.name.starts_with(name)) after = true, synced = false;
            if (call.call == Call::Sync && after) synced = true;
            if (call.call != Call::Remove || !call.name.starts_with("marks/")) continue;
            CHECK(synced);
            removed = true;
        }
        CHECK(removed);
        store.faulty.forget_calls();
    };
    OneForgotten with_victims;
    put_marks(*with_victims.store.repository, with_victims.forgotten, std::span(&tag, 1));
    with_victims.store.prune(PruneStore::thorough());
    require_sync_before_marks(with_victims.store, Call::Remove, "snapshots/");
    // By a client that was late: swept by the next prune.
    put_marks(*with_victims.store.repository, with_victims.forgotten, std::span(&tag, 1));
    with_victims.store.prune(PruneStore::thorough());
    require_sync_before_marks(with_victims.store, Call::List, "marks/");

    const PruneSource source;
    source.file("f", noise(1, 60'000));
    PruneStore store;
    const SessionId twin = store.snapshot(source, "a");
    store.snapshot(source, "b");
    put_marks(*store.repository, twin, std::span(&tag, 1));
    store.forget(twin);
    store.prune();
    CHECK(store.names("decision/").empty());  // there were no victims
    require_sync_before_marks(store, Call::Remove, "snapshots/");
}

TEST_CASE("a waiting list whose condemned list is decided and gone is swept", "[prune]") {
    OneForgotten made;
    PruneStore& store = made.store;
    WaitingRecord late, open;
    fill_random(late.number.bytes);
    fill_random(open.number.bytes);
    for (const WaitingRecord& waiting : {late, open})
        store.test.put(ObjectKind::Waiting, "waiting/" + waiting.number.hex(), waiting);
    DecisionRecord decision;
    decision.number = late.number;
    decision.goes = {false};
    store.test.put(ObjectKind::Decision, "decision/" + late.number.hex(), decision);
    store.prune(PruneStore::thorough());
    CHECK(store.names("waiting/") == Names{"waiting/" + open.number.hex()});
}
