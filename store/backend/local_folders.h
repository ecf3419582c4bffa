// The folders of a local repository as open descriptors, and their fsync.
#pragma once

#include <cstddef>
#include <future>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "store/base/unique_fd.h"

namespace vault {

// Thread-safe. A folder is opened when first used and stays open: an error of writing back that the kernel meets later
// is reported only to descriptors that were open before it.
class LocalFolders {
  public:
    // `path` must be a folder; NotFound, Denied or Io as the system says.
    explicit LocalFolders(const std::string& path);

    const std::string& location() const { return location_; }  // the path, escaped for messages
    int root() const { return root_.get(); }

    // The descriptor of object_folders()[index]; valid as long as this object. A missing one is Corrupt: all are made
    // at init, so a copy that dropped empty folders must be told from an empty repository.
    int folder(std::size_t index);

    // fsync of one folder. A failure is remembered, since the kernel forgets it.
    void sync(std::size_t index);

    // fsync of all folders and the two above them, several at once: each is one flush of the disk, and flushes that
    // wait together are done together. Throws Io ever after an fsync of one of these folders has failed: names that
    // were visible then may be gone after a crash, and no later fsync can tell.
    void sync_all();

    // Begins an fsync of the folder above all others, on a thread of its own: a disk writes back what others have left
    // in its caches before it does what it is asked, which takes the first fsync of a run 0.1 s after a file of 150 MB
    // was copied. sync_all() waits for it, and throws the Error that it met, each time. Before other threads use this
    // object; only the first call counts.
    void flush_ahead() noexcept;

  private:
    std::string folder_location(std::size_t index) const;
    void sync_open_folder(int fd, const std::string& folder);

    std::string location_;
    UniqueFd root_;
    std::mutex mutex_;               // guards what follows
    std::vector<UniqueFd> folders_;  // filled slots never change
    std::set<std::string> failed_;   // folders whose fsync failed

    std::shared_future<void> flushed_ahead_;  // the last: its thread uses all above
};

// The names in an open folder, without "." and "..", in no order. Throws rather than return part of them. `what` names
// the folder in the Error.
std::vector<std::string> names_in(int folder_fd, const std::string& what);

}  // namespace vault
