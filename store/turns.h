// Threads that work at once and hand over in order.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace vault {

// A point that calls of one run_in_lanes pass one at a time and in the order of their numbers, from 0 on. Every call
// holds a Turn, whether or not it comes to the point: whoever is behind it waits for its end.
class Turns {
  public:
    class Turn {
      public:
        Turn(Turns& turns, std::size_t number) : turns_(turns), number_(number) {}
        ~Turn() { pass(); }
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;

        // Returns when all before have passed.
        void wait() {
            std::unique_lock lock(turns_.mutex_);
            turns_.changed_.wait(lock, [&] { return turns_.next_ == number_; });
        }
        // Lets the next one on; of a Turn that did not wait, when all before have passed.
        void pass() {
            if (passed_) return;
            wait();
            passed_ = true;
            const std::lock_guard lock(turns_.mutex_);
            ++turns_.next_;
            turns_.changed_.notify_all();
        }

      private:
        Turns& turns_;
        const std::size_t number_;
        bool passed_ = false;
    };

  private:
    std::mutex mutex_;  // guards `next_`
    std::condition_variable changed_;
    std::size_t next_ = 0;
};

}  // namespace vault
