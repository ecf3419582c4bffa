// Damaged small objects that need not stay, since what they said is settled without them. docs/prune.md, "Repair".
#pragma once

#include <string>
#include <vector>

#include "store/damage_report.h"
#include "store/repository.h"

namespace vault {

// Of the damaged objects these go to quarantine/, under the SHA-256 of what was found, durably before the original is
// removed:
// * a tombstone whose snapshot a bundle forgets; or whose snapshot and session are both gone, once such a bundle was
//   put: there is nothing left that it could bring back or destroy;
// * a mark of a snapshot on which a younger mark says whether it is held;
// * a generation of config or keyring below one that is sound;
// * a damage record of a pack that is gone.
// Only what is Corrupt: no program will ever read it. Nothing that stands for another object's safety goes: a list that
// is condemned, sessions, snapshots, bundles. A decision of which the list was carried out stays under its name, which
// alone keeps a slow pruner from deciding otherwise: it is copied, and a check that finds the copy asks no more of it.
// Returns the names, ascending; of a dry run those that would be moved or copied.
std::vector<std::string> quarantine_settled(const Repository& repository, const std::vector<DamagedObject>& damaged,
                                            bool dry_run);

}  // namespace vault
