// Leader and followers (Schmidt et al., Pattern-Oriented Software Architecture 2, 2000), with a watch over the leader.
#define FUSE_USE_VERSION 314
#include <fuse3/fuse_lowlevel.h>

#include "fuse/mount_loop.h"

#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "store/base/error.h"

namespace vault {

namespace {

// What is answered from memory in a few microseconds, unless a node of a manifest has to be read. Everything else may
// decode megabytes.
bool is_small(std::uint32_t opcode) {
    switch (opcode) {
        case FUSE_GETATTR:
        case FUSE_GETXATTR:
        case FUSE_LISTXATTR:
        case FUSE_READLINK:
        case FUSE_OPEN:
        case FUSE_OPENDIR:
        case FUSE_RELEASEDIR:
        case FUSE_FORGET:
        case FUSE_BATCH_FORGET:
        case FUSE_INTERRUPT: return true;
        default: return false;
    }
}

}  // namespace

// As libfuse fills it.
struct MountLoop::Buffer {
    Buffer() = default;
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    ~Buffer() { std::free(filled.mem); }
    std::uint32_t opcode() const {
        fuse_in_header header{};
        if (filled.size < sizeof header) return 0;
        std::memcpy(&header, filled.mem, sizeof header);
        return header.opcode;
    }
    fuse_buf filled{};
};

MountLoop::MountLoop(fuse_session* session) : session_(session), stop_(::eventfd(0, EFD_CLOEXEC)) {
    if (!stop_) throw system_error("cannot make an eventfd", errno);
    const int fd = ::fuse_session_fd(session);
    if (::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK) < 0)
        throw system_error("cannot set the mount's device not to wait", errno);
}

void MountLoop::run() {
    std::thread watcher([this] { watch(); });
    {
        const std::lock_guard lock(mutex_);
        threads_.emplace_back([this] { work(); });
    }
    // None is added after the end, and whoever adds one has not ended itself: a thread that leads, or the watch, which
    // takes the lead from such a thread only while that is still to be joined.
    for (std::size_t i = 0;; ++i) {
        std::thread thread;
        {
            const std::lock_guard lock(mutex_);
            if (i == threads_.size()) break;
            thread = std::move(threads_[i]);
        }
        thread.join();
    }
    watcher.join();
    if (error_ != 0) throw system_error("the kernel's requests cannot be read", error_);
}

void MountLoop::stop() {
    ::fuse_session_exit(session_);
    ::eventfd_write(stop_.get(), 1);
}

void MountLoop::end(int error) {
    const std::lock_guard lock(mutex_);
    if (error_ == 0) error_ = error;
    ended_ = true;
    led_ = false;
    lead_free_.notify_all();
    watch_.notify_all();
}

bool MountLoop::lead() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    lead_free_.wait(lock, [&] { return !led_ || ended_; });
    --waiting_;
    if (ended_) return false;
    led_ = true;
    return true;
}

void MountLoop::hand_over() {
    const std::lock_guard lock(mutex_);
    led_ = false;
    if (waiting_ > 0) {
        lead_free_.notify_one();
    } else if (!ended_ && threads_.size() < kThreadsMax) {
        threads_.emplace_back([this] { work(); });
    }
}

void MountLoop::work() {
    Buffer buffer;
    while (lead()) {
        for (bool leading = true; leading;) {
            if (!take(buffer)) return;
            if (is_small(buffer.opcode())) {
                leading = answer_leading(buffer);
            } else {
                hand_over();
                ::fuse_session_process_buf(session_, &buffer.filled);
                leading = false;
            }
        }
    }
}

// Sleeps first. To look out for the next request for a while, yielding, answers one question after the other in 13 us
// instead of 42 on an idle machine, but a copy of many files takes as long, with twice the daemon's time; and beside
// other work every yield waits for a turn of theirs. docs/benchmarks.md.
bool MountLoop::take(Buffer& buffer) {
    while (!::fuse_session_exited(session_)) {
        pollfd waiting[] = {{::fuse_session_fd(session_), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
        ::poll(waiting, 2, -1);
        if (waiting[1].revents != 0) break;
        const int size = ::fuse_session_receive_buf(session_, &buffer.filled);
        if (size > 0) return true;
        if (size == -EAGAIN || size == -EINTR) continue;
        end(-size);  // 0: unmounted
        return false;
    }
    end(0);
    return false;
}

bool MountLoop::answer_leading(Buffer& buffer) {
    std::uint64_t mine = ++serial_;
    in_work_ = mine;
    if (!watched_) {
        const std::lock_guard lock(mutex_);
        watched_ = true;
        watch_.notify_one();
    }
    ::fuse_session_process_buf(session_, &buffer.filled);
    return in_work_.compare_exchange_strong(mine, 0);
}

void MountLoop::watch() {
    std::uint64_t seen = 0, last_serial = 0;
    int idle = 0;
    for (;;) {
        {
            std::unique_lock lock(mutex_);
            if (watched_) {
                watch_.wait_for(lock, kTick, [&] { return ended_; });
            } else {
                watch_.wait(lock, [&] { return watched_ || ended_; });
                idle = 0;
            }
            if (ended_) return;
        }
        std::uint64_t now = in_work_;
        if (now != 0 && now == seen && in_work_.compare_exchange_strong(now, 0)) hand_over();
        seen = in_work_;
        idle = serial_ == last_serial && seen == 0 ? idle + 1 : 0;
        last_serial = serial_;
        if (idle < kIdleTicks) continue;
        watched_ = false;
        if (in_work_ != 0) watched_ = true;  // it began before it could see that nobody watches
    }
}

}  // namespace vault
