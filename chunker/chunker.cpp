// The cutting loop around the search for matches.
#include "chunker/chunker.h"

#include <algorithm>

namespace vault {

Chunker::Chunker(const GearTable& gear, const ChunkSizes& sizes, MatchPath path)
    : gear_(&gear), sizes_(sizes), path_(path) {
    check_sizes(sizes);
    masks_ = cut_masks(sizes);
}

void Chunker::restart() {
    hash_ = 0;
    open_bytes_ = 0;
}

CutSearch Chunker::next(std::span<const std::uint8_t> fresh, Input input) {
    std::size_t consumed = 0;
    // How much of `fresh` lies before the given length of the open chunk.
    const auto up_to = [&](std::size_t length) {
        return length <= open_bytes_ ? 0 : std::min(length - open_bytes_, fresh.size() - consumed);
    };
    const auto consume = [&](std::size_t bytes) {
        consumed += bytes;
        open_bytes_ += bytes;
    };
    const auto cut = [&] {
        restart();
        return CutSearch{consumed, true};
    };

    consume(up_to(sizes_.minimum - 1));
    struct Stretch {
        std::size_t length_max;
        std::uint64_t mask;
    };
    const Stretch stretches[] = {{sizes_.average, masks_.strict}, {sizes_.maximum, masks_.loose}};
    for (const auto [length_max, mask] : stretches) {
        const std::size_t end = consumed + up_to(length_max);
        const std::size_t match = first_match(fresh, consumed, end, *gear_, mask, path_, hash_);
        consume(std::min(match + 1, end) - consumed);
        if (match < end) return cut();
    }
    if (open_bytes_ == sizes_.maximum) return cut();
    if (input == Input::End && consumed == fresh.size() && open_bytes_ > 0) return cut();
    hash_ = gear_hash(fresh.first(consumed), *gear_, hash_);
    return {consumed, false};
}

}  // namespace vault
