// The snapshots as the mount shows them: their slots and names, grouped by series, host and tag, and looked at anew
// while the mount is in use.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "fuse/inode.h"
#include "store/snapshots.h"

namespace vault {

// Immutable. A snapshot keeps its slot and its name for as long as the mount lives, also once it is forgotten.
struct MountedSnapshot {
    std::uint32_t slot = 0;
    std::string name;  // of its folder: YYYY-MM-DDTHH-MM-SS.mmmZ_<first 8 hex digits of sid>
    std::string time_name;  // the part before '_'
    Snapshot snapshot;      // without the lists of what was excluded or unreadable, which may be megabytes
    std::chrono::steady_clock::time_point found;  // all that it refers to was in the store then
};
using MountedSnapshotPointer = std::shared_ptr<const MountedSnapshot>;

enum class Grouping { Series = 0, Host = 1, Tag = 2 };

// A symlink to a snapshot. In a folder of links, ascending by slot, names are unique.
struct SnapshotLink {
    std::string name;
    MountedSnapshotPointer snapshot;
};

// The snapshots at one moment. Immutable.
struct Catalogue {
    std::vector<MountedSnapshotPointer> by_time;
    std::map<std::string, MountedSnapshotPointer, std::less<>> by_name;
    std::map<std::uint32_t, MountedSnapshotPointer> by_slot;
    // Per Grouping: the escaped name of each group, and the links in its folder.
    std::array<std::map<std::string, std::vector<SnapshotLink>, std::less<>>, 3> groups;
    MountedSnapshotPointer latest;  // null where there is none that counts
    std::uint64_t number = 0;       // another with each change
};

// Thread-safe.
class SnapshotWatch {
  public:
    using Tell = std::function<void(const std::string&)>;

    // `repository` outlives it. Only what `filter` matches is shown. `tell` hears, in one line each, of what cannot be
    // listed because it is damaged, once.
    SnapshotWatch(const Repository& repository, SnapshotFilter filter, Tell tell = {});

    // What there is now: the store is listed where `kPause` has gone by since it was last. Throws what the store
    // throws.
    std::shared_ptr<const Catalogue> now();
    // As now() last said.
    std::shared_ptr<const Catalogue> last() const;
    // Also one that was forgotten meanwhile; null for a slot never given.
    MountedSnapshotPointer in_slot(std::uint32_t slot) const;

    static constexpr std::chrono::seconds kPause{1};

  private:
    using Clock = std::chrono::steady_clock;
    // The names of all objects that the listing depends on; objects never change.
    std::vector<std::string> names_in_store() const;
    void list_anew();
    MountedSnapshotPointer mounted(const Snapshot& snapshot, Clock::time_point found);
    std::shared_ptr<Catalogue> catalogue_of(const std::vector<Snapshot>& live, Clock::time_point found);

    const Repository& repository_;
    const SnapshotFilter filter_;
    const Tell tell_;
    std::mutex listing_;  // one thread at a time lists, reading the store included; guards the next four
    std::set<std::string> told_;
    std::vector<std::string> names_;
    std::vector<Snapshot> known_;
    std::uint64_t changes_ = 0;
    mutable std::mutex mutex_;  // guards all below
    Clock::time_point listed_;
    std::shared_ptr<const Catalogue> catalogue_;
    std::unordered_map<SessionId, std::uint32_t> slots_;
    std::vector<MountedSnapshotPointer> in_slots_;      // in_slots_[slot - 1]
    std::map<std::string, SessionId> names_given_;
};

}  // namespace vault
