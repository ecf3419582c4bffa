// Numbers for the nodes above the snapshots, which have no rank. Bounded: what has not been used for long is forgotten,
// and whoever still holds its number is told to look it up again (ESTALE).
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace vault {

// Thread-safe. Numbers ascend and are never given again.
class NameNumbers {
  public:
    struct Place {
        std::uint64_t folder = 0;  // number of the folder that it stands in
        std::string name;
        auto operator<=>(const Place&) const = default;
    };

    NameNumbers(std::uint64_t first, std::size_t places_max) : next_(first), places_max_(places_max) {}

    std::uint64_t number_of(const Place& place);
    std::optional<Place> place_of(std::uint64_t number);

  private:
    using Order = std::list<std::uint64_t>;  // most recently used first
    struct Numbered {
        Place place;
        Order::iterator used;
    };

    std::mutex mutex_;  // guards all below
    std::uint64_t next_;
    const std::size_t places_max_;
    std::map<Place, std::uint64_t> numbers_;
    std::unordered_map<std::uint64_t, Numbered> places_;
    Order order_;
};

}  // namespace vault
