// Which snapshots are forgotten. A tombstone is permanent and stands in one object: its own, or a bundle of old ones.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "store/format/control_records.h"
#include "store/repository.h"

namespace vault {

struct Tombstones {
    // Authentic, and when each was put: of a single, or of a bundle. One that is not forgets nothing: whoever can write
    // to the store could destroy a snapshot by its name alone.
    std::map<SessionId, Time> forgotten;
    std::set<SessionId> singles;   // of those, the ones that have an object of their own
    // An object has their name, and it is damaged, of another snapshot, or forged: "<name>: <why>".
    std::map<SessionId, std::string> doubtful;
    std::vector<std::string> unreadable_bundles;  // the same; what they name is missing from `forgotten`
};

// What `name` below tombstones/ forgets, one or a bundle, and when each was put; nothing where there is no such object.
// Throws Corrupt also where it is of another snapshot than its name says.
std::optional<std::vector<BundleRecord::Item>> read_tombstones(const Repository& repository, const std::string& name);

// Singles are listed first, then bundles (docs/format.md, section 10), and all of them are opened.
Tombstones list_tombstones(const Repository& repository);

// Whether an object has this snapshot's tombstone, whatever it holds, or a bundle names it: B7's question. A bundle
// that cannot be read throws Corrupt.
bool has_tombstone(const Repository& repository, const SessionId& sid);

// Forgets the snapshot: the tombstone stands and is durable when this returns. One that stands already is as good.
// A full disk is given the reserve's room once (Backend::release_reserve); then NoSpace.
void put_tombstone(const Repository& repository, const SessionId& sid);
// The same of many. Where the disk is full the rest become one bundle, so that the reserve has objects left for the
// prune that must follow. `done` counts those that are forgotten, also when it throws.
void put_tombstones(const Repository& repository, const std::vector<SessionId>& sids, std::size_t& done);

// Puts kControlItemsMax tombstones at the most, in any order, as one bundle.
void put_bundle(const Repository& repository, std::vector<BundleRecord::Item> items);

}  // namespace vault
