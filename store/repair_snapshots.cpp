// The session makes a prune that begins meanwhile wait: docs/prune.md, "Repair".
#include "store/repair_snapshots.h"

#include "store/condemned.h"
#include "store/control_objects.h"
#include "store/finding.h"
#include "store/quarantine.h"
#include "store/snapshots.h"
#include "store/vanished.h"
#include "store/writer_session.h"

namespace vault {

namespace {

std::string name_of(const SessionId& sid) { return "snapshots/" + sid.hex(); }

// Of those in `there`, what is damaged here.
std::vector<SessionId> damaged_snapshots(const Repository& repository, const std::set<SessionId>& there) {
    std::vector<SessionId> damaged;
    const SnapshotListing here = list_snapshots(repository);
    if (!here.tombstones_missing.empty()) return damaged;
    for (const auto& [sid, why] : here.unreadable)
        if (there.contains(sid) && is_corrupt([&] { find_record(repository, name_of(sid), decode_commit); }))
            damaged.push_back(sid);
    return damaged;
}

}  // namespace

std::vector<SessionId> restore_snapshots(const Repository& repository, const Repository& other, bool dry_run) {
    std::set<SessionId> there;
    for (const Snapshot& snapshot : list_snapshots(other).live) there.insert(snapshot.sid);
    std::vector<SessionId> going = damaged_snapshots(repository, there);
    const std::set<SessionId> missing = vanished_writers(repository, std::move(there));
    going.insert(going.end(), missing.begin(), missing.end());
    if (going.empty() || dry_run) return going;
    const WriterSession session(repository);  // fences itself at the end: it commits nothing
    if (!list_condemned(repository).empty())
        throw Error(ErrorKind::Busy, "a prune is at work, or was cut short: snapshots of the copy can be put back once "
                                     "it has ended (vault prune goes on with one that was cut short)");
    for (const SessionId& sid : going) {
        // What holds it comes first, so that no rule forgets it in between.
        for (const ObjectInfo& info : other.backend().list("marks/" + sid.hex()))
            copy_object(repository, other, info.name);
        if (!missing.contains(sid)) move_to_quarantine(repository.backend(), name_of(sid));
        copy_object(repository, other, name_of(sid));
    }
    repository.backend().sync();
    return going;
}

}  // namespace vault
