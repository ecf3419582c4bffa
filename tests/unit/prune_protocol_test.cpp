// The rules between writers and pruners, one by one: docs/prune.md, P0 and P3 to P9. Each test breaks if its rule is
// left out.
#include <catch2/catch.hpp>

#include "store/clock.h"
#include "store/control_objects.h"
#include "store/session_end.h"
#include "store/writer_session.h"
#include "store/snapshots.h"
#include "tests/support/failures.h"
#include "tests/support/object_store_backend.h"
#include "tests/support/prune_store.h"

using namespace vault;
using namespace std::chrono_literals;
using Names = std::vector<std::string>;

namespace {

std::size_t position(const std::vector<CallRecord>& calls, Call call, const std::string& name, std::size_t from = 0) {
    for (std::size_t i = from; i < calls.size(); ++i)
        if (calls[i].call == call && calls[i].name.starts_with(name)) return i;
    FAIL("no call of " << to_string(call) << " " << name << " from " << from);
    return 0;
}

CondemnedRecord put_list(PruneStore& store, const std::vector<std::string>& packs) {
    CondemnedRecord list;
    fill_random(list.number.bytes);
    list.by = this_process();
    list.time = now();
    for (const std::string& pack : packs) list.packs.push_back(*pack_of_name(pack));
    std::sort(list.packs.begin(), list.packs.end());
    store.test.put(ObjectKind::Condemned, "condemned/" + list.number.hex(), list);
    return list;
}

void put_decision(PruneStore& store, const CondemnedRecord& list, std::vector<bool> goes) {
    DecisionRecord decision;
    decision.number = list.number;
    decision.goes = std::move(goes);
    store.test.put(ObjectKind::Decision, "decision/" + list.number.hex(), decision);
}

}  // namespace

TEST_CASE("what a forgotten snapshot alone needed is gone, in exactly the bytes that the plan names", "[prune]") {
    for (const bool as_object_store : {false, true}) {
        OneForgotten made(as_object_store ? std::shared_ptr<Backend>(std::make_shared<ObjectStoreBackend>(
                                             ObjectStoreOptions{7, 5, 0us}))
                                       : std::make_shared<MemoryBackend>(real_clock()));
        PruneStore& store = made.store;
        const std::uint64_t before = store.bytes("packs/");
        const PruneReport report = store.prune();
        CHECK(report.plan.dead.size() == 2);
        CHECK(report.packs_removed == 2);
        CHECK(report.bytes_removed == report.plan.dead_bytes());
        CHECK(store.bytes("packs/") == before - report.bytes_removed);
        CHECK(report.commits_removed == 1);
        CHECK(store.names("snapshots/") == Names{"snapshots/" + made.kept.hex()});
        CHECK(store.names("tombstones/").size() == 1);
        CHECK(store.names("dirs/").size() == 1);  // that of the kept snapshot
        CHECK(store.names("decision/").size() == 1);
        CHECK(store.unclean() == Names{});
        const PruneReport again = store.prune();
        CHECK(again.packs_removed == 0);
        CHECK(again.commits_removed == 0);
        CHECK(store.names("decision/").size() == 1);
    }
}

TEST_CASE("the calls of a prune stand in the order on which its safety rests", "[prune]") {
    OneForgotten made;
    made.store.faulty.forget_calls();
    made.store.prune();
    const auto calls = made.store.faulty.records();
    const std::size_t condemned = position(calls, Call::PutNew, "condemned/");                     // P3
    const std::size_t sessions = position(calls, Call::List, "sessions/", condemned);              // P4
    const std::size_t waiting = position(calls, Call::PutNew, "waiting/", sessions);
    const std::size_t config = position(calls, Call::List, "config/", waiting);                    // P6
    const std::size_t others = position(calls, Call::List, "condemned/", config);
    const std::size_t tombstones = position(calls, Call::List, "tombstones/", others);
    const std::size_t snapshots = position(calls, Call::List, "snapshots/", tombstones);
    const std::size_t packs = position(calls, Call::List, "packs/", snapshots);
    const std::size_t sync = position(calls, Call::Sync, "", packs);                               // P7
    const std::size_t decision = position(calls, Call::PutNew, "decision/", sync);                 // P8
    const std::size_t removed = position(calls, Call::Remove, "packs/", decision);                 // P9
    const std::size_t durable = position(calls, Call::Sync, "", removed);
    const std::size_t commit = position(calls, Call::Remove, "snapshots/", durable);
    const std::size_t list = position(calls, Call::Remove, "condemned/", commit);
    CHECK(position(calls, Call::Remove, "packs/") == removed);  // none before
    CHECK(position(calls, Call::Remove, "waiting/", commit) < list);
    CHECK(position(calls, Call::Remove, "snapshots/") == commit);
    for (std::size_t i = durable; i < calls.size(); ++i)
        CHECK_FALSE((calls[i].call == Call::Remove && calls[i].name.starts_with("packs/")));
}

