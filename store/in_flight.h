// What is between two stages of a pipeline.
#pragma once

#include <memory>
#include <mutex>
#include <unordered_map>

namespace vault {

// Owns what is in flight, so that nothing leaks when a stage throws: the tokens themselves are raw pointers, for
// StageFence's sake. Thread-safe.
template <class T>
class InFlight {
  public:
    T* add(std::unique_ptr<T> owned) {
        T* token = owned.get();
        const std::lock_guard lock(mutex_);
        owned_.emplace(token, std::move(owned));
        return token;
    }
    void remove(T* token) {
        const std::lock_guard lock(mutex_);
        owned_.erase(token);
    }

  private:
    std::mutex mutex_;  // guards owned_
    std::unordered_map<T*, std::unique_ptr<T>> owned_;
};

}  // namespace vault
