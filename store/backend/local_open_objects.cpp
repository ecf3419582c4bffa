// Least recently used goes first. Descriptors are closed outside the lock.
#include "store/backend/local_open_objects.h"

namespace vault {

LocalOpenObjects::Handle LocalOpenObjects::find(const std::string& name) {
    const std::lock_guard lock(mutex_);
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return nullptr;
    recent_.splice(recent_.begin(), recent_, found->second);
    return found->second->second;
}

void LocalOpenObjects::keep(const std::string& name, Handle object) {
    Handle dropped;
    const std::lock_guard lock(mutex_);
    const auto found = by_name_.find(name);
    if (found != by_name_.end()) {
        dropped = std::exchange(found->second->second, std::move(object));
        recent_.splice(recent_.begin(), recent_, found->second);
        return;
    }
    recent_.emplace_front(name, std::move(object));
    by_name_[name] = recent_.begin();
    if (recent_.size() <= kOpenObjectsMax) return;
    dropped = std::move(recent_.back().second);
    by_name_.erase(recent_.back().first);
    recent_.pop_back();
}

void LocalOpenObjects::drop(const std::string& name) {
    Handle dropped;
    const std::lock_guard lock(mutex_);
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return;
    dropped = std::move(found->second->second);
    recent_.erase(found->second);
    by_name_.erase(found);
}

std::size_t LocalOpenObjects::count() {
    const std::lock_guard lock(mutex_);
    return recent_.size();
}

}  // namespace vault
