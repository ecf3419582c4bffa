// The index's place in the cache folder: `lock`, `db/` (RocksDB), `work/` (files in the making),
// `damaged-<incarnation>` (somebody found that one damaged). What else lies in the folder is other parts' and is left
// alone.
#pragma once

#include <filesystem>

#include "store/base/unique_fd.h"
#include "store/index_layout.h"

namespace vault {

class IndexFolder {
  public:
    explicit IndexFolder(std::filesystem::path path) : path_(std::move(path)) {}  // makes nothing

    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path database() const { return path_ / "db"; }
    std::filesystem::path work() const { return path_ / "work"; }

    // Makes the folder and an empty work/, and takes the write lock: it is held as long as the descriptor lives, or
    // its process. Waits for others; throws Busy after ten minutes, the Error of errno where the folder cannot be
    // written.
    UniqueFd lock() const;
    // False where the folder was deleted under the lock: what was written is lost, and an error tells nothing.
    bool is_locked_by(const UniqueFd& lock) const;

    bool is_damaged(const IncarnationId& incarnation) const;
    // Makes the next one who opens the index throw it away. Does nothing where it cannot.
    void mark_damaged(const IncarnationId& incarnation) const noexcept;

    // Under the lock. Others that have the index open keep their view.
    void throw_away() const;

  private:
    std::filesystem::path path_;
};

// A folder of this process alone below $TMPDIR (or /tmp), removed at the end.
class PrivateFolder {
  public:
    PrivateFolder();
    PrivateFolder(const PrivateFolder&) = delete;
    PrivateFolder& operator=(const PrivateFolder&) = delete;
    ~PrivateFolder();
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

}  // namespace vault
