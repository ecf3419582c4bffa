// Writers at work, as a pruner sees them: whom it fences, and for whom it waits. P0, P4 and P5 of docs/prune.md.
#pragma once

#include <set>
#include <vector>

#include "store/prune_environment.h"
#include "store/repository.h"

namespace vault {

// P0: fences sessions of this machine whose process is gone, and those of others in whose name this client has seen no
// new heartbeat for the silence limit (kept in the state folder; where that cannot be written, the store's times
// count). Removes the objects of sessions that have ended. Returns how many were fenced.
std::size_t end_sessions(const Repository& repository, const PruneEnvironment& environment);

// Sessions that may still commit: listed, and nothing stands at snapshots/<sid>.
std::set<SessionId> live_sessions(Backend& backend);

// P4 where nobody has done it for this list, and P5. The sessions that are still at work when the time is up; empty:
// go on. `poll` may throw.
std::vector<SessionId> wait_for_sessions(const Repository& repository, const ControlId& n,
                                         const PruneEnvironment& environment, const std::function<void()>& poll);

}  // namespace vault
