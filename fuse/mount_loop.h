// Takes the kernel's requests and has them answered on several threads. Not libfuse's own loop, in which every request
// wakes a thread that sleeps: on a machine of two virtual processors that takes longer than nearly all answers.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "store/base/unique_fd.h"

struct fuse_session;

namespace vault {

// One thread at a time leads: it alone sleeps until there is a request, and takes it. It answers the small ones itself
// and hands the lead over before the others; and whoever has not answered within `kTick`, once or twice, loses the
// lead to another thread, so that what waits for the store holds nobody up.
class MountLoop {
  public:
    static constexpr std::size_t kThreadsMax = 16;
    static constexpr std::chrono::milliseconds kTick{2};
    static constexpr int kIdleTicks = 50;  // without a small request: nobody is watched until there is one

    explicit MountLoop(fuse_session* session);

    // Until the mount ends or stop(). Requests in work are waited for. Throws Io where the kernel's side fails.
    void run();
    void stop();  // from any thread

  private:
    struct Buffer;

    void work();
    bool lead();                  // waits for it; false: the loop ends
    void hand_over();
    bool take(Buffer& buffer);    // the next request; false: the loop ends
    bool answer_leading(Buffer& buffer);  // false: the lead is lost
    void watch();
    void end(int error);

    fuse_session* const session_;
    UniqueFd stop_;  // readable once stop() was called
    std::atomic<std::uint64_t> in_work_ = 0;   // serial number of the request that the leader answers, or 0
    std::atomic<std::uint64_t> serial_ = 0;
    std::atomic<bool> watched_ = false;
    std::mutex mutex_;  // guards all below
    std::condition_variable lead_free_, watch_;
    std::vector<std::thread> threads_;
    std::size_t waiting_ = 0;  // for the lead
    bool led_ = false, ended_ = false;
    int error_ = 0;
};

}  // namespace vault
