// Snapshots whose objects somebody removed. What tells of them is what they wrote: a run that put a pack has a session
// object until its commit or fence stands, and either of these stands until a tombstone does, which is permanent.
#pragma once

#include <set>

#include "store/repository.h"

namespace vault {

// Of runs that are known to have begun, those of which nothing stands: no session, commit, fence or tombstone. What
// tells of them (packs, another copy of the repository) has to be read before. Empty where a bundle of tombstones
// cannot be read, which may have named any of them.
std::set<SessionId> vanished_writers(const Repository& repository, std::set<SessionId> writers);

// Whether this is one of them, by the packs that are listed now.
bool has_vanished(const Repository& repository, const SessionId& sid);

}  // namespace vault
