// The directories of packs in which chunks were just found, in memory: chunks that were stored together are asked for
// together, while their ids are scattered over the whole index (Zhu, Li, Patterson: Avoiding the Disk Bottleneck in
// the Data Domain Deduplication File System, FAST 2008). Bounded; thread-safe.
#pragma once

#include <atomic>
#include <memory>
#include <shared_mutex>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "store/index.h"

namespace vault {

class LocalityCache {
  public:
    explicit LocalityCache(std::uint64_t bytes);

    // Fills those of `places` (as many as ids) that are empty and whose chunk is known here in a pack of `view`.
    void find(std::span<const ChunkId> ids, const PackSet& view, std::span<std::optional<ChunkLocation>> places);

    // To be told of each chunk that was found elsewhere. True when its pack had several lately and is worth loading;
    // never for one that is loaded, or of more chunks than fit.
    bool is_worth_loading(PackNumber pack, std::uint64_t chunks);
    void load(PackNumber pack, const PackDirectory& directory);

    std::uint64_t loads() const { return loads_; }

  private:
    struct LoadedPack {
        struct Place {
            std::uint32_t box = 0, offset = 0, length = 0;
        };
        PackNumber number = 0;
        std::vector<ChunkId> ids;
        std::vector<Place> places;
    };
    // Open addressing: eight bytes of the id choose the slot and tag it, the rest is compared in the pack. Nothing is
    // ever removed from one: when it is full it becomes the older of the two, and the one that was older is dropped
    // whole. What is found in the older one moves to the newer.
    struct Generation {
        std::vector<std::uint64_t> slots;
        std::vector<std::shared_ptr<const LoadedPack>> packs;
        std::unordered_set<PackNumber> numbers;
        std::size_t entries = 0;
    };
    struct Hit {
        const std::shared_ptr<const LoadedPack>* pack = nullptr;
        std::uint32_t entry = 0;
    };

    Hit find(const Generation& generation, const ChunkId& id, const PackSet& view) const;
    void insert(std::shared_ptr<const LoadedPack> pack);  // with mutex_ held

    const std::size_t slots_, entries_max_;
    std::atomic<std::uint64_t> loads_ = 0;

    std::shared_mutex mutex_;  // guards the two
    Generation newer_, older_;

    std::mutex heat_mutex_;  // guards the two
    std::unordered_map<PackNumber, unsigned> heat_;
    unsigned hits_ = 0;
};

}  // namespace vault
