// Session objects, the commit and the fence that contends with it for one name.
#include "store/writer_session.h"

#include <algorithm>
#include <chrono>

#include "store/clock.h"
#include "store/control_objects.h"
#include "store/format/envelope.h"
#include "store/process_identity.h"
#include "store/put_record.h"
#include "store/tombstones.h"

namespace vault {

namespace {

constexpr std::chrono::minutes kHeartbeatInterval{10};
constexpr int kCommitAttempts = 3;

}  // namespace

WriterSession::WriterSession(const Repository& repository) : repository_(repository) {
    fill_random(sid_.bytes);
    repository.backend().name_temporaries_after(sid_.hex());
    SessionRecord record;
    record.sid = sid_;
    record.process = this_process();
    record.started = now();
    record.program = "vault " VAULT_VERSION;
    try {
        put_record(repository, ObjectKind::Session, object_name(), record);
    } catch (const Error&) {
        repository.abandoned().add(object_name());  // it may stand all the same
        throw;
    }
    heart_ = std::thread([this] { beat(); });
}

WriterSession::~WriterSession() {
    stop_heartbeat();
    if (!ended_) fence_self();
}

void WriterSession::beat() {
    std::unique_lock lock(mutex_);
    while (!stop_.wait_for(lock, kHeartbeatInterval, [&] { return stopping_; })) {
        lock.unlock();
        try {
            HeartbeatRecord record;
            record.sid = sid_;
            record.number = ++heartbeats_;
            record.time = now();
            put_record(repository_, ObjectKind::Heartbeat, object_name() + "." + std::to_string(heartbeats_), record);
        } catch (const std::exception&) {
            // A missed heartbeat costs at worst this run (it is fenced after a day without any); the run's own calls
            // report the store's trouble.
        }
        lock.lock();
    }
}

void WriterSession::stop_heartbeat() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    stop_.notify_all();
    if (heart_.joinable()) heart_.join();
}

WriterSession::Commit WriterSession::commit(const CommitRecord& record) {
    Backend& backend = repository_.backend();
    const std::string name = "snapshots/" + sid_.hex();
    const Bytes object = seal_object(repository_.keys(), ObjectKind::Commit, name, encode(record));
    backend.sync();
    for (int attempt = 1;; ++attempt) {
        try {
            backend.put_new(name, object);
            break;
        } catch (const Error&) {
            // Whatever the call said, its reply may be all that was lost: from here on a fence of our own would be a
            // lie about a snapshot that stands.
            ended_ = true;
            const Standing standing = read_back(name, object);
            if (standing == Standing::OwnCommit) break;
            if (standing == Standing::Other) {
                remove_session_objects();
                return {Outcome::Fenced, {}};
            }
            ended_ = false;
            if (attempt == kCommitAttempts) throw;
        }
    }
    ended_ = true;
    bool forgotten = false;
    try {
        forgotten = was_forgotten();
    } catch (const Error& error) {
        throw with_context("the snapshot may exist: " + name, error);
    }
    remove_session_objects();
    if (forgotten) throw Error(ErrorKind::Busy, "the snapshot " + sid_.hex() + " was forgotten while it was made");
    return {Outcome::Committed, ObjectHash{sha256(object)}};
}

// A tombstone is bundled only when the session's own object is gone: while that stands, a bundle cannot name it.
bool WriterSession::was_forgotten() const {
    Backend& backend = repository_.backend();
    if (object_exists(backend, "tombstones/" + sid_.hex())) return true;
    return !object_exists(backend, object_name()) && has_tombstone(repository_, sid_);
}

// What stands at the commit's name after a put that seemed to fail; an own commit is durable when this returns. One
// read decides: of two, the second could see what the first was too early for.
WriterSession::Standing WriterSession::read_back(const std::string& name, ByteView object) {
    try {
        if (!equal(repository_.backend().get(name), object)) return Standing::Other;
        repository_.backend().sync();
        return Standing::OwnCommit;
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::NotFound) return Standing::Nothing;
        throw Error(ErrorKind::Io, "the snapshot may exist: " + name + " could not be read back: " + error.what());
    }
}

void WriterSession::remove_session_objects() {
    stop_heartbeat();
    try {
        repository_.backend().sync();
        vault::remove_session_objects(repository_.backend(), sid_);
    } catch (const Error&) {
        // How the session ended stands and is durable; a session object left behind is removed by any later run.
    }
}

void WriterSession::fence_self() noexcept {
    try {
        put_fence(repository_, sid_, FenceReason::RunFailed);
        repository_.backend().sync();
        vault::remove_session_objects(repository_.backend(), sid_);
    } catch (const std::exception&) {
        // The run's own failure is being reported; others fence this session once they see that its process is gone,
        // and what this process does next fences it too.
        repository_.abandoned().add(object_name());
    }
}

}  // namespace vault
