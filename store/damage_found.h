// Damage that a run met in passing. Restore, mount and cat write nothing; backup and prune put what they met on record,
// so that the next run counts on no such copy.
#pragma once

#include <vector>

#include "store/format/control_records.h"
#include "store/repository.h"

namespace vault {

// Reads every copy of these chunks in the view again that no record names, and puts a damaged/ record of the boxes that
// do not verify. Returns how many boxes that were. No run fails for it: what cannot be read or put now is left to
// check.
std::uint64_t record_bad_copies(const Repository& repository, const View& view,
                                const std::vector<DamageRecord::LostChunk>& chunks) noexcept;

}  // namespace vault
