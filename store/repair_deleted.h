// Small objects that somebody deleted and that a copy of the repository still has.
#pragma once

#include <string>
#include <vector>

#include "store/damage_report.h"

namespace vault {

// Of what a check misses (`damaged`, NotFound; store/objects_seen.h), puts marks, decisions, fences and records of
// damage of `other`, a copy of the same repository, again, and what its tombstones say, as a bundle; of what an earlier
// repair has accepted no tombstones, since what was unforgotten may be wanted by now. Never keys: they may have been
// removed for good reason. Returns the names, ascending; of a dry run those that would be put. Throws what the store
// throws.
std::vector<std::string> restore_deleted(const Repository& repository, const Repository& other,
                                         const std::vector<DamagedObject>& damaged, bool dry_run);

}  // namespace vault
