// Two generations of open addressing.
#include "store/index_locality.h"

#include <algorithm>
#include <bit>
#include <mutex>

namespace vault {

namespace {

// So many hits of the last kHitsRemembered must lie in one pack. In random order over more packs than are cached that
// is rare, so that a load, which costs as much as tens of lookups, does not follow every hit.
constexpr unsigned kHitsWorthLoading = 4;
constexpr unsigned kHitsRemembered = 256;

constexpr std::size_t kEntryBytes = sizeof(ChunkId) + 12, kSlotBytes = sizeof(std::uint64_t);
constexpr std::size_t kPacksMax = 65'535;  // of a generation: 16 bits of a slot

// A slot: tag (28 bits), pack's place in the generation (16), entry + 1 (20); 0 is empty.
constexpr unsigned kEntryBits = 20, kPackBits = 16;

std::uint64_t hash_of(const ChunkId& id) {
    std::uint64_t hash;
    std::memcpy(&hash, id.bytes.data(), sizeof hash);
    return hash;
}

std::uint64_t tag_of(std::uint64_t hash) {
    return hash >> (kEntryBits + kPackBits);
}

}  // namespace

LocalityCache::LocalityCache(std::uint64_t bytes)
    // A slot for each entry and a third more, to the power of two below; half of the memory for each generation.
    : slots_(std::bit_floor(std::max<std::size_t>(64, bytes / 2 / (kSlotBytes + kEntryBytes / 2)))),
      entries_max_(std::min(slots_ / 4 * 3,
                            (std::max(bytes / 2, slots_ * kSlotBytes) - slots_ * kSlotBytes) / kEntryBytes)) {}

LocalityCache::Hit LocalityCache::find(const Generation& generation, const ChunkId& id, const PackSet& view) const {
    if (generation.slots.empty()) return {};
    const std::uint64_t hash = hash_of(id);
    for (std::size_t at = hash & (slots_ - 1); generation.slots[at] != 0; at = (at + 1) & (slots_ - 1)) {
        const std::uint64_t slot = generation.slots[at];
        if (slot >> (kEntryBits + kPackBits) != tag_of(hash)) continue;
        const auto& pack = generation.packs[slot >> kEntryBits & ((1u << kPackBits) - 1)];
        const auto entry = static_cast<std::uint32_t>((slot & ((1u << kEntryBits) - 1)) - 1);
        if (pack->ids[entry] == id && view.contains(pack->number)) return {&pack, entry};
    }
    return {};
}

void LocalityCache::find(std::span<const ChunkId> ids, const PackSet& view,
                         std::span<std::optional<ChunkLocation>> places) {
    std::vector<std::shared_ptr<const LoadedPack>> to_move;
    {
        const std::shared_lock lock(mutex_);
        for (std::size_t i = 0; i < ids.size(); ++i) {
            if (places[i]) continue;
            Hit hit = find(newer_, ids[i], view);
            if (hit.pack == nullptr) {
                hit = find(older_, ids[i], view);
                if (hit.pack == nullptr) continue;
                if (to_move.empty() || to_move.back() != *hit.pack) to_move.push_back(*hit.pack);
            }
            const LoadedPack& pack = **hit.pack;
            const LoadedPack::Place& place = pack.places[hit.entry];
            places[i] = ChunkLocation{pack.number, hit.entry, place.box, place.offset, place.length};
        }
    }
    if (to_move.empty()) return;
    const std::lock_guard lock(mutex_);
    for (auto& pack : to_move) insert(std::move(pack));
}

bool LocalityCache::is_worth_loading(PackNumber pack, std::uint64_t chunks) {
    if (chunks > entries_max_) return false;
    {
        // Loaded since its chunk was asked for elsewhere: of a batch all that it does not find here are asked at once.
        const std::shared_lock lock(mutex_);
        if (newer_.numbers.contains(pack) || older_.numbers.contains(pack)) return false;
    }
    const std::lock_guard lock(heat_mutex_);
    if (++hits_ > kHitsRemembered) {
        hits_ = 1;
        heat_.clear();
    }
    if (++heat_[pack] < kHitsWorthLoading) return false;
    heat_.erase(pack);
    return true;
}

void LocalityCache::load(PackNumber number, const PackDirectory& directory) {
    const std::uint64_t chunks = directory.chunk_count();
    auto pack = std::make_shared<LoadedPack>();
    pack->number = number;
    pack->ids.reserve(chunks);
    pack->places.reserve(chunks);
    std::uint32_t number_of_box = 0;
    for (const DirectoryBox& box : directory.boxes) {
        std::uint32_t offset = 0;
        for (const DirectoryChunk& chunk : box.chunks) {
            pack->ids.push_back(chunk.id);
            pack->places.push_back({number_of_box, offset, chunk.length});
            offset += chunk.length;
        }
        ++number_of_box;
    }
    ++loads_;
    const std::lock_guard lock(mutex_);
    insert(std::move(pack));
}

void LocalityCache::insert(std::shared_ptr<const LoadedPack> pack) {
    if (newer_.numbers.contains(pack->number)) return;
    if (newer_.entries + pack->ids.size() > entries_max_ || newer_.packs.size() == kPacksMax) {
        std::swap(newer_, older_);
        newer_.slots.clear();
        newer_.packs.clear();
        newer_.numbers.clear();
        newer_.entries = 0;
    }
    // Made when first needed: most commands never come here, and clearing megabytes would be a third of their opening.
    if (newer_.slots.empty()) newer_.slots.assign(slots_, 0);
    newer_.numbers.insert(pack->number);
    const std::uint64_t place = newer_.packs.size();
    for (std::uint32_t entry = 0; entry < pack->ids.size(); ++entry) {
        const std::uint64_t hash = hash_of(pack->ids[entry]);
        std::size_t at = hash & (slots_ - 1);
        while (newer_.slots[at] != 0) at = (at + 1) & (slots_ - 1);
        newer_.slots[at] = tag_of(hash) << (kEntryBits + kPackBits) | place << kEntryBits | (entry + 1);
    }
    newer_.entries += pack->ids.size();
    newer_.packs.push_back(std::move(pack));
}

}  // namespace vault
