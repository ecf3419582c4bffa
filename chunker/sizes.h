// How long chunks of a class are, and the masks that follow. These values shape cuts: they are fields of config, and
// two repositories that differ in one of them share no chunk.
#pragma once

#include <cstdint>

namespace vault {

inline constexpr std::uint32_t kGearWindowBytes = 64;  // a 64-bit gear hash has forgotten every older byte
// What the cutter can do. Config accepts averages from 1,024 bytes only (docs/format.md); tests use smaller ones.
inline constexpr std::uint32_t kChunkAverageMin = 1U << 8;
inline constexpr std::uint32_t kChunkAverageMax = 1U << 22;
inline constexpr std::uint32_t kCutBytesMax = 4 * kChunkAverageMax;
inline constexpr unsigned kNormalisationMax = 3;

// Lengths in bytes. `average` is also the normal point: up to this length a cut must satisfy a mask of `normalisation`
// bits more than log2(average), beyond it one of as many bits less (FastCDC's normalised chunking). The mean length
// over random bytes is 1.13 times `average` with the quarter and the fourfold of chunk_sizes.
struct ChunkSizes {
    std::uint32_t minimum = 16U << 10;
    std::uint32_t average = 64U << 10;
    std::uint32_t maximum = 256U << 10;
    unsigned normalisation = 2;

    bool operator==(const ChunkSizes&) const = default;
};

// A quarter of the average, the average, four times the average. Throws std::invalid_argument as check_sizes does.
ChunkSizes chunk_sizes(std::uint32_t average, unsigned normalisation = 2);

// Throws std::invalid_argument unless kGearWindowBytes <= minimum <= average <= maximum <= kCutBytesMax, the average
// is a power of two within the limits above, and normalisation is at most kNormalisationMax.
void check_sizes(const ChunkSizes& sizes);

// A mask of `bits` (at most 58) bits: min(bits, 10) of them directly below bit 16, where SIMD can test them, the others
// from bit 63 down, where the most bytes have had their say.
std::uint64_t cut_mask(unsigned bits);

// The masks of `sizes`, which must be valid.
struct CutMasks {
    std::uint64_t strict = 0;  // for lengths up to the average
    std::uint64_t loose = 0;   // for longer ones
};
CutMasks cut_masks(const ChunkSizes& sizes);

}  // namespace vault
