// What a prune would delete and rewrite, in bytes, before anything is changed. P2 of docs/prune.md: nothing here
// carries safety, so it may be stale or wrong without harm.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/pack_writer.h"
#include "store/prune_mark.h"
#include "store/prune_seen.h"

namespace vault {

// An amount of bytes, or a share of some total.
struct ByteLimit {
    std::optional<double> percent;
    std::uint64_t bytes = 0;  // where there is no percent
    static ByteLimit share(double percent) { return {percent, 0}; }
    static ByteLimit exactly(std::uint64_t bytes) { return {std::nullopt, bytes}; }
    std::uint64_t of(std::uint64_t total) const;
    bool is_none() const { return percent ? *percent == 0 : bytes == 0; }
};

struct PlanLimits {
    ByteLimit max_unused = ByteLimit::share(8);  // of what stays: unused bytes that are not worth a rewrite
    std::optional<std::uint64_t> max_repack_bytes;  // copied by one prune; none: no limit
    ByteLimit max_delete = ByteLimit::share(30);  // of all packs: what may go without anything that explains it
    PackLimits packs;                             // of the packs that a rewrite makes
    bool every_unused_byte() const { return max_unused.is_none(); }
};

// Whether a rewrite seals a box anew, without what is unused of it, or copies it as it is: sealing costs many times
// what copying does. Bytes of plaintext. A pack of boxes that were copied is not worth a rewrite itself.
bool is_worth_sealing_anew(std::uint64_t box_bytes, std::uint64_t unused_bytes, const PlanLimits& limits);

// A pack and what of it is needed. Sealed bytes; of a box of which only some chunks are needed, the share of their
// plaintext. Header, directory and padding count as used while any chunk is.
struct PackUse {
    PackNumber number = 0;
    PackId id;
    std::uint64_t bytes = 0;
    ChunkKind content = ChunkKind::Data;
    std::uint64_t chunks = 0, used_chunks = 0;
    std::uint64_t used_bytes = 0;
    std::uint64_t copied_bytes = 0;  // by a rewrite: those used, and what is unused of boxes not worth sealing anew
    std::uint64_t unused_bytes() const { return bytes - used_bytes; }
    std::uint64_t gained_bytes() const { return bytes - copied_bytes; }
};

struct PrunePlan {
    std::uint64_t packs = 0, bytes = 0;  // listed and readable, nobody's condemned
    std::uint64_t used_bytes = 0;
    std::vector<PackUse> dead;      // no bit of them is set
    std::vector<PackUse> repacked;  // their needed chunks are to be copied, then they go
    std::uint64_t sparse_packs = 0, small_packs = 0, damaged_packs = 0;  // of `repacked`
    // With a box that does not verify and that a snapshot needs: repair is for them.
    std::uint64_t broken_packs = 0;

    std::uint64_t of_live_sessions = 0;      // packs left alone because their writer is at work
    std::vector<std::string> unreadable;     // "pack <id>: <why>": their directories cannot be read from the store

    // Bytes of dead packs that nothing explains: their sessions have neither a tombstone nor a fence, and no copy of
    // these bytes is needed.
    std::uint64_t unexplained_bytes = 0;
    // Writers of packs that would go or be rewritten, of whom nothing is left: store/vanished.h. Of what a prune has
    // copied since it tells nothing, for the copy's writer is that prune.
    std::set<SessionId> vanished;

    std::uint64_t dead_bytes() const;
    std::uint64_t repacked_bytes() const;
    std::uint64_t copied_bytes() const;  // of those, what is to be written again (about: some boxes are sealed anew)
};

// `live_sessions`: sessions that may still commit. Reads the directory of each victim from its pack, and, where what
// was listed before the packs does not explain the writer of one, sessions, snapshots and tombstones again.
PrunePlan plan_prune(const Repository& repository, const Marked& marked, const std::set<SessionId>& live_sessions,
                     const PlanLimits& limits, const std::function<void()>& poll);

// The rails. Throws Corrupt where the writer of any victim has vanished and `limits.max_delete` is less than all there
// is, and Io (exit 1) where more would go unexplained than it allows. Where a snapshot is gone that this client knew,
// that somebody once forgot what first put a chunk explains nothing: all that would go counts.
void require_explained(const PrunePlan& plan, const PlanLimits& limits, const Vanished& vanished);

}  // namespace vault
