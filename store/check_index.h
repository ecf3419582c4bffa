// An index of one check, built from the store alone: what this client's cache holds is neither read nor believed, so
// that a check tells what a client without a cache would find.
#pragma once

#include <filesystem>
#include <optional>

#include "store/locked_folder.h"
#include "store/repository.h"

namespace vault {

// A locked folder in the repository's cache folder. Where that cannot be written, Index::open makes a private one in
// $TMPDIR by itself.
class CheckFolder {
  public:
    explicit CheckFolder(const std::filesystem::path& cache_folder);
    CheckFolder(const CheckFolder&) = delete;
    CheckFolder& operator=(const CheckFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }

  private:
    std::optional<LockedFolder> folder_;
    std::filesystem::path path_;  // of `folder_`, or, where none can be made, one that cannot be made either
};

// The index over `packs`, and a chunk store on it.
View open_check_view(const Repository& repository, const CheckFolder& folder, const std::vector<ObjectInfo>& packs,
                     const SyncProgress& progress);

}  // namespace vault
