// What the cache remembers of a snapshot: the packs in which everything that it references was found. B4's fast path.
#pragma once

#include <optional>

#include "store/index.h"

namespace vault {

// Notes may be lost at any time, and then there is nothing; they are never wrong about packs that are listed, since
// packs never change.
std::optional<PackSet> packs_of_snapshot(const Index& index, const SessionId& sid);
IndexNotes note_of_packs(const SessionId& sid, const PackSet& packs);

}  // namespace vault
