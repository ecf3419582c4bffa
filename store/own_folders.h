// The folders that a client of a repository works in: the repository where it is local, and its cache. A snapshot
// visits them and takes nothing of what they hold; no target of a restore lies in them, and none deletes anything
// there.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "store/folder_identity.h"
#include "store/repository.h"
#include "store/source_roots.h"

namespace vault {

// Of those that exist. `location` is the backend's, `cache` this repository's.
std::vector<FolderIdentity> own_folders(const std::string& location, const std::filesystem::path& cache);
inline std::vector<FolderIdentity> own_folders(const Repository& repository) {
    return own_folders(repository.backend().location(), repository.cache_folder());
}

// Exclude rules that say what a snapshot of `roots` leaves out of them, by recorded path: a restore from a copy of the
// repository must not take the original for something that was not there. A path that no rule can name has none.
std::vector<std::string> rules_for_own_folders(const Repository& repository, const std::vector<SourceRoot>& roots);

// Throws Usage where `path`, or the nearest folder above it that exists, is one of `folders` or lies in one.
void refuse_place_in(const std::vector<FolderIdentity>& folders, const std::string& path);

}  // namespace vault
