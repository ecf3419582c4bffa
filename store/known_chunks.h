// Which chunks a writing run need not put: those in its view and its own. protocol.md, B3 and B4.
#pragma once

#include <atomic>
#include <mutex>
#include <set>
#include <span>
#include <vector>

#include "store/index.h"
#include "store/repository.h"

namespace vault {

// The view less the boxes and chunks that damage records name. Thread-safe, but for claim().
class KnownChunks {
  public:
    // `view` outlives this. Lists damaged/ of the store.
    KnownChunks(const Repository& repository, const View& view, const SessionId& sid);

    // For each id whether a sound copy is in the view; the packs of those are added to `packs`.
    std::vector<bool> in_view(std::span<const ChunkId> ids, PackSet& packs) const;
    bool is_in_view(const ChunkId& id, PackSet& packs) const { return in_view(std::span(&id, 1), packs)[0]; }

    bool is_own(const ChunkId& id) const { return own_.find(id).has_value(); }
    // From now on `id` is an own chunk. The caller puts it.
    void claim(const ChunkId& id, std::uint32_t length) { own_.add(id, {0, length}); }

    // This run could not read `id`, though it is in the view: from now on it counts as absent, and is put again.
    void distrust(const ChunkId& id);

    // What distrust() was told of: nodes of a parent, all of them.
    std::vector<ChunkId> distrusted() const;

    // Whether all that lies in these packs may be taken as known without a look: they are in the view, and no damage is
    // on record.
    bool covers(const PackSet& packs) const;

  private:
    bool is_sound(const ChunkId& id, const ChunkLocation& at) const;
    bool is_distrusted(const ChunkId& id) const;

    const View& view_;
    SessionChunks own_;
    std::set<std::pair<PackNumber, std::uint64_t>> damaged_boxes_;
    std::set<std::pair<PackNumber, ChunkId>> lost_;
    std::set<PackNumber> suspect_packs_;  // a record on them cannot be read

    mutable std::mutex mutex_;  // guards distrusted_
    std::set<ChunkId> distrusted_;
    std::atomic<bool> any_distrusted_ = false;
};

}  // namespace vault
