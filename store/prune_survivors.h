// Whether everything that a pack holds and a snapshot needs is safe elsewhere. P7 of docs/prune.md.
#pragma once

#include "store/prune_mark.h"

namespace vault {

enum class PackFate { Stays, Goes, Quarantined };

// Reads what it counts on: a copy is a survivor only if this object has read and verified it, in a listed pack that
// nobody condemned and that no damage mark names. Made after P3 (or after the adoption). Not thread-safe.
class Survivors {
  public:
    // Both outlive this.
    Survivors(const Repository& repository, const Marked& marked);

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
    bool all_survive(ChunkKind kind, const std::vector<ChunkId>& ids);
    bool verify_together(ChunkKind kind, const std::vector<Wanted>& in_one_box);
    bool survives_elsewhere(ChunkKind kind, const Wanted& wanted);

    const Repository& repository_;
    const Marked& marked_;
    ChunkBits verified_;
    std::uint64_t chunks_verified_ = 0;
    std::vector<DamageRecord::LostChunk> bad_;
};

}  // namespace vault
