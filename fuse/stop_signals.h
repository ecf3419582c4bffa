// SIGINT, SIGTERM and SIGHUP for a daemon of many threads: they are taken by one thread, so that no other call is
// interrupted by them and what has to be done about them may do anything.
#pragma once

#include <functional>
#include <mutex>
#include <thread>

#include "store/base/unique_fd.h"

namespace vault {

// Blocks the signals in the thread that makes it; threads made later inherit that, so it is made first.
class StopSignals {
  public:
    StopSignals();
    ~StopSignals();

    // What is done at the first signal, on the thread; at a second one, and where nothing is set, the process ends
    // (exit code 130). A null function: nothing is set.
    void on_stop(std::function<void()> stop);

  private:
    void serve();

    UniqueFd signals_, end_;
    std::mutex mutex_;  // guards stop_; held while it runs, so that whoever takes it back knows that it is over
    std::function<void()> stop_;
    std::thread thread_;
};

}  // namespace vault
