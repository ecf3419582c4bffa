// Whoever reads one small file of a folder mostly reads the next ones too: their contents are made on another core and
// handed to the kernel before it asks. A copy of many small files then waits for no content.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "fuse/vault_fs.h"

namespace vault {

// Thread-safe. One thread.
class FilesAhead {
  public:
    // Gives the kernel the whole content of an inode. False: it does not know the inode, and nothing was done.
    using Give = std::function<bool(std::uint64_t inode, const FileBytes& content)>;

    // `fs` outlives it. `give` is called on the thread. Failures are dropped: whoever reads the file meets them.
    FilesAhead(VaultFs& fs, Give give);
    ~FilesAhead();

    // The kernel has asked for the beginning of a file, so nobody had given it.
    void asked(std::uint64_t inode);

    // Ends the thread. Nothing is given any more.
    void stop();

    // Of one folder after one question. The first question after a pause is answered with few.
    static constexpr std::size_t kFilesMin = 16, kFilesMax = 1'024;
    static constexpr std::size_t kBytesMax = std::size_t{8} << 20;
    static constexpr std::size_t kQueuedMax = 8;
    static constexpr std::size_t kUnknownMax = 8;  // in a row: then the folder was not listed, or is forgotten
    static constexpr std::chrono::seconds kPause{1};

  private:
    struct Job {
        std::uint64_t inode = 0;
        std::size_t files = 0;
    };
    void serve();
    void give_after(const Job& job);

    VaultFs& fs_;
    const Give give_;
    std::mutex mutex_;  // guards all below
    std::condition_variable changed_;
    std::uint64_t asked_last_ = 0;  // inode: what stands before it is not given any more
    std::deque<Job> queue_;
    Job current_;                     // 0: none
    std::uint64_t current_end_ = 0;   // inodes of the folder in work, as far as they may be given
    std::size_t window_ = kFilesMin;
    std::chrono::steady_clock::time_point asked_at_{};
    bool stopped_ = false;
    std::mutex ending_;  // guards the end of thread_
    std::thread thread_;
};

}  // namespace vault
