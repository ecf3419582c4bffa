// One line a snapshot: its id and its series.
#include "store/prune_seen.h"

#include <algorithm>
#include <sstream>

#include "store/remembered.h"

namespace vault {

namespace {

constexpr std::size_t kSnapshotsNamed = 8;

// Apart for each place: a copy of the repository may have been forgotten less.
std::string path_of(const Repository& repository) { return remembered_file_of_place(repository, "snapshots-seen"); }

}  // namespace

Vanished what_vanished(const Repository& repository, const PruneListing& listing) {
    constexpr std::size_t kSidDigits = 2 * SessionId::kBytes;
    std::set<SessionId> live;
    std::map<std::string, bool> explained;  // by series: one of its snapshots is live or forgotten
    for (const ListedCommit& commit : listing.live) {
        live.insert(commit.sid);
        explained[commit.series] = true;
    }
    Vanished vanished;
    try {
        std::istringstream lines(read_remembered(path_of(repository)));
        for (std::string line; std::getline(lines, line);) {
            if (line.size() <= kSidDigits + 1) continue;
            const SessionId sid = SessionId::from_hex(line.substr(0, kSidDigits));
            const bool is_forgotten = listing.tombstones.forgotten.contains(sid);
            if (!is_forgotten && !live.contains(sid)) ++vanished.snapshots;
            explained[line.substr(kSidDigits + 1)] |= is_forgotten;
        }
    } catch (const Error&) {
        return {};  // what this client remembers is a courtesy
    }
    for (const auto& [series, is_explained] : explained)
        if (!is_explained) vanished.series.push_back(escaped(series));
    return vanished;
}

std::size_t count_vanished(const Vanished& vanished, const std::set<SessionId>& ids) {
    return std::max(vanished.snapshots, ids.size());
}

std::string describe(const Vanished& vanished, const std::set<SessionId>& ids) {
    const std::size_t snapshots = count_vanished(vanished, ids);
    if (snapshots == 0) return "";
    std::string text = std::to_string(snapshots) + (snapshots == 1 ? " snapshot is" : " snapshots are") +
                       " gone without having been forgotten";
    if (!ids.empty()) text += snapshots > ids.size() ? ", among them" : ",";
    std::size_t named = 0;
    for (const SessionId& sid : ids) {
        if (named++ == kSnapshotsNamed) {
            text += " …";
            break;
        }
        text += " " + sid.hex();
    }
    for (const std::string& series : vanished.series) text += "; the series " + series + " has vanished";
    return text;
}

void remember_live(const Repository& repository, const PruneListing& listing) {
    std::string text;
    for (const ListedCommit& commit : listing.live) text += commit.sid.hex() + " " + commit.series + "\n";
    write_remembered(path_of(repository), text);  // without it that much would go is told all the same
}

}  // namespace vault
