// Objects by which this program says that it is at work, and that it could not take back when it had ended, since the
// store refused. Others learn so when the process is gone; the process itself need not wait for them.
#pragma once

#include <mutex>
#include <set>
#include <string>

namespace vault {

// Thread-safe.
class AbandonedObjects {
  public:
    void add(const std::string& name) {
        const std::lock_guard lock(mutex_);
        names_.insert(name);
    }
    bool contains(const std::string& name) const {
        const std::lock_guard lock(mutex_);
        return names_.contains(name);
    }

  private:
    mutable std::mutex mutex_;  // guards names_
    std::set<std::string> names_;
};

}  // namespace vault
