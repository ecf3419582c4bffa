// Snapshot objects that a copy of the repository still has.
#pragma once

#include <vector>

#include "store/repository.h"

namespace vault {

// Puts the snapshots that live in `other`, a copy of the same repository with the same keys, and of which nothing
// stands here (neither commit, fence, session nor tombstone), each with its marks; and those whose commit is Corrupt
// here and not forgotten, which goes to quarantine/ first. What they need is looked for by
// the check that follows. Returns their ids, of a dry run those that would be put. Nothing is put where a bundle of
// tombstones cannot be read here: it may have forgotten them. Throws Busy where a prune is at work, which may be
// about to take what they need, and what the store throws.
std::vector<SessionId> restore_snapshots(const Repository& repository, const Repository& other, bool dry_run);

}  // namespace vault
