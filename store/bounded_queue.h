// A queue between two threads with a bound on what it holds.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

namespace vault {

// Thread-safe. Closed by either side: the producer then gets false from push, the consumer what is left and then
// nothing.
template <class Item>
class BoundedQueue {
  public:
    explicit BoundedQueue(std::size_t items_max) : items_max_(items_max) {}

    // Waits for room. False: the queue was closed, and the item is dropped.
    bool push(Item item) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return items_.size() < items_max_ || closed_; });
        if (closed_) return false;
        items_.push_back(std::move(item));
        changed_.notify_all();
        return true;
    }

    // Does not wait. False: there is no room or the queue was closed, and the item is dropped.
    bool try_push(Item item) {
        const std::lock_guard lock(mutex_);
        if (closed_ || items_.size() >= items_max_) return false;
        items_.push_back(std::move(item));
        changed_.notify_all();
        return true;
    }

    // Waits for an item. Nothing: closed and empty.
    std::optional<Item> pop() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return !items_.empty() || closed_; });
        if (items_.empty()) return std::nullopt;
        std::optional<Item> item(std::move(items_.front()));
        items_.pop_front();
        changed_.notify_all();
        return item;
    }

    // What is beyond a lower bound stays until it is taken.
    void bound(std::size_t items_max) {
        const std::lock_guard lock(mutex_);
        items_max_ = items_max;
        changed_.notify_all();
    }

    void close() {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        changed_.notify_all();
    }

  private:
    std::mutex mutex_;  // guards all below
    std::size_t items_max_;
    std::condition_variable changed_;
    std::deque<Item> items_;
    bool closed_ = false;
};

}  // namespace vault
