// One line a snapshot: its id and its series.
#include "store/prune_series.h"

#include <sstream>

#include "store/base/file.h"

namespace vault {

namespace {

constexpr std::size_t kRememberedBytesMax = 64 << 20;

std::string path_of(const Repository& repository) { return repository.state_folder() / "series-seen"; }

}  // namespace

Vanished what_vanished(const Repository& repository, const PruneListing& listing) {
    std::set<SessionId> live_snapshots;
    std::set<std::string> live;
    for (const ListedCommit& commit : listing.live) {
        live_snapshots.insert(commit.sid);
        live.insert(commit.series);
    }
    Vanished vanished;
    std::map<std::string, bool> forgotten;  // by series that is not live
    try {
        const auto text = read_small_file(path_of(repository), kRememberedBytesMax);
        std::istringstream lines(text ? std::string(as_text(*text)) : std::string());
        for (std::string line; std::getline(lines, line);) {
            constexpr std::size_t kSidDigits = 2 * SessionId::kBytes;
            if (line.size() <= kSidDigits + 1) continue;
            const SessionId sid = SessionId::from_hex(line.substr(0, kSidDigits));
            const bool is_forgotten = listing.tombstones.forgotten.contains(sid);
            if (!is_forgotten && !live_snapshots.contains(sid)) ++vanished.snapshots;
            const std::string series = line.substr(kSidDigits + 1);
            if (live.contains(series)) continue;
            bool& any = forgotten[series];
            any = any || is_forgotten;
        }
    } catch (const Error&) {
        return {};  // what this client remembers is a courtesy
    }
    for (const auto& [series, any] : forgotten)
        if (!any) vanished.series.push_back(escaped(series));
    return vanished;
}

void remember_series(const Repository& repository, const PruneListing& listing) {
    std::string text;
    for (const ListedCommit& commit : listing.live) text += commit.sid.hex() + " " + commit.series + "\n";
    try {
        make_folders(repository.state_folder());
        replace_small_file(path_of(repository), as_bytes(text));
    } catch (const Error&) {
        // Without it what vanishes is not named; that much would go is told all the same.
    }
}

}  // namespace vault
