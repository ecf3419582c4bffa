// Session objects, the commit and the fence that contends with it for one name.
#include "store/writer_session.h"

#include <algorithm>
#include <chrono>

#include "store/clock.h"
#include "store/format/envelope.h"
#include "store/process_identity.h"
#include "store/put_record.h"

namespace vault {

namespace {

constexpr std::chrono::minutes kHeartbeatInterval{10};
constexpr int kCommitAttempts = 3;
constexpr std::int64_t kOrphanAgeNs = 24ll * 3600 * 1'000'000'000;  // of temporaries that no session explains

bool exists(Backend& backend, const std::string& name) {
    try {
        backend.get(name, ByteRange{0, kEnvelopeBytes});
        return true;
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::NotFound) return false;
        throw;
    }
}

// Puts the fence of `sid`; a commit or fence that stands there already is as good an end of that session.
void put_fence(const Repository& repository, const SessionId& sid, FenceReason reason) {
    const std::string name = "snapshots/" + sid.hex();
    FenceRecord fence;
    fence.sid = sid;
    fence.reason = reason;
    fence.by = this_process();
    fence.time = now();
    try {
        put_record(repository, ObjectKind::Fence, name, fence);
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::Exists) throw;
    }
}

// Heartbeats first: one without its session object would be found by nobody.
void remove_objects_of(Backend& backend, const SessionId& sid) {
    const std::vector<ObjectInfo> listed = backend.list("sessions/" + sid.hex());
    for (auto info = listed.rbegin(); info != listed.rend(); ++info) backend.remove(info->name);
}

}  // namespace

WriterSession::WriterSession(const Repository& repository) : repository_(repository) {
    fill_random(sid_.bytes);
    repository.backend().name_temporaries_after(sid_.hex());
    SessionRecord record;
    record.sid = sid_;
    record.process = this_process();
    record.started = now();
    record.program = "vault " VAULT_VERSION;
    put_record(repository, ObjectKind::Session, "sessions/" + sid_.hex(), record);
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
            put_record(repository_, ObjectKind::Heartbeat, "sessions/" + sid_.hex() + "." + std::to_string(heartbeats_),
                       record);
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
        forgotten = exists(backend, "tombstones/" + sid_.hex());
    } catch (const Error& error) {
        throw with_context("the snapshot may exist: " + name, error);
    }
    remove_session_objects();
    if (forgotten) throw Error(ErrorKind::Busy, "the snapshot " + sid_.hex() + " was forgotten while it was made");
    return {Outcome::Committed, ObjectHash{sha256(object)}};
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
        remove_objects_of(repository_.backend(), sid_);
    } catch (const Error&) {
        // How the session ended stands and is durable; a session object left behind is removed by any later run.
    }
}

void WriterSession::fence_self() noexcept {
    try {
        put_fence(repository_, sid_, FenceReason::RunFailed);
        repository_.backend().sync();
        remove_objects_of(repository_.backend(), sid_);
    } catch (const std::exception&) {
        // The run's own failure is being reported; others fence this session once they see that its process is gone.
    }
}

std::size_t end_dead_sessions(const Repository& repository) {
    Backend& backend = repository.backend();
    std::size_t ended = 0;
    std::vector<std::string> known;  // sids that may live
    for (const ObjectInfo& info : backend.list("sessions/")) {
        constexpr std::size_t kFolderBytes = std::string_view("sessions/").size();
        const std::string sid_hex = info.name.substr(kFolderBytes, 2 * SessionId::kBytes);
        if (info.name.size() != kFolderBytes + sid_hex.size()) continue;  // a heartbeat
        known.push_back(sid_hex);
        SessionRecord record;
        try {
            record = repository.read_record(info.name, decode_session);
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::NotFound || error.kind() == ErrorKind::Corrupt)
                continue;  // ended, or for check
            throw;
        }
        if (liveness(record.process) != Liveness::Gone) continue;
        put_fence(repository, record.sid, FenceReason::ProcessGone);
        backend.sync();
        remove_objects_of(backend, record.sid);
        known.pop_back();
        ++ended;
    }
    const Time today = now();
    for (const ObjectInfo& info : backend.list("tmp/")) {
        const std::string sid_hex = info.name.substr(4, 2 * SessionId::kBytes);
        if (std::find(known.begin(), known.end(), sid_hex) != known.end()) continue;
        const bool orphan = today.seconds * 1'000'000'000 - info.modified_ns > kOrphanAgeNs;
        if (orphan || exists(backend, "snapshots/" + sid_hex)) backend.remove(info.name);
    }
    return ended;
}

}  // namespace vault
