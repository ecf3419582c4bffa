// One bit a chunk of the repository, by where the chunk lies: how prune remembers what it has met. A quarter of a
// megabyte for two million chunks, whatever their ids.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "store/index.h"

namespace vault {

class ChunkBits {
  public:
    bool test(PackNumber pack, std::uint32_t entry) const {
        return pack < packs_.size() && entry / 64 < packs_[pack].size() && (packs_[pack][entry / 64] >> entry % 64 & 1);
    }
    bool test(const ChunkLocation& at) const { return test(at.pack, at.entry); }

    // True where the bit was not set before.
    bool set(const ChunkLocation& at) {
        if (at.pack >= packs_.size()) packs_.resize(at.pack + 1);
        auto& words = packs_[at.pack];
        if (at.entry / 64 >= words.size()) words.resize(at.entry / 64 + 1);
        const std::uint64_t bit = std::uint64_t{1} << at.entry % 64;
        const bool is_new = (words[at.entry / 64] & bit) == 0;
        words[at.entry / 64] |= bit;
        return is_new;
    }

    // Bits set in one pack.
    std::uint64_t count(PackNumber pack) const {
        std::uint64_t bits = 0;
        if (pack < packs_.size())
            for (const std::uint64_t word : packs_[pack]) bits += static_cast<std::uint64_t>(std::popcount(word));
        return bits;
    }

    // Packs with at least one bit, ascending.
    std::vector<PackNumber> packs() const {
        std::vector<PackNumber> numbers;
        for (std::size_t i = 0; i < packs_.size(); ++i)
            if (!packs_[i].empty()) numbers.push_back(static_cast<PackNumber>(i));
        return numbers;
    }

  private:
    std::vector<std::vector<std::uint64_t>> packs_;  // by number
};

}  // namespace vault
