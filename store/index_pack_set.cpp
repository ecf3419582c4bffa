// Sets of pack numbers.
#include "store/index.h"

namespace vault {

void PackSet::add(PackNumber number) {
    if (number >= bits_.size()) bits_.resize(std::size_t{number} + 1);
    bits_[number] = true;
}

void PackSet::remove(PackNumber number) {
    if (number < bits_.size()) bits_[number] = false;
}

bool PackSet::contains_all(const PackSet& other) const {
    for (PackNumber number = 0; number < other.bits_.size(); ++number)
        if (other.bits_[number] && !contains(number)) return false;
    return true;
}

void PackSet::add_all(const PackSet& other) {
    if (other.bits_.size() > bits_.size()) bits_.resize(other.bits_.size());
    for (PackNumber number = 0; number < other.bits_.size(); ++number)
        if (other.bits_[number]) bits_[number] = true;
}

std::uint64_t PackSet::size() const {
    std::uint64_t count = 0;
    for (const bool bit : bits_) count += bit ? 1 : 0;
    return count;
}

std::vector<PackNumber> PackSet::numbers() const {
    std::vector<PackNumber> numbers;
    for (PackNumber number = 0; number < bits_.size(); ++number)
        if (bits_[number]) numbers.push_back(number);
    return numbers;
}

}  // namespace vault
