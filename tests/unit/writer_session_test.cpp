// The session of a writing run: its one commit point, and the ends of others. docs/prune.md's rules B1 and B5 to B7.
#include <catch2/catch.hpp>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "store/clock.h"
#include "store/process_identity.h"
#include "store/snapshots.h"
#include "store/writer_session.h"
#include "tests/support/failures.h"
#include "tests/support/faulty_backend.h"
#include "tests/support/test_repository.h"

using namespace vault;
using Outcome = WriterSession::Outcome;

namespace {

struct Store {
    TestRepository test;
    FaultyBackend faulty{test.backend()};
    std::unique_ptr<Repository> repository = test.open(borrowed(faulty));

    std::vector<std::string> names(const std::string& prefix) {
        std::vector<std::string> found;
        for (const ObjectInfo& info : test.backend().list(prefix)) found.push_back(info.name);
        return found;
    }
    std::size_t snapshots() { return list_snapshots(*test.open()).live.size(); }
    ObjectKind kind_at(const SessionId& sid) {
        return decode_envelope(test.backend().get("snapshots/" + sid.hex())).kind;
    }
    void put_fence(const SessionId& sid) {
        FenceRecord fence;
        fence.sid = sid;
        fence.time = now();
        test.put(ObjectKind::Fence, "snapshots/" + sid.hex(), fence);
    }
    // A session object as another process would have put it.
    SessionId put_session(const ProcessIdentity& process) {
        SessionRecord record;
        fill_random(record.sid.bytes);
        record.process = process;
        record.started = now();
        test.put(ObjectKind::Session, "sessions/" + record.sid.hex(), record);
        return record.sid;
    }
};

CommitRecord record_for(const WriterSession& session) {
    CommitRecord record;
    record.sid = session.sid();
    record.root.bytes[0] = 1;
    record.time = record.started = record.ended = now();
    record.host = "host";
    record.series = "s";
    record.source_roots = {"/x"};
    record.sequence = 1;
    return record;
}

bool may_exist(const Error& error) {
    return std::string(error.what()).find("the snapshot may exist") != std::string::npos;
}

// A process that is dead by now, as this machine knew it.
ProcessIdentity dead_process() {
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(0);
    ::waitpid(pid, nullptr, 0);
    ProcessIdentity process = this_process();
    process.pid = static_cast<std::uint32_t>(pid);
    return process;
}

ProcessIdentity foreign_process() {
    ProcessIdentity process = this_process();
    process.boot.bytes[0] ^= 1;
    return process;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a session is announced before anything else, and gone after its commit", "[writer_session]") {
    Store store;
    WriterSession session(*store.repository);
    CHECK(store.names("sessions/") == Names{"sessions/" + session.sid().hex()});
    const auto commit = session.commit(record_for(session));
    CHECK(commit.outcome == Outcome::Committed);
    CHECK(store.names("sessions/").empty());
    const auto listing = list_snapshots(*store.repository);
    REQUIRE(listing.live.size() == 1);
    CHECK(listing.live[0].sid == session.sid());
    CHECK(listing.live[0].hash == commit.hash);
}

TEST_CASE("everything is made durable before the commit is put", "[writer_session]") {
    Store store;
    WriterSession session(*store.repository);
    store.faulty.forget_calls();
    session.commit(record_for(session));
    const auto calls = store.faulty.records();
    REQUIRE(calls.size() >= 2);
    CHECK(calls[0].call == Call::Sync);
    CHECK(calls[1].call == Call::PutNew);
    CHECK(calls[1].name.starts_with("snapshots/"));
}

TEST_CASE("a commit whose reply was lost is one snapshot, and success", "[writer_session]") {
    for (const Effect effect : {Effect::ReplyLost, Effect::Fail}) {  // it happened, it did not
        for (const ErrorKind kind : {ErrorKind::Io, ErrorKind::NoSpace, ErrorKind::Denied}) {
            Store store;
            WriterSession session(*store.repository);
            store.faulty.inject({.effect = effect, .call = Call::PutNew, .name_prefix = "snapshots/", .kind = kind});
            CHECK(session.commit(record_for(session)).outcome == Outcome::Committed);
            CHECK(store.snapshots() == 1);
            CHECK(store.names("snapshots/").size() == 1);
            CHECK(store.names("sessions/").empty());
        }
    }
}

TEST_CASE("a commit that never gets through fails, and the session is fenced", "[writer_session]") {
    Store store;
    SessionId sid;
    {
        WriterSession session(*store.repository);
        sid = session.sid();
        store.faulty.inject({.call = Call::PutNew, .name_prefix = "snapshots/", .nth = 1});
        store.faulty.inject({.call = Call::PutNew, .name_prefix = "snapshots/", .nth = 2});
        store.faulty.inject({.call = Call::PutNew, .name_prefix = "snapshots/", .nth = 3});
        CHECK(failure_of([&] { session.commit(record_for(session)); }).kind() == ErrorKind::Io);
    }
    CHECK(store.snapshots() == 0);
    CHECK(store.kind_at(sid) == ObjectKind::Fence);
    CHECK(store.names("sessions/").empty());
}

TEST_CASE("a commit whose reply was lost and cannot be read back says that the snapshot may exist, and is not fenced",
          "[writer_session]") {
    for (const Call then : {Call::Get, Call::Sync}) {
        Store store;
        SessionId sid;
        {
            WriterSession session(*store.repository);
            sid = session.sid();
            store.faulty.inject({.effect = Effect::ReplyLost, .call = Call::PutNew, .name_prefix = "snapshots/"});
            if (then == Call::Get)
                store.faulty.inject({.call = Call::Get, .name_prefix = "snapshots/", .persistent = true});
            if (then == Call::Sync) store.faulty.inject({.call = Call::Sync, .nth = 2, .persistent = true});
            CHECK(may_exist(failure_of([&] { session.commit(record_for(session)); })));
        }
        CHECK(store.kind_at(sid) == ObjectKind::Commit);
    }
}

TEST_CASE("where a fence stands already the outcome is Fenced, and the session is cleared away", "[writer_session]") {
    Store store;
    WriterSession session(*store.repository);
    store.put_fence(session.sid());
    CHECK(session.commit(record_for(session)).outcome == Outcome::Fenced);
    CHECK(store.snapshots() == 0);
    CHECK(store.names("sessions/").empty());
}

TEST_CASE("a commit that was forgotten at once is a failure", "[writer_session]") {
    Store store;
    WriterSession session(*store.repository);
    TombstoneRecord tombstone;
    tombstone.sid = session.sid();
    store.test.put(ObjectKind::Tombstone, "tombstones/" + session.sid().hex(), tombstone);
    CHECK(failure_of([&] { session.commit(record_for(session)); }).kind() == ErrorKind::Busy);
}

TEST_CASE("where the tombstone cannot be asked for, the snapshot may exist", "[writer_session]") {
    Store store;
    WriterSession session(*store.repository);
    store.faulty.inject({.call = Call::Get, .name_prefix = "tombstones/", .persistent = true});
    CHECK(may_exist(failure_of([&] { session.commit(record_for(session)); })));
    CHECK(store.kind_at(session.sid()) == ObjectKind::Commit);
}

TEST_CASE("a snapshot that stands is a success even if its session cannot be cleared away", "[writer_session]") {
    Store store;
    WriterSession session(*store.repository);
    store.faulty.inject({.call = Call::Remove, .persistent = true});
    CHECK(session.commit(record_for(session)).outcome == Outcome::Committed);
    CHECK(store.snapshots() == 1);
}

TEST_CASE("a run that fails fences itself and clears its session away", "[writer_session]") {
    Store store;
    SessionId sid;
    {
        const WriterSession session(*store.repository);
        sid = session.sid();
    }
    CHECK(store.kind_at(sid) == ObjectKind::Fence);
    CHECK(store.names("sessions/").empty());
}

TEST_CASE("a session that cannot be announced does not start", "[writer_session]") {
    Store store;
    store.faulty.inject({.call = Call::PutNew, .name_prefix = "sessions/", .kind = ErrorKind::ReadOnly});
    CHECK(failure_of([&] { const WriterSession session(*store.repository); }).kind() == ErrorKind::ReadOnly);
}

TEST_CASE("sessions of dead processes of this machine are fenced; living and foreign ones are left alone",
          "[writer_session]") {
    Store store;
    const SessionId dead = store.put_session(dead_process()), foreign = store.put_session(foreign_process()),
                    living = store.put_session(this_process());
    HeartbeatRecord beat;
    beat.sid = dead;
    store.test.put(ObjectKind::Heartbeat, "sessions/" + dead.hex() + ".1", beat);

    CHECK(end_dead_sessions(*store.repository) == 1);
    CHECK(store.kind_at(dead) == ObjectKind::Fence);
    Names left{"sessions/" + foreign.hex(), "sessions/" + living.hex()};
    std::sort(left.begin(), left.end());
    CHECK(store.names("sessions/") == left);
    CHECK(store.names("snapshots/").size() == 1);
    CHECK(end_dead_sessions(*store.repository) == 0);
}

TEST_CASE("a dead session that had committed keeps its snapshot", "[writer_session]") {
    Store store;
    SessionId sid;
    {
        WriterSession session(*store.repository);
        sid = session.sid();
        store.faulty.inject({.call = Call::Remove, .persistent = true});
        session.commit(record_for(session));
        store.faulty.clear_faults();
    }
    store.test.memory().remove("sessions/" + sid.hex());
    SessionRecord left;
    left.sid = sid;
    left.process = dead_process();
    store.test.put(ObjectKind::Session, "sessions/" + sid.hex(), left);
    CHECK(end_dead_sessions(*store.repository) == 1);
    CHECK(store.kind_at(sid) == ObjectKind::Commit);
    CHECK(store.names("sessions/").empty());
}

TEST_CASE("temporaries of ended sessions are removed, those of living ones and young unknown ones stay",
          "[writer_session]") {
    Store store;
    MemoryBackend& memory = store.test.memory();
    const SessionId dead = store.put_session(dead_process()), foreign = store.put_session(foreign_process());
    SessionId unknown{{9}}, fenced{{8}};
    store.put_fence(fenced);
    for (const SessionId& sid : {dead, foreign, unknown, fenced}) memory.overwrite("tmp/" + sid.hex() + "-1", {});
    end_dead_sessions(*store.repository);
    Names left{"tmp/" + foreign.hex() + "-1", "tmp/" + unknown.hex() + "-1"};
    std::sort(left.begin(), left.end());
    CHECK(store.names("tmp/") == left);
}

TEST_CASE("a temporary that no session explains is removed after a day", "[writer_session]") {
    const auto hours_old = [](int hours) {
        std::int64_t age = 0;
        const auto clock = real_clock();
        TestRepository test(std::make_shared<MemoryBackend>([&age, clock] { return clock() - age; }));
        const auto repository = test.open();
        age = std::int64_t{hours} * 3'600 * 1'000'000'000;
        test.memory().overwrite("tmp/" + std::string(32, '5') + "-1", {});
        end_dead_sessions(*repository);
        return test.backend().list("tmp/").empty();
    };
    CHECK(hours_old(25));
    CHECK_FALSE(hours_old(23));
}

TEST_CASE("a session object that is damaged is left for check, and ends nothing", "[writer_session]") {
    Store store;
    const SessionId sid = store.put_session(dead_process());
    Bytes object = store.test.backend().get("sessions/" + sid.hex());
    object[500] ^= 1;
    store.test.memory().overwrite("sessions/" + sid.hex(), object);
    CHECK(end_dead_sessions(*store.repository) == 0);
    CHECK(store.names("snapshots/").empty());
    CHECK(store.names("sessions/").size() == 1);
}
