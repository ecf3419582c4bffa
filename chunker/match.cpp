// The plain loop, and what makes a match of the vectors' candidates.
#include "chunker/match.h"

#include <algorithm>

#include "chunker/match_vectors.h"
#include "chunker/sizes.h"

namespace vault {

namespace {

constexpr std::size_t kOlderBytes = kGearWindowBytes - 1;  // that a hash depends on, before its own
// Below that the vectors' beginning costs more than they save.
constexpr std::size_t kWorthVectors = 96;

// Four bytes a step: 4.4 GB/s a core at 64 KiB under g++ 12 where one byte a step gives 2.6, two 3.9 and eight no more
// than four.
std::size_t plain_match(std::span<const std::uint8_t> bytes, std::size_t from, std::size_t to,
                        const std::uint64_t* gear, std::uint64_t mask, std::uint64_t hash) {
    std::size_t at = from;
    for (; at + 4 <= to; at += 4) {
        for (std::size_t i = 0; i < 4; ++i) {
            hash = (hash << 1) + gear[bytes[at + i]];
            if ((hash & mask) == 0) [[unlikely]] return at + i;
        }
    }
    for (; at < to; ++at) {
        hash = (hash << 1) + gear[bytes[at]];
        if ((hash & mask) == 0) return at;
    }
    return to;
}

}  // namespace

MatchPath best_match_path() {
#if defined(__x86_64__)
    static const bool has_avx512 = __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("bmi2");
    static const bool has_avx2 = __builtin_cpu_supports("avx2");
    return has_avx512 ? MatchPath::Avx512 : has_avx2 ? MatchPath::Avx2 : MatchPath::Plain;
#else
    return MatchPath::Plain;
#endif
}

std::uint64_t gear_hash(std::span<const std::uint8_t> bytes, const GearTable& gear, std::uint64_t hash) {
    if (bytes.size() < kGearWindowBytes) {
        for (const auto byte : bytes) hash = (hash << 1) + gear[byte];
        return hash;
    }
    // Four sums that do not wait for each other.
    constexpr std::size_t kQuarter = kGearWindowBytes / 4;
    const std::uint8_t* const at = bytes.last(kGearWindowBytes).data();
    std::uint64_t sums[4] = {};
    for (std::size_t i = 0; i < kQuarter; ++i)
        for (std::size_t quarter = 0; quarter < 4; ++quarter)
            sums[quarter] = (sums[quarter] << 1) + gear[at[quarter * kQuarter + i]];
    return (sums[0] << 3 * kQuarter) + (sums[1] << 2 * kQuarter) + (sums[2] << kQuarter) + sums[3];
}

std::size_t first_match(std::span<const std::uint8_t> bytes, std::size_t from, std::size_t to, const GearTable& gear,
                        std::uint64_t mask, MatchPath path, std::uint64_t before) {
    const auto plainly = [&](std::size_t end) {
        return plain_match(bytes, from, end, gear.values(), mask, gear_hash(bytes.first(from), gear, before));
    };
    const std::size_t in_sight = std::max(from, kOlderBytes);  // from there on the bytes before are in `bytes`
    if (path == MatchPath::Plain || to < in_sight + kWorthVectors) return plainly(to);
    if (from < in_sight)
        if (const std::size_t at = plainly(in_sight); at < in_sight) return at;
    for (std::size_t at = in_sight;; ++at) {
        at += path == MatchPath::Avx512 ? next_candidate_avx512(bytes.data() + at, to - at, gear, mask)
                                        : next_candidate_avx2(bytes.data() + at, to - at, gear, mask);
        if (at >= to) return to;
        const bool is_match = mask >> 16 == 0 || (gear_hash(bytes.first(at + 1), gear) & mask) == 0;
        if (is_match) return at;
    }
}

}  // namespace vault
