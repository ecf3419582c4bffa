// The small objects that this client's last check of a repository saw. Each kind but keys goes by a rule that leaves
// something behind (docs/prune.md), so that a later check can tell what was deleted. Kept apart for each place where
// the repository lies (remembered.h).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "store/damage_report.h"
#include "store/marks.h"

namespace vault {

struct SeenObject {
    std::optional<MarkKey> mark;  // of a mark: what it speaks of
    std::uint64_t sequence = 0;   // of a mark
    bool fence = false;           // of a name under snapshots/: the end of a run that committed nothing
    bool accepted = false;        // it is gone, and no damage any more

    bool operator==(const SeenObject&) const = default;
};
// By name of the object. What is forgotten is `tombstones/<sid>`, also where a bundle says so.
using SeenObjects = std::map<std::string, SeenObject>;

struct GoneObjects {
    std::vector<DamagedObject> deleted;  // by name; NotFound
    std::set<SessionId> fences;          // those among them that were fences
    std::size_t pruned = 0;              // tombstones that are gone, accepted or not, of snapshots that are gone too
    std::vector<std::string> keys;       // by name; deleted, or removed by `key remove`: nothing tells which
};

// Not thread-safe. What cannot be read or written is not remembered: it is a courtesy.
class ObjectsSeen {
  public:
    // Reads what is remembered of this repository at its place.
    explicit ObjectsSeen(const Repository& repository);

    // What is remembered and not in `standing` (all that is listed), and was not taken away by the rules of its kind
    // or, of a mark, answered by another since: the store is asked once more.
    GoneObjects compare(SeenObjects standing);
    // After compare(): remembers what stands, what was deleted, and what may have been while something damaged keeps
    // from judging; of objects that say nothing any more (`damaged`) what was remembered before. Makes the store
    // durable first: no power cut takes away what is remembered. Returns why that is not so, or why what was remembered
    // before could not be read, which stays as it is then; empty: neither.
    std::string remember(const std::set<std::string>& damaged);

    // They are no damage any more, and can still be put back from a copy. False where that cannot be remembered.
    bool accept(const std::set<std::string>& names);
    std::vector<std::string> accepted() const;
    // Why what is remembered could not be read; empty: it was.
    const std::string& unread() const { return unread_; }
    // No more is known of it.
    void forget(const std::string& name);

    // Whether this client saw that the run ended without a snapshot, or that its snapshot was forgotten.
    bool knows_end_of(const SessionId& sid) const;

    // Snapshots whose hold or release was deleted, accepted or not, and none put since: they may be held. `marks`: all
    // that stand.
    std::set<SessionId> missed_holds(const Marks& marks) const;

  private:
    std::string write(SeenObjects objects);

    const Repository& repository_;
    const std::string path_;
    std::string unread_;  // why what is remembered could not be read
    SeenObjects seen_;    // as the file has it
    SeenObjects next_;    // as it is to be after compare()
};

}  // namespace vault
