// Tombstones that are damaged here and that a copy of the repository still has.
#pragma once

#include <string>
#include <vector>

#include "store/repository.h"

namespace vault {

// Puts what each damaged tombstone or bundle of them says in `other`, a copy of the same repository, again as a bundle
// of its own; then the damaged object goes to quarantine/, so that nothing is unforgotten in between. Only what is
// Corrupt. Returns their names; of a dry run those that would go. Throws what the store throws.
std::vector<std::string> restore_tombstones(const Repository& repository, const Repository& other, bool dry_run);

}  // namespace vault
