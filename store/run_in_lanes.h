// Work over a range of numbers in a few threads.
#pragma once

#include <atomic>
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

}  // namespace vault
