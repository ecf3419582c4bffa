// Whether everything that a pack holds and a snapshot needs is safe elsewhere. P7 of docs/prune.md.
#pragma once

#include <set>
#include <span>

#include "store/prune_mark.h"

namespace vault {

enum class PackFate { Stays, Goes, Quarantined };

// Reads what it counts on: a copy is a survivor only if this object has read and verified it, in a listed pack that
// nobody condemned and that no damage mark names. A pack of `own`, which this process wrote of boxes that it had
// verified, is read as a whole: where its name is still the SHA-256 of its bytes, these are those boxes. Made after
// P3 (or after the adoption). Not thread-safe; reads with `threads` threads, 0 for one a core, each of which holds
// one opened box.
class Survivors {
  public:
    // Both outlive this.
    Survivors(const Repository& repository, const Marked& marked, const std::set<PackId>& own, unsigned threads);

    // Stays: also for a pack that is not listed or whose directory cannot be read, since nothing is known of it. Goes:
    // every chunk of it that is reached has a survivor. Quarantined: those that have none are named lost by a record on
    // this very pack.
    PackFate fate_of(const PackId& pack);

    // Whether the pack is listed and its directory was read.
    bool knows(const PackId& pack) const;

    std::uint64_t chunks_verified() const { return chunks_verified_; }
    // Chunks of which a copy did not verify.
    const std::vector<DamageRecord::LostChunk>& bad() const { return bad_; }

  private:
    struct Wanted {
        ChunkId id;
        ChunkLocation at;
    };
    using InOneBox = std::span<const Wanted>;
    // Sees which own packs of these places are as they were written.
    void read_own(const std::vector<std::optional<ChunkLocation>>& places);
    bool is_as_written(PackNumber number) const;
    bool all_survive(ChunkKind kind, const std::vector<ChunkId>& ids);
    // Which of them are sound; none where the box cannot be read. On several threads at once.
    std::vector<bool> read(ChunkKind kind, InOneBox wanted) const;
    bool take(ChunkKind kind, InOneBox wanted, const std::vector<bool>& sound);  // true: all are
    bool survives_elsewhere(ChunkKind kind, const Wanted& wanted);

    const Repository& repository_;
    const Marked& marked_;
    const std::size_t lanes_;
    PackSet unread_, whole_;  // own packs: not read yet; read, and as they were written
    ChunkBits verified_;
    std::uint64_t chunks_verified_ = 0;
    std::vector<DamageRecord::LostChunk> bad_;
};

}  // namespace vault
