// In the order in which a run and those after it replace one object by the next, so that none is missed in between.
#include "store/vanished.h"

#include <algorithm>

#include "store/backend/object_names.h"
#include "store/sessions.h"
#include "store/tombstones.h"

namespace vault {

std::set<SessionId> vanished_writers(const Repository& repository, std::set<SessionId> writers) {
    if (writers.empty()) return writers;
    Backend& backend = repository.backend();
    for (const ListedSession& session : list_sessions(backend)) writers.erase(session.sid);
    if (writers.empty()) return writers;
    for (const ObjectInfo& info : backend.list("snapshots/"))
        writers.erase(session_of_name(info.name));
    if (writers.empty()) return writers;
    const Tombstones tombstones = list_tombstones(repository);
    if (!tombstones.unreadable_bundles.empty()) return {};
    std::erase_if(writers, [&](const SessionId& sid) {
        return tombstones.forgotten.contains(sid) || tombstones.doubtful.contains(sid);
    });
    return writers;
}

bool has_vanished(const Repository& repository, const SessionId& sid) {
    const View view = repository.reader_view();
    const std::vector<PackNumber> packs = view.chunks->view().numbers();
    const bool has_written = std::ranges::any_of(
        packs, [&](PackNumber number) { return view.index->directory(number).session == sid; });
    return has_written && !vanished_writers(repository, {sid}).empty();
}

}  // namespace vault
