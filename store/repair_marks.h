// Marks that are damaged here and that a copy of the repository still has.
#pragma once

#include <string>
#include <vector>

#include "store/damage_report.h"
#include "store/repository.h"

namespace vault {

// Puts each mark of `damaged` that is Corrupt and that `other`, a copy of the same repository, has whole anew, unless
// another on its subject counts by now; the damaged object goes to quarantine/ then. Returns their names, ascending; of
// a dry run those that would go. Throws what the store throws.
std::vector<std::string> restore_marks(const Repository& repository, const Repository& other,
                                       const std::vector<DamagedObject>& damaged, bool dry_run);

}  // namespace vault
