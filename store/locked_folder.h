// A folder for the length of one run, which nobody needs afterwards: removed at the end, and what killed runs left is
// removed by the next.
#pragma once

#include <filesystem>
#include <string_view>

#include "store/base/unique_fd.h"

namespace vault {

class LockedFolder {
  public:
    // Removes the folders in `parent` whose names begin with `prefix` and whose run has ended, then makes one of its
    // own there, mode 0700. Throws the Error of errno where `parent` is no folder or cannot be written.
    LockedFolder(const std::filesystem::path& parent, std::string_view prefix);
    LockedFolder(const LockedFolder&) = delete;
    LockedFolder& operator=(const LockedFolder&) = delete;
    ~LockedFolder();
    const std::filesystem::path& path() const { return path_; }

  private:
    bool make_and_lock();

    std::filesystem::path path_;
    UniqueFd lock_;  // on the folder, for as long as this lives: who can take it may remove the folder
};

}  // namespace vault
