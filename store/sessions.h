// The writers that are listed in sessions/. What happens to them: store/session_end.h and store/prune_sessions.h.
#pragma once

#include <vector>

#include "store/backend/backend.h"
#include "store/format/id.h"

namespace vault {

struct ListedSession {
    SessionId sid;
    bool has_object = false;       // false: only heartbeats are left of it
    std::uint64_t heartbeat = 0;   // the newest; 0: none yet
    std::int64_t modified_ns = 0;  // of its newest object, by the store's clock

    std::string object_name() const { return "sessions/" + sid.hex(); }
};

// By sid.
std::vector<ListedSession> list_sessions(Backend& backend);

}  // namespace vault
