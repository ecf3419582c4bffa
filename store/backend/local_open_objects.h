// The objects that were read last, kept open, so that the next range of a pack costs one read.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "store/base/unique_fd.h"

namespace vault {

// Thread-safe. Holds at most kOpenObjectsMax; who still reads one that was dropped keeps it open so long.
class LocalOpenObjects {
  public:
    using Handle = std::shared_ptr<const UniqueFd>;
    static constexpr std::size_t kOpenObjectsMax = 128;

    // The descriptor kept for `name`, or nullptr.
    Handle find(const std::string& name);
    // Keeps `object`, in place of one already kept under that name, and drops the one unused longest beyond the bound.
    void keep(const std::string& name, Handle object);
    void drop(const std::string& name);
    std::size_t count();

  private:
    using Entry = std::pair<std::string, Handle>;

    std::mutex mutex_;        // guards both
    std::list<Entry> recent_;  // used last stands first
    std::unordered_map<std::string, std::list<Entry>::iterator> by_name_;
};

}  // namespace vault
