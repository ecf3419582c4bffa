// Threads that begin together and count.
#include "store/benchmark_rate.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <latch>
#include <thread>
#include <vector>

#include "store/base/error.h"

namespace vault {

namespace {

using Clock = std::chrono::steady_clock;

struct Worker {
    double units = 0;
    Clock::time_point started, ended;
    std::exception_ptr failure;
};

}  // namespace

Measured measure(unsigned threads, const MeasuredSpan& span, const std::function<double(unsigned thread)>& work) {
    std::vector<Worker> workers(threads);
    std::atomic<bool> failed = false;
    std::latch ready(threads);
    const auto run = [&](unsigned number) {
        ready.arrive_and_wait();
        Worker& worker = workers[number];
        worker.started = Clock::now();
        try {
            for (double done = 1; done > 0 && !failed && !span.interrupted();) {
                done = work(number);
                worker.units += done;
                if (Clock::now() - worker.started >= span.least) break;
            }
        } catch (...) {
            worker.failure = std::current_exception();
            failed = true;
        }
        worker.ended = Clock::now();
    };
    {
        std::vector<std::jthread> running;
        for (unsigned number = 0; number < threads; ++number) running.emplace_back(run, number);
    }
    Measured measured;
    Clock::time_point started = workers[0].started, ended = workers[0].ended;
    for (const Worker& worker : workers) {
        if (worker.failure) std::rethrow_exception(worker.failure);
        measured.units += worker.units;
        started = std::min(started, worker.started);
        ended = std::max(ended, worker.ended);
    }
    if (span.interrupted()) throw Error(ErrorKind::Interrupted, "interrupted");
    measured.seconds = std::chrono::duration<double>(ended - started).count();
    return measured;
}

}  // namespace vault
