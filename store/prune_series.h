// Which snapshots this client has seen in a repository, so that prune notices what vanishes without being forgotten.
// Kept in the state folder; a client that lost it starts anew.
#pragma once

#include <string>
#include <vector>

#include "store/prune_listing.h"

namespace vault {

// Against what was remembered.
struct Vanished {
    // Had a live snapshot and have none now, and no remembered snapshot of theirs is forgotten. Escaped for a message.
    std::vector<std::string> series;
    std::size_t snapshots = 0;  // were live, and are neither live nor forgotten now
};
Vanished what_vanished(const Repository& repository, const PruneListing& listing);

// Replaces what was remembered. What cannot be written is not remembered.
void remember_series(const Repository& repository, const PruneListing& listing);

}  // namespace vault
