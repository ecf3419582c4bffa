// Second copies of directories whose packs are gone.
#pragma once

#include "store/repository.h"

namespace vault {

// Removes the dirs/ objects of which most packs are no longer listed, after the copies of the others were put under the
// next free number of that session. Returns how many were removed. Damaged ones are left to check and repair.
std::uint64_t remove_stale_directories(const Repository& repository);

}  // namespace vault
