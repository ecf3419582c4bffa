// A least-recently-used cache of shared values, bounded in bytes, in which many callers of one key cause one load.
#pragma once

#include <cstdint>
#include <future>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace vault {

// Thread-safe. `Key` is hashable; `Value` is held as shared_ptr<const Value>, so what was handed out lives on after it
// was dropped here. A load that throws is forgotten, and everyone who waited for it gets the exception.
template <class Key, class Value>
class BoundedCache {
  public:
    using Pointer = std::shared_ptr<const Value>;

    explicit BoundedCache(std::size_t bytes_max) : bytes_max_(bytes_max) {}

    // The value of `key`, from here or by `load()`, which returns a Pointer and runs without the lock. `weigh(value)`
    // is in bytes.
    template <class Load, class Weigh>
    Pointer get(const Key& key, Load load, Weigh weigh) {
        std::promise<Pointer> promise;
        std::shared_future<Pointer> waiting;
        std::uint64_t mine = 0;
        {
            const std::lock_guard lock(mutex_);
            const auto found = slots_.find(key);
            if (found != slots_.end()) {
                if (found->second.weighed) order_.splice(order_.begin(), order_, found->second.place);
                waiting = found->second.value;
            } else {
                mine = ++loads_;
                slots_.emplace(key, Slot{promise.get_future().share(), {}, 0, mine, false});
            }
        }
        if (mine == 0) return waiting.get();
        try {
            Pointer value = load();
            promise.set_value(value);
            keep(key, mine, weigh(*value));
            return value;
        } catch (...) {
            promise.set_exception(std::current_exception());
            const std::lock_guard lock(mutex_);
            const auto found = slots_.find(key);
            if (found != slots_.end() && found->second.load == mine) slots_.erase(found);
            throw;
        }
    }

    std::uint64_t loads() const {
        const std::lock_guard lock(mutex_);
        return loads_;
    }

  private:
    struct Slot {
        std::shared_future<Pointer> value;
        typename std::list<Key>::iterator place;  // valid once weighed
        std::size_t bytes = 0;
        std::uint64_t load = 0;
        bool weighed = false;
    };

    void keep(const Key& key, std::uint64_t mine, std::size_t bytes) {
        const std::lock_guard lock(mutex_);
        const auto found = slots_.find(key);
        if (found == slots_.end() || found->second.load != mine) return;
        if (bytes > bytes_max_) {  // it alone would drive everything else out
            slots_.erase(found);
            return;
        }
        order_.push_front(key);
        found->second.place = order_.begin();
        found->second.bytes = bytes;
        found->second.weighed = true;
        bytes_ += bytes;
        while (bytes_ > bytes_max_ && !order_.empty()) {
            const auto last = slots_.find(order_.back());
            bytes_ -= last->second.bytes;
            slots_.erase(last);
            order_.pop_back();
        }
    }

    const std::size_t bytes_max_;
    mutable std::mutex mutex_;  // guards all below
    std::unordered_map<Key, Slot> slots_;
    std::list<Key> order_;  // most recently used first
    std::size_t bytes_ = 0;
    std::uint64_t loads_ = 0;
};

}  // namespace vault
