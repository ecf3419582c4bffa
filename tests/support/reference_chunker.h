// The cutting rule of docs/format.md written a second time, slowly and straight from its words, for the unit tests and
// the fuzz target: each hash is summed anew over its 64 bytes, each mask bit is set by itself, nothing is carried over.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "chunker/chunker.h"

namespace vault::test {

using ByteSpan = std::span<const std::uint8_t>;
using Lengths = std::vector<std::size_t>;

// SplitMix64 (G. Steele et al., OOPSLA 2014), its words little-endian: the golden cuts are over these bytes.
inline std::vector<std::uint8_t> seeded_bytes(std::uint64_t seed, std::size_t size) {
    std::vector<std::uint8_t> bytes(size);
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < size; ++i, word >>= 8) {
        if (i % 8 == 0) {
            word = (seed += 0x9e3779b97f4a7c15);
            word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9;
            word = (word ^ (word >> 27)) * 0x94d049bb133111eb;
            word ^= word >> 31;
        }
        bytes[i] = static_cast<std::uint8_t>(word);
    }
    return bytes;
}

inline std::vector<std::uint8_t> seeded_key_stream(std::uint64_t seed) {
    return seeded_bytes(seed, kGearStreamBytes);
}

// `key_stream` has kGearStreamBytes.
inline GearTable gear_of(ByteSpan key_stream) {
    return GearTable{key_stream.first<kGearStreamBytes>()};
}

inline GearTable seeded_gear(std::uint64_t seed) {
    return gear_of(seeded_key_stream(seed));
}

inline std::uint64_t reference_gear_value(ByteSpan key_stream, unsigned byte) {
    const auto at = [&](std::size_t offset) { return std::uint64_t{key_stream[offset]}; };
    std::uint64_t value = at(2 * (byte % 16)) + 256 * at(2 * (byte % 16) + 1);
    value ^= at(32 + 2 * (byte / 16)) + 256 * at(32 + 2 * (byte / 16) + 1);
    for (unsigned i = 0; i < 6; ++i) value += at(64 + 6 * byte + i) << (16 + 8 * i);
    return value;
}

inline std::uint64_t reference_mask(unsigned bits) {
    std::uint64_t mask = 0;
    for (unsigned i = 0; i < bits; ++i) mask |= std::uint64_t{1} << (i < 10 ? 15 - i : 63 - (i - 10));
    return mask;
}

// Lengths of all chunks of `stream`.
inline Lengths reference_cuts(ByteSpan key_stream, const ChunkSizes& sizes, ByteSpan stream) {
    std::array<std::uint64_t, 256> gear{};
    for (unsigned byte = 0; byte < 256; ++byte) gear[byte] = reference_gear_value(key_stream, byte);
    const auto exponent = static_cast<unsigned>(std::bit_width(sizes.average)) - 1;
    Lengths lengths;
    for (ByteSpan rest = stream; !rest.empty(); rest = rest.subspan(lengths.back())) {
        std::size_t length = std::min<std::size_t>(rest.size(), sizes.minimum);
        for (; length < rest.size() && length < sizes.maximum; ++length) {
            std::uint64_t hash = 0;
            for (std::size_t k = 0; k < 64; ++k) hash += gear[rest[length - 1 - k]] << k;
            const bool strict = length - 1 < sizes.average;
            const auto bits = strict ? exponent + sizes.normalisation : exponent - sizes.normalisation;
            if ((hash & reference_mask(bits)) == 0) break;
        }
        lengths.push_back(length);
    }
    return lengths;
}

inline const Lengths kNoLengths{SIZE_MAX};  // no list of lengths is equal to this

