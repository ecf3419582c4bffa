// sessions/<sid> and sessions/<sid>.<k>.
#include "store/sessions.h"

#include <algorithm>
#include <cstdlib>

namespace vault {

std::vector<ListedSession> list_sessions(Backend& backend) {
    constexpr std::string_view kFolder = "sessions/";
    constexpr std::size_t kDigits = 2 * SessionId::kBytes;
    std::vector<ListedSession> sessions;
    for (const ObjectInfo& info : backend.list(std::string(kFolder))) {
        const std::string_view name = std::string_view(info.name).substr(kFolder.size());
        const SessionId sid = SessionId::from_hex(name.substr(0, kDigits));
        if (sessions.empty() || sessions.back().sid != sid) sessions.push_back({sid});  // a listing is by name
        ListedSession& session = sessions.back();
        session.modified_ns = std::max(session.modified_ns, info.modified_ns);
        if (name.size() == kDigits)
            session.has_object = true;
        else
            session.heartbeat = std::max<std::uint64_t>(
                session.heartbeat, std::strtoull(info.name.c_str() + kFolder.size() + kDigits + 1, nullptr, 10));
    }
    return sessions;
}

}  // namespace vault
