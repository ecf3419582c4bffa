// The small objects of a repository, each opened, decoded and compared with its name: everything that docs/format.md
// names but packs and the copies of their directories.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "store/damage_report.h"
#include "store/format/commit_record.h"
#include "store/objects_seen.h"

namespace vault {

struct CheckedObjects {
    std::uint64_t objects = 0;            // read
    std::uint64_t quarantined = 0;        // known to be damaged, and left alone
    std::uint64_t reserved = 0;           // in folders that version 1 reserves: not read
    std::vector<DamagedObject> damaged;
    // Commits that are sound and have no sound tombstone, by (time, start, sid): as prune counts them.
    std::vector<CommitRecord> live;
    // Runs of which an object was listed: a session, commit, fence or tombstone, sound or not.
    std::set<SessionId> known;
    // All that is listed, sound or not, and what bundles say is forgotten.
    SeenObjects standing;
    // Snapshots that a writer numbered and that are neither there nor forgotten: somebody removed their objects.
    std::uint64_t snapshots_vanished = 0;
};

// Lists and reads them all. An object that goes while it is read counts as absent. What cannot be read by an error of
// the medium is a finding too; every other failure of the store is thrown. `poll` may throw.
CheckedObjects check_objects(const Repository& repository, const std::function<void()>& poll);

}  // namespace vault
