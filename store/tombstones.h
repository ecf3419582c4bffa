// Which snapshots are forgotten. A tombstone is permanent and stands in one object: its own, or a bundle of old ones.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "store/repository.h"

namespace vault {

struct Tombstones {
    std::set<SessionId> sids;
    std::vector<std::string> damaged;  // "<name>: <why>" of bundles that could not be read: what they name is missing
};

// By names alone; only bundles are opened.
Tombstones list_tombstones(const Repository& repository);

// Why the single tombstone of this snapshot is not to be believed: it is damaged, or somebody without the key put it
// there. Nothing where it is sound or stands in a bundle.
std::optional<std::string> trouble_with_tombstone(const Repository& repository, const SessionId& sid);

// Forgets the snapshot: the tombstone stands and is durable when this returns. One that stands already is as good.
// A full disk is given the reserve's room once (Backend::release_reserve); then NoSpace.
void put_tombstone(const Repository& repository, const SessionId& sid);

}  // namespace vault
