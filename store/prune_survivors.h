// Whether everything that a pack holds and a snapshot needs is safe elsewhere. P7 of docs/prune.md.
#pragma once

#include <span>

#include "store/prune_mark.h"

namespace vault {

enum class PackFate { Stays, Goes, Quarantined };

// Reads what it counts on: a copy is a survivor only if this object has read and verified it, in a listed pack that
// nobody condemned and that no damage mark names. Made after P3 (or after the adoption). Not thread-safe; reads with
// `threads` threads, 0 for one a core, each of which holds one opened box.
class Survivors {
  public:
    // Both outlive this.
    Survivors(const Repository& repository, const Marked& marked, unsigned threads);

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
    bool all_survive(ChunkKind kind, const std::vector<ChunkId>& ids);
    // Which of them are sound; none where the box cannot be read. On several threads at once.
    std::vector<bool> read(ChunkKind kind, InOneBox wanted) const;
    bool take(ChunkKind kind, InOneBox wanted, const std::vector<bool>& sound);  // true: all are
    bool survives_elsewhere(ChunkKind kind, const Wanted& wanted);

    const Repository& repository_;
    const Marked& marked_;
    const std::size_t lanes_;
    ChunkBits verified_;
    std::uint64_t chunks_verified_ = 0;
    std::vector<DamageRecord::LostChunk> bad_;
};

}  // namespace vault
