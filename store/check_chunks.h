// What a check knows of the chunks of all listed packs: which are reached, which could not be read. By place, so that
// it takes a few bits a chunk however large the repository is.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "store/format/control_records.h"
#include "store/prune_bits.h"
#include "store/repository.h"

namespace vault {

// Not thread-safe.
class CheckChunks {
  public:
    // The view outlives this.
    explicit CheckChunks(const View& view) : view_(view) {}

    const View& view() const { return view_; }
    ChunkKind kind_of(PackNumber pack);

    ChunkBits reached;   // by the snapshots that were walked; one copy of each chunk
    ChunkBits bad;       // this copy could not be read, or is not what its id says
    ChunkBits verified;  // this copy was read and is

    // Whether any copy could still be good. `place` is where the index finds the chunk first.
    bool is_sound(const ChunkId& id, const std::optional<ChunkLocation>& place) const;
    bool is_reached(const ChunkId& id) const;
    // Whether a copy was read and verified, or is now: the box is opened where nobody has done so.
    bool has_good_copy(ChunkKind kind, const ChunkId& id);
    // Whether this copy is, read where it was not.
    bool read(ChunkKind kind, const ChunkId& id, const ChunkLocation& at);
    // Reads every copy that was not read yet, so that `bad` and `verified` tell of all of them.
    void probe(ChunkKind kind, const ChunkId& id);

    // Whether any copy that was read is bad, damaged or with its pack gone.
    bool any_unread() const { return !whys_.empty(); }
    // Why boxes did not open, or did not hold what they should, as probe() met them: by pack and box.
    const std::map<std::pair<PackNumber, std::uint32_t>, std::string>& whys() const { return whys_; }

    // Chunks that are reached and in no pack. Beyond kMissingHeld they are only counted.
    static constexpr std::size_t kMissingHeld = 1'000'000;
    void miss(ChunkKind kind, const ChunkId& id);
    const std::set<DamageRecord::LostChunk>& missing() const { return missing_; }
    bool is_missing(ChunkKind kind, const ChunkId& id) const { return missing_.contains({kind, id}); }

  private:
    const View& view_;
    std::vector<std::uint8_t> kinds_;  // by pack number; 2: not asked yet
    std::map<std::pair<PackNumber, std::uint32_t>, std::string> whys_;
    std::set<std::pair<PackNumber, std::uint32_t>> unopened_;  // boxes that were read and do not open: not read again
    std::set<DamageRecord::LostChunk> missing_;
};

}  // namespace vault
