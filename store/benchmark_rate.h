// How often something can be done in a second, on one thread or many.
#pragma once

#include <chrono>
#include <functional>

namespace vault {

struct Measured {
    double units = 0;    // of all threads
    double seconds = 0;  // from the start to the end of the last call
    double per_second() const { return units / seconds; }
};

// How long to measure; what `interrupted` says is asked between calls.
struct MeasuredSpan {
    std::chrono::nanoseconds least{};
    std::function<bool()> interrupted;
};

// Each of `threads` threads calls `work` again and again until `span.least` has passed, at least once. `work` is given
// the number of its thread and says how many units it did; 0: nothing is left to do for this thread. Rethrows the first
// failure of a call, after all threads have ended; throws Interrupted.
Measured measure(unsigned threads, const MeasuredSpan& span, const std::function<double(unsigned thread)>& work);

}  // namespace vault
