// Fencing and waiting.
#include "store/prune_sessions.h"

#include <algorithm>
#include <map>
#include <sstream>

#include "store/control_objects.h"
#include "store/finding.h"
#include "store/format/limits.h"
#include "store/remembered.h"
#include "store/session_end.h"
#include "store/sessions.h"

namespace vault {

namespace {

using std::chrono::milliseconds;
constexpr milliseconds kFirstPause{20}, kLongestPause{5'000};

// Of a session: its newest heartbeat, and when that was seen first.
struct Seen {
    std::uint64_t heartbeat = 0;
    std::int64_t since_s = 0;
};
using SeenSessions = std::map<std::string, Seen>;  // by sid

// "<sid> <heartbeat> <unix seconds>" a line. What cannot be read is forgotten, which costs the dead another day.
SeenSessions load_seen(const std::string& path) {
    SeenSessions seen;
    std::istringstream lines(read_remembered(path));
    std::string sid;
    Seen one;
    while (lines >> sid >> one.heartbeat >> one.since_s) seen[sid] = one;
    return seen;
}

bool store_seen(const std::string& path, const SeenSessions& seen) {
    std::string text;
    for (const auto& [sid, one] : seen)
        text += sid + " " + std::to_string(one.heartbeat) + " " + std::to_string(one.since_s) + "\n";
    return write_remembered(path, text).empty();
}

// The sessions that are listed, with what was seen of them.
SeenSessions observe(const Repository& repository, std::int64_t now_s) {
    const std::string path = remembered_file(repository, "sessions-seen");
    const SeenSessions before = load_seen(path);
    SeenSessions seen;
    std::map<std::string, std::int64_t> newest_s;  // by the store's clock
    for (const ListedSession& session : list_sessions(repository.backend())) {
        seen[session.sid.hex()].heartbeat = session.heartbeat;
        newest_s[session.sid.hex()] = session.modified_ns / 1'000'000'000;
    }
    for (auto& [sid, one] : seen) {
        const auto old = before.find(sid);
        // A time that lies ahead is of a clock that was set back: the watch begins anew.
        one.since_s = old != before.end() && old->second.heartbeat == one.heartbeat && old->second.since_s <= now_s
                          ? old->second.since_s
                          : now_s;
    }
    if (!store_seen(path, seen))
        for (auto& [sid, one] : seen) one.since_s = newest_s[sid];
    return seen;
}

bool is_dead(const Repository& repository, const std::string& name, const Seen& seen, std::int64_t now_s,
             const PruneEnvironment& environment, FenceReason& reason) {
    Liveness state = Liveness::Unknown;
    try {
        const auto record = find_record(repository, name, decode_session);
        if (record) state = environment.liveness_of(record->process, name);
    } catch (const Error& error) {
        if (!is_finding(error)) throw;  // whose it was is unknown: its heartbeats tell
    }
    reason = FenceReason::ProcessGone;
    if (state != Liveness::Unknown) return state == Liveness::Gone;
    reason = FenceReason::NoHeartbeat;
    return now_s - seen.since_s >= std::chrono::seconds(environment.silence_limit).count();
}

std::vector<SessionId> registered_sessions(Backend& backend) {
    std::vector<SessionId> sids;
    for (const ListedSession& session : list_sessions(backend))
        if (session.has_object) sids.push_back(session.sid);
    return sids;
}

std::vector<SessionId> still_at_work(Backend& backend, std::vector<SessionId> sessions) {
    std::erase_if(sessions, [&](const SessionId& sid) { return object_exists(backend, "snapshots/" + sid.hex()); });
    return sessions;
}

}  // namespace

std::size_t end_sessions(const Repository& repository, const PruneEnvironment& environment) {
    Backend& backend = repository.backend();
    // What killed runs of this machine have left under tmp/ goes with them.
    std::size_t fenced = end_dead_sessions(repository, [&](const SessionRecord& record) {
        return environment.liveness_of(record.process, "sessions/" + record.sid.hex());
    });
    const std::int64_t now_s = environment.time().seconds;
    std::vector<SessionId> ended;
    for (const auto& [hex, seen] : observe(repository, now_s)) {
        const SessionId sid = SessionId::from_hex(hex);
        FenceReason reason{};
        if (!object_exists(backend, "snapshots/" + hex)) {
            if (!is_dead(repository, "sessions/" + hex, seen, now_s, environment, reason)) continue;
            put_fence(repository, sid, reason);
            ++fenced;
        }
        ended.push_back(sid);
    }
    if (ended.empty()) return fenced;
    backend.sync();
    for (const SessionId& sid : ended) remove_session_objects(backend, sid);
    return fenced;
}

std::set<SessionId> live_sessions(Backend& backend) {
    const auto sessions = still_at_work(backend, registered_sessions(backend));
    return {sessions.begin(), sessions.end()};
}

std::vector<SessionId> wait_for_sessions(const Repository& repository, const ControlId& n,
                                         const PruneEnvironment& environment, const std::function<void()>& poll) {
    Backend& backend = repository.backend();
    const std::string name = "waiting/" + n.hex();
    auto waiting = find_record(repository, name, decode_waiting);
    if (!waiting) {
        WaitingRecord record;
        record.number = n;
        record.time = environment.time();
        record.sessions = registered_sessions(backend);
        if (record.sessions.size() > kControlItemsMax)
            throw Error(ErrorKind::Busy, "more than 65,536 sessions are at work");
        std::sort(record.sessions.begin(), record.sessions.end());
        try {
            put_record(repository, ObjectKind::Waiting, name, record);
            waiting = std::move(record);
        } catch (const Error& error) {
            // Somebody who adopted the list was quicker, or the reply was lost: what stands there counts.
            waiting = find_record(repository, name, decode_waiting);
            if (!waiting) throw;
        }
    }
    std::vector<SessionId> left = still_at_work(backend, waiting->sessions);
    milliseconds waited{0}, step = kFirstPause;
    while (!left.empty()) {
        environment.waits(left.size());
        poll();
        end_sessions(repository, environment);
        // A session without an object of its own cannot be told from a dead one: its writer removes it only once
        // snapshots/<sid> stands.
        for (const SessionId& sid : left)
            if (!object_exists(backend, "sessions/" + sid.hex())) put_fence(repository, sid, FenceReason::ProcessGone);
        left = still_at_work(backend, left);
        if (left.empty() || waited >= environment.wait_limit) break;
        step = std::min({step * 2, kLongestPause, environment.wait_limit - waited});
        environment.pause(step);
        waited += step;
    }
    environment.waits(0);
    return left;
}

}  // namespace vault
