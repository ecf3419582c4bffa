// The small objects that this client's last check of a repository saw and that nothing else in the store names: marks,
// tombstones, decisions, snapshots, keys. None goes without a trace but keys, so that a later check can tell what was
// deleted. Kept in the state folder, apart for each place where the repository lies: a copy of it may be older.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "store/damage_report.h"
#include "store/marks.h"

namespace vault {

struct SeenObject {
    // Of a mark: what tells its subject from others of its snapshot, and which mark on it counts.
    std::string subject;
    std::uint64_t sequence = 0;
    bool named = false;  // it is gone, and a repair has said so

    bool operator==(const SeenObject&) const = default;
};
// By name of the object. What is forgotten is `tombstones/<sid>`, also where a bundle says so.
using SeenObjects = std::map<std::string, SeenObject>;

SeenObject seen_mark(const MarkRecord& mark);

struct GoneObjects {
    std::vector<DamagedObject> deleted;  // by name; NotFound
    std::vector<std::string> keys;       // by name; deleted, or removed by `key remove`: nothing tells which
    SeenObjects remembered;              // what was deleted, or what nothing says that a rule took: to be remembered
};

// What is remembered and not in `standing`, and was not taken away by prune's or forget's rules or, of a mark, answered
// by another since: the store is asked once more. Nothing where no memory can be read: it is a courtesy.
GoneObjects what_is_gone(const Repository& repository, const SeenObjects& standing);

// Remembers those of `standing` that are of such a kind, and `gone`; of those that say nothing any more (`damaged`)
// what was remembered before, if anything was. Makes the store durable first: no power cut takes away what is
// remembered. What cannot be written is not remembered.
void remember_objects(const Repository& repository, SeenObjects standing, const SeenObjects& gone,
                      const std::set<std::string>& damaged);

// They are no damage any more, and can still be put back from a copy.
void mark_as_named(const Repository& repository, const std::set<std::string>& names);
std::vector<std::string> named_objects(const Repository& repository);

// No more is known of it.
void forget_object(const Repository& repository, const std::string& name);

// Snapshots whose hold or release was deleted, named or not, and none put since: they may be held. `marks`: all that
// stand.
std::set<SessionId> missed_holds(const Repository& repository, const Marks& marks);

}  // namespace vault
