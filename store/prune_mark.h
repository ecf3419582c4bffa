// Which chunks snapshots reach. P1 and P6 of docs/prune.md.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "store/clock.h"
#include "store/prune_bits.h"
#include "store/prune_listing.h"
#include "store/references.h"

namespace vault {

// Walks the trees of snapshots and sets the bit of every chunk that they reach: nodes of manifests and of extents,
// attribute sets, data. What was walked once is not walked again, so that the cost follows the nodes that differ, not
// the number of snapshots; ids are looked up a node at a time. Memory: two bits a chunk, and two paths of nodes. Not
// thread-safe.
class Marker {
  public:
    // `chunks` reads from all listed packs and outlives this, as `index` does. Of several copies of a chunk one in
    // `preferred` is marked, if there is one.
    Marker(const Index& index, ChunkStore& chunks, PackSet preferred);

    struct Walked {
        bool whole = true;  // everything was found; a data chunk that `is_lost` excuses counts as found
    };
    // Throws what the backend throws, but for nodes that are absent or do not verify: those count as missing.
    // `poll` is called now and then and may throw.
    Walked mark(const TreeRoot& root, const std::function<void()>& poll);

    // What was not found in any listed pack, or was a node and did not verify, with the reason.
    struct Missing {
        ChunkKind kind = ChunkKind::Data;
        std::string why;
    };
    const std::map<ChunkId, Missing>& missing() const { return missing_; }

    const ChunkBits& bits() const { return bits_; }
    std::uint64_t nodes_walked() const { return nodes_walked_; }

    // What was marked, for a later marking of the same repository. Only where nothing is missing.
    struct Memory {
        ChunkBits bits, walked;
        std::vector<std::pair<PackNumber, PackId>> packs;  // those with a bit
        bool empty() const { return packs.empty(); }
    };
    Memory memory() const;
    // Begins with it, if every pack with a bit is still listed under its number: what it says of nodes and chunks holds
    // then, since neither changes. What was forgotten since stays marked. Before the first mark().
    void resume(const Memory& memory);

    // Data chunks that damaged/ names lost: that they are missing is known, and aborts nothing.
    void excuse(std::set<ChunkId> lost_data) { lost_data_ = std::move(lost_data); }

  private:
    bool walk(const Reference& node);
    bool follow(const std::vector<Reference>& references);

    const Index& index_;
    ChunkStore& chunks_;
    const PackSet preferred_;
    const std::function<void()>* poll_ = nullptr;
    ChunkBits bits_;
    ChunkBits walked_;            // nodes whose children were marked: an attribute set may have a node's bytes
    std::set<ChunkId> damaged_;   // walked nodes below which something is missing
    std::map<ChunkId, Missing> missing_;
    std::set<ChunkId> lost_data_;
    std::uint64_t nodes_walked_ = 0;
};

// A finished mark of a repository.
struct Marked {
    PruneListing listing;
    std::vector<ObjectInfo> packs;  // as listed, after everything in `listing`
    View view;                      // over all of them
    PackSet condemned;              // by anybody
    PackSet doubtful;               // packs with a damage mark that stands
    PackSet trusted;                // the others: where copies lie that count
    std::unique_ptr<Marker> marker;

    // Whether a chunk that lies in `pack` is reached, by the bit of any of its copies.
    std::vector<bool> reached(PackNumber pack, const PackDirectory& directory) const;
};

struct MarkOptions {
    // Forgotten snapshots whose tombstone is younger than this are marked too. Nothing: none.
    std::optional<std::int64_t> keep_forgotten_ns;
    bool no_live_snapshot_is_fine = false;
    std::set<SessionId> as_if_forgotten;  // for a plan only: live snapshots that count as forgotten
    std::function<Time()> time = now;
    std::function<void()> poll = [] {};  // may throw
    Marker::Memory before;        // of an earlier marking by this run
    // Repair: a pack outside the index may go to quarantine, which keeps it, once all else is found to be whole.
    bool quarantine_unknown = false;
    bool record_damage = false;   // nodes that do not verify go on record before Corrupt is thrown
};

// Lists, reads the index and marks from all live snapshots. Where something is missing everything is listed again,
// three times: another pruner may have moved it. Throws Corrupt, naming the snapshots, where something is missing still
// that damaged/ does not excuse; NotFound where no snapshot is live.
Marked mark_repository(const Repository& repository, const MarkOptions& options);

// The forgotten commits that keep_forgotten_ns does not spare.
std::vector<SessionId> removable_commits(const PruneListing& listing, const MarkOptions& options);

}  // namespace vault
