// Memory that batches take turns in: fresh pages cost more than the reading that fills them.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "store/base/bytes.h"

namespace vault {

// Thread-safe. Holds at most `count_max` buffers of at most `bytes_max` each.
class SpareBuffers {
  public:
    SpareBuffers(std::size_t count_max, std::size_t bytes_max) : count_max_(count_max), bytes_max_(bytes_max) {}

    // Empty; with the room that an earlier one had where there is one.
    Bytes take() {
        const std::lock_guard lock(mutex_);
        if (spare_.empty()) return {};
        Bytes taken = std::move(spare_.back());
        spare_.pop_back();
        return taken;
    }
    void give(Bytes used) {
        used.clear();
        const std::lock_guard lock(mutex_);
        if (spare_.size() < count_max_ && used.capacity() <= bytes_max_) spare_.push_back(std::move(used));
    }

  private:
    const std::size_t count_max_, bytes_max_;
    std::mutex mutex_;  // guards spare_
    std::vector<Bytes> spare_;
};

}  // namespace vault
