// Checks chunk sizes and derives the masks from them.
#include "chunker/sizes.h"

#include <algorithm>
#include <bit>
#include <stdexcept>

namespace vault {

namespace {

constexpr unsigned kLowMaskBits = 10;
constexpr unsigned kLowMaskEnd = 16;

}  // namespace

ChunkSizes chunk_sizes(std::uint32_t average, unsigned normalisation) {
    if (average > kChunkAverageMax) throw std::invalid_argument("chunk sizes: the average is too large");
    const ChunkSizes sizes{average / 4, average, average * 4, normalisation};
    check_sizes(sizes);
    return sizes;
}

void check_sizes(const ChunkSizes& sizes) {
    if (!std::has_single_bit(sizes.average) || sizes.average < kChunkAverageMin || sizes.average > kChunkAverageMax) {
        throw std::invalid_argument("chunk sizes: the average must be a power of two from 256 bytes to 4 MiB");
    }
    if (sizes.minimum < kGearWindowBytes || sizes.minimum > sizes.average || sizes.maximum < sizes.average ||
        sizes.maximum > kCutBytesMax) {
        throw std::invalid_argument("chunk sizes: minimum, average and maximum must ascend from 64 bytes to 16 MiB");
    }
    if (sizes.normalisation > kNormalisationMax) {
        throw std::invalid_argument("chunk sizes: normalisation must be 0 to 3");
    }
}

std::uint64_t cut_mask(unsigned bits) {
    if (bits > 64 - kLowMaskEnd + kLowMaskBits) throw std::invalid_argument("cut mask: too many bits");
    const unsigned low = std::min(bits, kLowMaskBits);
    const unsigned high = bits - low;
    const std::uint64_t low_mask = ((std::uint64_t{1} << low) - 1) << (kLowMaskEnd - low);
    return high == 0 ? low_mask : low_mask | (~std::uint64_t{0} << (64 - high));
}

CutMasks cut_masks(const ChunkSizes& sizes) {
    const auto exponent = static_cast<unsigned>(std::countr_zero(sizes.average));
    return {cut_mask(exponent + sizes.normalisation), cut_mask(exponent - sizes.normalisation)};
}

}  // namespace vault
