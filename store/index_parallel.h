// Work over a range of numbers in a few threads, for the parts of a sync, and a point that they pass in order.
#pragma once

#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace vault {

// Calls work(lane, i) once for each i below `count`, in about ascending order; calls of one lane (below `lanes`)
// never overlap. The first exception is rethrown here, after which nothing new is begun.
template <class Work>
void run_in_lanes(std::size_t lanes, std::size_t count, Work work) {
    std::atomic<std::size_t> next = 0;
    std::mutex mutex;  // guards `failure`
    std::exception_ptr failure;
    const auto run = [&](std::size_t lane) {
        try {
            for (std::size_t i; (i = next.fetch_add(1)) < count;) work(lane, i);
        } catch (...) {
            next = count;
            const std::lock_guard lock(mutex);
            if (!failure) failure = std::current_exception();
        }
    };
    {
        std::vector<std::jthread> threads;
        for (std::size_t lane = 1; lane < lanes && lane < count; ++lane) threads.emplace_back(run, lane);
        run(0);
    }
    if (failure) std::rethrow_exception(failure);
}

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
