// Two maps and an order of use.
#include "fuse/name_numbers.h"

namespace vault {

std::uint64_t NameNumbers::number_of(const Place& place) {
    const std::lock_guard lock(mutex_);
    if (const auto found = numbers_.find(place); found != numbers_.end()) {
        order_.splice(order_.begin(), order_, places_.at(found->second).used);
        return found->second;
    }
    if (places_.size() >= places_max_) {
        const auto oldest = places_.find(order_.back());
        numbers_.erase(oldest->second.place);
        places_.erase(oldest);
        order_.pop_back();
    }
    const std::uint64_t number = next_++;
    order_.push_front(number);
    numbers_.emplace(place, number);
    places_.emplace(number, Numbered{place, order_.begin()});
    return number;
}

std::optional<NameNumbers::Place> NameNumbers::place_of(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    const auto found = places_.find(number);
    if (found == places_.end()) return std::nullopt;
    order_.splice(order_.begin(), order_, found->second.used);
    return found->second.place;
}

}  // namespace vault