TEST_CASE("a prune without victims makes tombstones durable before it removes their commits", "[prune]") {
    const PruneSource source;
    source.file("f", noise(1, 60'000));
    PruneStore store;
    const SessionId twin = store.snapshot(source, "a");
    store.snapshot(source, "b");
    store.forget(twin);
    store.prune();  // the root of both is one: nothing goes but the commit
    CHECK(store.names("decision/").empty());
    const auto calls = store.faulty.records();
    const std::size_t tombstones = position(calls, Call::List, "tombstones/");
    const std::size_t commit = position(calls, Call::Remove, "snapshots/" + twin.hex());
    CHECK(position(calls, Call::Sync, "", tombstones) < commit);
    CHECK(store.names("snapshots/").size() == 1);
    CHECK(store.unclean() == Names{});
}

TEST_CASE("P5: a snapshot that commits while prune waits for it keeps what it counts on", "[prune]") {
    OneForgotten made;
    PruneStore& store = made.store;
    // Its view was made before the list was put: it counts on the dead pack.
    const auto writer = store.test.open("writer");
    auto session = std::make_unique<WriterSession>(*writer);
    CommitRecord record = store.repository->read_record("snapshots/" + made.forgotten.hex(), decode_commit);
    record.sid = session->sid();
    PruneOptions options = PruneStore::thorough();
    int pauses = 0;
    options.environment.pause = [&](std::chrono::milliseconds) {
        if (++pauses == 2) CHECK(session->commit(record).outcome == WriterSession::Outcome::Committed);
    };
    const PruneReport report = store.prune(options);
    CHECK(pauses == 2);
    CHECK(report.packs_removed == 0);
    CHECK(report.packs_kept == 2);
    CHECK_NOTHROW(read_back(*store.test.open("later"), record));
    CHECK(store.unclean() == Names{});
}

TEST_CASE("P4: a prune that waits says so, and says when it goes on", "[prune]") {
    OneForgotten made;
    PruneStore& store = made.store;
    const SessionId sid = store.put_session(process_elsewhere());
    PruneOptions options = everyone_is(Liveness::Unknown);
    PruneProgress progress;
    Names phases;
    options.environment.pause = [&](std::chrono::milliseconds) {
        phases.push_back(progress.phase.load());
        put_fence(*store.repository, sid, FenceReason::NoHeartbeat);
    };
    CHECK(prune(*store.repository, options, progress, [&] {
              phases.push_back(progress.phase.load());
              return false;
          }).packs_removed == 2);
    CHECK(std::ranges::count(phases, "waiting for runs at work") >= 1);
    CHECK(phases.back() != "waiting for runs at work");
}

TEST_CASE("P5: who does not end within the time is named, the list stands, and the next prune goes on with it",
          "[prune]") {
    OneForgotten made;
    PruneStore& store = made.store;
    const SessionId sid = store.put_session(process_elsewhere());
    const PruneReport pending = store.prune(everyone_is(Liveness::Unknown));
    CHECK(pending.waits_for == std::vector<SessionId>{sid});
    CHECK(pending.packs_waiting == 2);
    CHECK(pending.packs_removed == 0);
    CHECK(store.names("condemned/").size() == 1);
    CHECK(store.names("waiting/").size() == 1);
    put_fence(*store.repository, sid, FenceReason::NoHeartbeat);
    // The pruner of the list is dead: its list is taken over, with those it waits for.
    store.faulty.forget_calls();
    const PruneReport report = store.prune(everyone_is(Liveness::Gone));
    CHECK(report.lists_adopted == 1);
    CHECK(report.packs_removed == 2);
    CHECK(report.commits_removed == 1);
    CHECK(store.unclean() == Names{});
}

TEST_CASE("P0: dead writers are fenced: of this machine at once, of others after a silent day", "[prune]") {
    OneForgotten made;
    PruneStore& store = made.store;
    const SessionId here = store.put_session(this_process()), far = store.put_session(process_elsewhere());
    PruneOptions options = PruneStore::thorough();
    Time time = now();
    options.environment.time = [&] { return time; };
    options.environment.liveness_of = [&](const ProcessIdentity& process, const std::string&) {
        return process.boot == this_process().boot ? Liveness::Gone : Liveness::Unknown;
    };
    const PruneReport first = store.prune(options);
    CHECK(first.sessions_fenced == 1);
    CHECK(store.test.memory().holds("snapshots/" + here.hex()));
    CHECK_FALSE(store.test.memory().holds("sessions/" + here.hex()));
    CHECK(first.waits_for == std::vector<SessionId>{far});

    time.seconds += 86'400 - 10;
    HeartbeatRecord heartbeat;
    heartbeat.sid = far;
    store.test.put(ObjectKind::Heartbeat, "sessions/" + far.hex() + ".1", heartbeat);
    CHECK(store.prune(options).waits_for == std::vector<SessionId>{far});  // new to this client: a day from now
    time.seconds += 86'400 - 10;
    CHECK(store.prune(options).waits_for == std::vector<SessionId>{far});
    time.seconds += 20;
    const PruneReport last = store.prune(options);
    CHECK(last.sessions_fenced == 1);
    CHECK(last.packs_removed == 2);
    CHECK(decode_envelope(store.test.backend().get("snapshots/" + far.hex())).kind == ObjectKind::Fence);
    CHECK(store.unclean() == Names{});
}

TEST_CASE("P0: a client that cannot keep what it saw goes by the store's times", "[prune]") {
    OneForgotten made;
    PruneStore& store = made.store;
    const SessionId far = store.put_session(process_elsewhere());
    std::filesystem::remove_all(store.repository->state_folder());
    std::filesystem::create_directories(store.repository->state_folder().parent_path());
    write_new(store.repository->state_folder(), "a file where the folder should be");
    PruneOptions options = everyone_is(Liveness::Unknown);
    Time time = now();
    options.environment.time = [&] { return time; };
    CHECK(store.prune(options).waits_for == std::vector<SessionId>{far});
    time.seconds += 86'400 + 5;
    CHECK(store.prune(options).packs_removed == 2);
    CHECK(store.unclean() == Names{});
}

TEST_CASE("P0: a live prune is not disturbed, a decided list is finished by anybody", "[prune]") {
    OneForgotten made;
    PruneStore& store = made.store;
    const CondemnedRecord list = put_list(store, {made.dead_pack});
    CHECK(failure_of([&] { store.prune(everyone_is(Liveness::Alive)); }).kind() == ErrorKind::Busy);
    CHECK(store.names("condemned/").size() == 1);
    put_decision(store, list, {true});
    const PruneReport report = store.prune(everyone_is(Liveness::Alive));
    CHECK(report.lists_finished == 1);
    CHECK(report.packs_removed == 2);  // that, and the other dead pack
    CHECK_FALSE(store.test.memory().holds(made.dead_pack));
    CHECK(store.unclean() == Names{});
}

TEST_CASE("P0: a list of another machine is left for a day, then taken over", "[prune]") {
    OneForgotten made;
    PruneStore& store = made.store;
    put_list(store, {made.dead_pack});
    PruneOptions options = everyone_is(Liveness::Unknown);
    Time time = now();
    options.environment.time = [&] { return time; };
    time.seconds += 86'000;
    CHECK(failure_of([&] { store.prune(options); }).kind() == ErrorKind::Busy);
    time.seconds += 1'000;
    CHECK(store.prune(options).lists_adopted == 1);
    CHECK(store.unclean() == Names{});
}

TEST_CASE("P7: an adopted list that names what is needed deletes nothing of it", "[prune]") {
    OneForgotten made;
    PruneStore& store = made.store;
    const std::string needed = store.pack_of(chunk_of(store.live().at(made.kept), "/t/new"));
    put_list(store, {made.dead_pack, needed});
    const PruneReport report = store.prune(everyone_is(Liveness::Gone));
    CHECK(report.lists_adopted == 1);
    CHECK(report.packs_kept == 1);
    CHECK(store.test.memory().holds(needed));
    CHECK_FALSE(store.test.memory().holds(made.dead_pack));
    CHECK(store.unclean() == Names{});
}

TEST_CASE("P7: a copy saves a pack's chunks only if it reads back, is not condemned by anybody and bears no mark",
          "[prune]") {
    enum class Copy { Sound, Damaged, CondemnedByOther, Marked };
    for (const Copy copy : {Copy::Sound, Copy::Damaged, Copy::CondemnedByOther, Copy::Marked}) {
        const PruneSource source;
        source.file("f", noise(1, 60'000));
        PruneStore store;
        const SessionId sid = store.snapshot(source);
        const ChunkId chunk = chunk_of(store.live().at(sid), "/t/f");
        const std::string first = store.pack_of(chunk);
        const CondemnedRecord own = put_list(store, {first});
        SnapshotOptions rescan = options_for(source.top);
        rescan.force_rescan = true;
        const CommitRecord second = take_snapshot(*store.repository, rescan).record;  // puts a copy
        const auto later = store.test.open("later");
        std::string other;
        for (const std::string& name : store.names("packs/")) {
            const View view = later->reader_view();
            const auto number = view.index->number_of(*pack_of_name(name));
            if (name != first && view.index->directory(*number).boxes[0].chunks[0].id == chunk) other = name;
        }
        REQUIRE_FALSE(other.empty());
        if (copy == Copy::Damaged) {
            Bytes bytes = store.test.backend().get(other);
            bytes[kPackHeaderBytes + 100] ^= 1;
            store.test.memory().overwrite(other, bytes);
        }
        if (copy == Copy::CondemnedByOther) put_list(store, {other});
        if (copy == Copy::Marked) {
            DamageRecord record;
            record.pack = *pack_of_name(other);
            record.boxes = {7};
            store.test.put(ObjectKind::Damage, "damaged/" + record.pack.hex() + "-0000000000000000", record);
        }
        const PruneEnvironment environment = everyone_is(Liveness::Gone).environment;
        const MarkOptions mark;
        const ListOutcome outcome = PruneProtocol(*later, environment, mark).adopt(own);
        CHECK(outcome.packs_removed == (copy == Copy::Sound ? 1 : 0));
        CHECK(store.test.memory().holds(first) == (copy != Copy::Sound));
        CHECK(store.lost() == Names{});
    }
}

TEST_CASE("P8: a decision that stands already is obeyed, whatever this prune found", "[prune]") {
    for (const bool goes : {false, true}) {
        OneForgotten made;
        PruneStore& store = made.store;
        const CondemnedRecord list = put_list(store, {made.dead_pack});
        const MarkOptions mark;
        PruneEnvironment environment = everyone_is(Liveness::Gone).environment;
        // Somebody else decides while this one waits for a session.
        const SessionId sid = store.put_session(process_elsewhere());
        environment.liveness_of = [](const ProcessIdentity&, const std::string&) { return Liveness::Unknown; };
        environment.pause = [&](std::chrono::milliseconds) {
            put_decision(store, list, {goes});
            put_fence(*store.repository, sid, FenceReason::NoHeartbeat);
        };
        const ListOutcome outcome = PruneProtocol(*store.repository, environment, mark).adopt(list);
        CHECK(outcome.packs_removed == (goes ? 1 : 0));
        CHECK(store.test.memory().holds(made.dead_pack) == !goes);
        CHECK(store.names("condemned/").empty());
    }
}

TEST_CASE("giving up: an interrupted wait decides to keep all and takes the list away at once", "[prune]") {
    OneForgotten made;
    PruneStore& store = made.store;
    store.put_session(process_elsewhere());
    PruneOptions options = everyone_is(Liveness::Unknown);
    bool stop = false;
    options.environment.pause = [&](std::chrono::milliseconds) { stop = true; };
    PruneProgress progress;
    const Error error = failure_of([&] { prune(*store.repository, options, progress, [&] { return stop; }); });
    CHECK(error.kind() == ErrorKind::Interrupted);
    CHECK(store.names("condemned/").empty());
    CHECK(store.names("waiting/").empty());
    REQUIRE(store.names("decision/").size() == 1);
    CHECK(store.test.memory().holds(made.dead_pack));
}

TEST_CASE("giving up: another's decision to delete is obeyed, not thrown away", "[prune]") {
    OneForgotten made;
    PruneStore& store = made.store;
    const CondemnedRecord list = put_list(store, {made.dead_pack});
    store.put_session(process_elsewhere());
    PruneEnvironment environment = everyone_is(Liveness::Unknown).environment;
    environment.pause = [&](std::chrono::milliseconds) { put_decision(store, list, {true}); };
    MarkOptions mark;
    mark.poll = [&] {
        if (!store.names("decision/").empty()) throw Error(ErrorKind::Interrupted, "interrupted");
    };
    CHECK(failure_of([&] { PruneProtocol(*store.repository, environment, mark).adopt(list); }).kind() ==
          ErrorKind::Interrupted);
    CHECK_FALSE(store.test.memory().holds(made.dead_pack));
    CHECK(store.names("condemned/").empty());
}
