// A queue of files that were asked for, and the thread that gives what stands behind them.
#include "fuse/files_ahead.h"

#include <algorithm>

namespace vault {

FilesAhead::FilesAhead(VaultFs& fs, Give give)
    : fs_(fs), give_(std::move(give)), thread_([this] { serve(); }) {}

FilesAhead::~FilesAhead() { stop(); }

void FilesAhead::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        changed_.notify_all();
    }
    const std::lock_guard ending(ending_);
    if (thread_.joinable()) thread_.join();
}

void FilesAhead::asked(std::uint64_t inode) {
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    asked_last_ = inode;
    // Inodes of a folder ascend: one in the range in work was overtaken by its reader, and is left out.
    if (current_.inode != 0 && inode > current_.inode && inode <= current_end_) return;
    window_ = now - asked_at_ > kPause ? kFilesMin : std::min(2 * window_, kFilesMax);
    asked_at_ = now;
    if (stopped_ || queue_.size() >= kQueuedMax) return;
    queue_.push_back({inode, window_});
    changed_.notify_all();
}

void FilesAhead::serve() {
    for (;;) {
        Job job;
        {
            std::unique_lock lock(mutex_);
            current_ = {};
            changed_.wait(lock, [&] { return stopped_ || !queue_.empty(); });
            if (stopped_) return;
            job = queue_.front();
            queue_.pop_front();
            current_ = job;
            current_end_ = job.inode;
        }
        try {
            give_after(job);
        } catch (const std::exception&) {
            // Damage ahead of the reader is the reader's to meet, if it ever gets there.
        }
    }
}

void FilesAhead::give_after(const Job& job) {
    std::size_t files = 0, bytes = 0, unknown = 0;
    fs_.small_files_after(job.inode, [&](std::uint64_t inode, const std::function<FileBytes()>& content) {
        bool overtaken = false;
        {
            const std::lock_guard lock(mutex_);
            if (stopped_) return false;
            current_end_ = inode;
            overtaken = inode <= asked_last_ && asked_last_ <= inode + job.files;
        }
        if (!overtaken) {
            const FileBytes given = content();
            unknown = give_(inode, given) ? 0 : unknown + 1;
            bytes += given.size;
        }
        return ++files < job.files && bytes < kBytesMax && unknown < kUnknownMax;
    });
}

}  // namespace vault
