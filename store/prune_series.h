// Which series this client has seen in a repository, so that one that vanishes without being forgotten is named. Kept
// in the state folder; a client that lost it starts anew.
#pragma once

#include <string>
#include <vector>

#include "store/prune_listing.h"

namespace vault {

// Series that had a live snapshot when they were remembered and have none now, and of which no remembered snapshot has
// a tombstone. Escaped for a message.
std::vector<std::string> vanished_series(const Repository& repository, const PruneListing& listing);

// Replaces what was remembered. What cannot be written is not remembered.
void remember_series(const Repository& repository, const PruneListing& listing);

}  // namespace vault
