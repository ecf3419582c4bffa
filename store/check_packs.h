// The structure of every pack: its length, header, trailer and directory, read from the store itself; and whether the
// second copies of directories agree with them.
#pragma once

#include <array>
#include <functional>
#include <set>
#include <unordered_map>

#include "store/check_chunks.h"
#include "store/damage_report.h"
#include "store/index_directories.h"

namespace vault {

struct CheckedPacks {
    std::uint64_t packs = 0, bytes = 0;
    std::uint64_t without_copy = 0;  // whose directory has no second copy: of killed runs, or dirs/ objects are missing
    std::uint64_t directory_objects = 0;  // dirs/ that were read
    std::uint64_t gone = 0;               // packs that were removed since they were listed
    std::vector<DamagedObject> damaged;   // dirs/ objects
    std::map<PackId, DamagedPack> damaged_packs;
    std::set<SessionId> writers;  // of the packs whose directories are sound
};

// Takes about 200 bytes a pack, and a directory and a dirs/ object at a time. Calls `poll`, which may throw, from one
// thread at a time.
CheckedPacks check_packs(const Repository& repository, const std::vector<ObjectInfo>& listed,
                         const std::function<void()>& poll);

}  // namespace vault
