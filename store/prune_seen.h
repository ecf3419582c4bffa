// The live snapshots that this client saw at its last prune of a repository, so that the next notices which are gone
// without having been forgotten. Kept in the state folder; a client that lost it starts anew.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "store/prune_listing.h"

namespace vault {

struct Vanished {
    std::size_t snapshots = 0;  // were live, and are neither live nor forgotten now
    // Had a live snapshot and have none now, and no remembered snapshot of theirs is forgotten. Escaped for a message.
    std::vector<std::string> series;
};
Vanished what_vanished(const Repository& repository, const PruneListing& listing);

// How many are gone: those that this client knew, or `ids`, which are known by packs that they put, if these are more.
std::size_t count_vanished(const Vanished& vanished, const std::set<SessionId>& ids);
// "2 snapshots are gone without having been forgotten, among them ID; the series wallets has vanished". The first few
// ids are named. "" where none is gone.
std::string describe(const Vanished& vanished, const std::set<SessionId>& ids);

// Replaces what was remembered. What cannot be written is not remembered.
void remember_live(const Repository& repository, const PruneListing& listing);

}  // namespace vault
