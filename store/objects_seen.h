// The small objects that this client's last check of a repository saw and that nothing else in the store names: marks,
// tombstones, decisions, snapshots, keys. None goes without a trace but keys, so that a later check can tell what was
// deleted. Kept in the state folder, apart for each place where the repository lies: a copy of it may be older.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "store/damage_report.h"

namespace vault {

// Names of objects. What is forgotten is `tombstones/<sid>`, also where a bundle says so.
using ObjectNames = std::set<std::string>;

struct GoneObjects {
    std::vector<DamagedObject> deleted;  // by name; NotFound
    std::vector<std::string> keys;       // by name; deleted, or removed by `key remove`: nothing tells which
};

// What is remembered and not in `standing`, and was not taken away by prune's or forget's rules: the store is asked
// once more. Nothing where a bundle of tombstones cannot be read and might explain it. Nothing too where no memory can
// be read: it is a courtesy.
GoneObjects what_is_gone(const Repository& repository, const ObjectNames& standing);

// Remembers those of these that are of such a kind, and what was deleted, which is said again by the next check. Makes
// the store durable first: no power cut takes away what is remembered. What cannot be written is not remembered.
void remember_objects(const Repository& repository, ObjectNames standing, const std::vector<DamagedObject>& deleted);

// They are not missed any more.
void forget_objects(const Repository& repository, const ObjectNames& names);

}  // namespace vault
