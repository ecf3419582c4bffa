// Where a stream of bytes is cut: FastCDC with normalised chunking (W. Xia et al., USENIX ATC 2016) over a keyed gear
// table. Finds cuts only: it copies nothing, keeps no bytes, and names no chunk.
//
// The rule (docs/format.md has the same): offsets count from the start of the chunk. The hash at offset p is
// h(p) = sum over k = 0..63 of G[byte at p - k] * 2^k mod 2^64. The chunk ends after the byte at the least offset
// p >= minimum - 1 where
//     p <  average and h(p) & strict == 0, or
//     p >= average and h(p) & loose == 0, or
//     p == maximum - 1, or the stream ends.
// So `minimum` is the first length that is tested, with the hash of exactly the 64 bytes before that cut, lengths up to
// `average` are tested with the strict mask, and `maximum` is cut whatever the hash. Only the last chunk is shorter
// than `minimum`. Every chunk starts anew, so after one common cut two equal streams are cut alike for ever.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "chunker/gear.h"
#include "chunker/match.h"
#include "chunker/sizes.h"

namespace vault {

enum class Input {
    More,  // other bytes may follow these
    End,   // the stream ends with these
};

// What one look at fresh bytes found.
struct CutSearch {
    std::size_t consumed = 0;  // bytes looked at for good: never pass them again
    bool cut = false;          // the open chunk ends after them
};

// One stream at a time, fed in pieces of any size; the cuts do not depend on the pieces. No byte is hashed twice. Not
// thread-safe; `gear` must outlive it and may be shared.
class Chunker {
  public:
    // Throws std::invalid_argument as check_sizes does.
    Chunker(const GearTable& gear, const ChunkSizes& sizes, MatchPath path = best_match_path());

    // Looks at `fresh`, the bytes of the stream that follow those consumed, up to the first cut; without one, at all of
    // them. With Input::End what is left at the end is a chunk too, so
    //     for (CutSearch found; (found = chunker.next(rest, Input::End)).cut; rest = rest.subspan(found.consumed))
    // sees every chunk. `consumed` is 0 where the last chunk was whole in earlier pieces; the end is no cut where no
    // chunk is open.
    CutSearch next(std::span<const std::uint8_t> fresh, Input input);

    // Bytes consumed since the last cut.
    std::size_t open_bytes() const { return open_bytes_; }

    // Forgets the open chunk: the next byte starts a stream.
    void restart();

  private:
    const GearTable* gear_;
    ChunkSizes sizes_;
    CutMasks masks_;
    MatchPath path_;
    std::uint64_t hash_ = 0;
    std::size_t open_bytes_ = 0;
};

}  // namespace vault
