// How sessions end that did not end themselves: fences, and what they leave behind. docs/prune.md, P0.
#pragma once

#include "store/format/control_records.h"
#include "store/process_identity.h"
#include "store/repository.h"

namespace vault {

// Puts the fence of `sid`, not yet durable. A commit or fence that stands there already is as good an end.
void put_fence(const Repository& repository, const SessionId& sid, FenceReason reason);

// sessions/<sid> and its heartbeats. Only once snapshots/<sid> stands and was made durable by a sync.
void remove_session_objects(Backend& backend, const SessionId& sid);

// Ends what dead sessions of this machine have left: fences them, removes their session objects and temporaries.
// Sessions of other machines, and those that may live, are left alone. Returns how many were ended.
std::size_t end_dead_sessions(const Repository& repository,
                              const std::function<Liveness(const SessionRecord&)>& liveness_of = {});

}  // namespace vault
