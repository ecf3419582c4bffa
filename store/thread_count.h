// How many threads an operation takes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <thread>

namespace vault {

// As many threads as were asked for; for 0 one a core.
inline unsigned thread_count(unsigned asked) {
    return asked > 0 ? asked : std::max(1u, std::thread::hardware_concurrency());
}

// Lanes for work that waits for the store: one a core and two at the least, so that one works while another waits; but
// no more than `most`.
inline std::size_t lane_count(std::size_t most) {
    return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 2, most);
}

}  // namespace vault
