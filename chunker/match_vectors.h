// Candidates for a match, many positions at a time.
//
// The low 16 bits of the hash depend on the last 16 bytes alone, and those of the gear table are two lookups by nibble
// (gear.h). So a vector of positions takes two byte shuffles per half and four steps, each of which adds to every
// position the sum of as many positions before as it has so far: 1, 2, 4 and 8.
#pragma once

#include <cstddef>
#include <cstdint>

#include "chunker/gear.h"

namespace vault {

// The least i below `count` where the low 16 bits of the hash after at[i] have no bit of the mask's low 16, or `count`.
// The 15 bytes before `at` are read. Only where MatchPath says that the machine runs it.
std::size_t next_candidate_avx2(const std::uint8_t* at, std::size_t count, const GearTable& gear, std::uint64_t mask);
std::size_t next_candidate_avx512(const std::uint8_t* at, std::size_t count, const GearTable& gear,
                                  std::uint64_t mask);

}  // namespace vault
