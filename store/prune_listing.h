// What a pruner lists before it marks: P1 and P6 of docs/prune.md.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "store/condemned.h"
#include "store/damage_marks.h"
#include "store/format/commit_record.h"
#include "store/repository.h"
#include "store/tombstones.h"
#include "store/tree_nodes.h"

namespace vault {

struct ListedCommit {
    SessionId sid;
    TreeRoot root;
    std::string series;
    Time time;
};

struct PruneListing {
    std::vector<CondemnedList> condemned;
    Tombstones tombstones;
    std::vector<ListedCommit> live;            // commits without a tombstone
    std::vector<ListedCommit> forgotten;       // commits with one, not yet removed
    std::set<SessionId> unreadable_forgotten;  // of those, the ones that do not verify: they can go all the same
    std::set<SessionId> fences;
    DamageMarks damage;
};

// In this order: config, condemned, tombstones (singles, then bundles), snapshots, damage. The packs come after it:
// whoever lists them first may count on a pack that was condemned in between. Throws Corrupt, naming it, where a
// snapshot object without a tombstone cannot be read: what it needs is unknown then. Unsupported where config has gone
// on.
PruneListing list_for_prune(const Repository& repository);

}  // namespace vault
