// Fences for the dead, and their remains.
#include "store/session_end.h"

#include <set>

#include "store/clock.h"
#include "store/control_objects.h"
#include "store/finding.h"
#include "store/sessions.h"

namespace vault {

namespace {

constexpr std::int64_t kOrphanAgeNs = 24ll * 3600 * 1'000'000'000;  // of temporaries that no session explains

}  // namespace

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
void remove_session_objects(Backend& backend, const SessionId& sid) {
    const std::vector<ObjectInfo> listed = backend.list("sessions/" + sid.hex());
    for (auto info = listed.rbegin(); info != listed.rend(); ++info) backend.remove(info->name);
}

std::size_t end_dead_sessions(const Repository& repository,
                              const std::function<Liveness(const SessionRecord&)>& liveness_of) {
    Backend& backend = repository.backend();
    std::size_t ended = 0;
    std::set<std::string> known;  // sids that may live
    for (const ListedSession& session : list_sessions(backend)) {
        if (!session.has_object) continue;
        known.insert(session.sid.hex());
        SessionRecord record;
        try {
            record = repository.read_record(session.object_name(), decode_session);
        } catch (const Error& error) {
            if (!is_finding_or_gone(error)) throw;
            continue;  // ended, or for check
        }
        const bool is_ours = repository.abandoned().contains(session.object_name());
        const Liveness state = liveness_of ? liveness_of(record) : liveness(record.process);
        if (!is_ours && state != Liveness::Gone) continue;
        put_fence(repository, record.sid, is_ours ? FenceReason::RunFailed : FenceReason::ProcessGone);
        backend.sync();
        remove_session_objects(backend, record.sid);
        known.erase(record.sid.hex());
        ++ended;
    }
    const Time today = now();
    for (const ObjectInfo& info : backend.list("tmp/")) {
        const std::string sid_hex = info.name.substr(4, 2 * SessionId::kBytes);
        if (known.contains(sid_hex)) continue;
        const bool orphan = today.seconds * 1'000'000'000 - info.modified_ns > kOrphanAgeNs;
        if (orphan || object_exists(backend, "snapshots/" + sid_hex)) backend.remove(info.name);
    }
    return ended;
}

}  // namespace vault