template <class PieceBytes>
Lengths cuts_on_path(MatchPath path, const GearTable& gear, const ChunkSizes& sizes, ByteSpan stream,
                     PieceBytes piece_bytes, bool end_alone) {
    Chunker chunker(gear, sizes, path);
    Lengths lengths;
    std::size_t open = 0;
    const auto feed = [&](ByteSpan piece, Input input) {
        for (bool again = true; again;) {
            const auto found = chunker.next(piece, input);
            open += found.consumed;
            piece = piece.subspan(found.consumed);
            if (found.cut) lengths.push_back(std::exchange(open, 0));
            again = found.cut;
        }
        if (!piece.empty() || chunker.open_bytes() != open) lengths = kNoLengths;
    };
    for (std::size_t n = 0; !stream.empty(); ++n) {
        const auto piece = stream.first(std::min<std::size_t>(piece_bytes(n), stream.size()));
        stream = stream.subspan(piece.size());
        feed(piece, stream.empty() && !end_alone ? Input::End : Input::More);
    }
    feed({}, Input::End);
    return lengths;
}

// Lengths of all chunks that `Chunker` finds when the stream comes in pieces; `piece_bytes(n)` is the size of piece n.
// Empty pieces are allowed. The stream's end is told with the last bytes or, `end_alone`, by an empty span after them.
// kNoLengths where two of the paths that this machine has differ.
template <class PieceBytes>
Lengths cuts_in_pieces(const GearTable& gear, const ChunkSizes& sizes, ByteSpan stream, PieceBytes piece_bytes,
                       bool end_alone) {
    const Lengths plain = cuts_on_path(MatchPath::Plain, gear, sizes, stream, piece_bytes, end_alone);
    for (const MatchPath path : {MatchPath::Avx2, MatchPath::Avx512})
        if (path <= best_match_path() && cuts_on_path(path, gear, sizes, stream, piece_bytes, end_alone) != plain)
            return kNoLengths;
    return plain;
}

inline Lengths cuts(const GearTable& gear, const ChunkSizes& sizes, ByteSpan stream) {
    return cuts_in_pieces(gear, sizes, stream, [&](std::size_t) { return stream.size(); }, false);
}

// Offsets of the cuts, the stream's end included.
inline Lengths cut_offsets(const Lengths& lengths) {
    Lengths offsets(lengths.size());
    std::partial_sum(lengths.begin(), lengths.end(), offsets.begin());
    return offsets;
}

// Whether the lengths sum to the stream's size and all but the last lie within the bounds, the last above zero.
inline bool concatenates_within_bounds(const Lengths& lengths, const ChunkSizes& sizes, std::size_t stream_bytes) {
    std::size_t total = 0;
    for (std::size_t i = 0; i < lengths.size(); ++i) {
        const std::size_t minimum = i + 1 < lengths.size() ? sizes.minimum : 1;
        if (lengths[i] < minimum || lengths[i] > sizes.maximum) return false;
        total += lengths[i];
    }
    return total == stream_bytes;
}

// What must hold for any bytes when `inserted` bytes come in at `position`: the cuts before it stay, and from the first
// cut after it that both streams share (later in `edited` by `inserted`) on, all are shared.
inline bool resynchronises(const Lengths& original, const Lengths& edited, std::size_t position, std::size_t inserted) {
    const auto before = cut_offsets(original);
    const auto after = cut_offsets(edited);
    for (std::size_t i = 0; i + 1 < before.size() && before[i] <= position; ++i) {
        if (i >= after.size() || after[i] != before[i]) return false;
    }
    std::size_t b = 0;
    std::size_t a = 0;
    while (b < before.size() && before[b] < position) ++b;
    while (a < after.size() && after[a] < position + inserted) ++a;
    while (b < before.size() && a < after.size() && before[b] + inserted != after[a]) {
        before[b] + inserted < after[a] ? ++b : ++a;
    }
    if (b == before.size() || a == after.size()) return before.empty() || after.empty();  // the ends are always shared
    for (; b < before.size() && a < after.size(); ++b, ++a) {
        if (before[b] + inserted != after[a]) return false;
    }
    return b == before.size() && a == after.size();
}

}  // namespace vault::test
