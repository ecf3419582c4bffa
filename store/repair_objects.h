// The small objects that a repair can put right: config and keyring, and second copies of directories.
#pragma once

#include <string>
#include <vector>

#include "store/damage_report.h"
#include "store/repository.h"

namespace vault {

// Where the newest generation of config or keyring is damaged or missing: puts a new one of each, made of the keyring
// that opened, which holds a copy of config. The keyring goes first. Returns lines that say what was (or would be) put.
// Throws Unsupported where a generation above all that open needs another program.
std::vector<std::string> restore_generations(const Repository& repository, bool dry_run);

// Puts second copies of the directories that dirs/ lacks, and then removes those dirs/ objects of `damaged` that cannot
// be read: all that they said is said again. Where it is not, since a pack's own directory cannot be read either, only
// those go that nobody will ever read. Returns how many were (or would be) removed.
std::uint64_t restore_directory_copies(const Repository& repository, const std::vector<DamagedObject>& damaged,
                                       bool dry_run);

}  // namespace vault
