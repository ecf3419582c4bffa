// The inner loop of the cutter: where does the gear hash match a mask next?
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "chunker/gear.h"

namespace vault {

// How the search is done. Every path finds the same.
enum class MatchPath {
    Plain,   // byte by byte
    Avx2,    // 32 positions at a time
    Avx512,  // 64
};

// The fastest that this machine runs; those before it run too.
MatchPath best_match_path();

// The least i in [from, to) with h(i) & mask == 0, or `to`; h as in chunker.h. `before` is the hash before the first of
// `bytes`.
std::size_t first_match(std::span<const std::uint8_t> bytes, std::size_t from, std::size_t to, const GearTable& gear,
                        std::uint64_t mask, MatchPath path, std::uint64_t before);

// The hash after these bytes, `hash` being that before them. Of 64 bytes or more it depends on the last 64 alone.
std::uint64_t gear_hash(std::span<const std::uint8_t> bytes, const GearTable& gear, std::uint64_t hash = 0);

}  // namespace vault
