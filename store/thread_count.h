// How many threads an operation takes.
#pragma once

#include <algorithm>
#include <thread>

namespace vault {

// As many threads as were asked for; for 0 one a core.
inline unsigned thread_count(unsigned asked) {
    return asked > 0 ? asked : std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace vault
