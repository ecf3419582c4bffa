// The chunks of a repository in which packs come and go while it is mounted: a view of it that is renewed where a chunk
// is not found or its pack is gone.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>

#include "fuse/read_ahead.h"
#include "store/bounded_cache.h"
#include "store/repository.h"

namespace vault {

// Thread-safe. Everything that it hands out was verified against its id.
class LiveChunks : public NodeSource {
  public:
    using Moment = std::chrono::steady_clock::time_point;

    // Reads the first view. `repository` outlives it.
    LiveChunks(const Repository& repository, ChunkStoreBudget budget);
    ~LiveChunks() override;

    // All throw Corrupt where the chunk is damaged, or in no pack; Io where the repository does not answer.
    std::shared_ptr<const TreeNode> node(const ChunkId& id) override;
    ChunkStore::Chunk tree_chunk(const ChunkId& id);
    ChunkStore::Chunk data_chunk(const ChunkId& id, std::uint64_t length);  // Corrupt for another length, too

    // What was committed before `moment` can be read from now on: renews a view that is older.
    void cover(Moment moment);

    std::uint64_t packed_bytes() const;  // what the packs of the view take
    std::uint64_t views_made() const { return views_made_; }
    std::uint64_t boxes_loaded() const;  // through the present view

  private:
    struct Present;
    std::shared_ptr<const Present> present() const;
    std::shared_ptr<const Present> read_view();
    // True where there is another view than `seen` now. Chunks that no view has must not make every read list the
    // packs: once in `kRenewalPause` is enough, unless a pack of `seen` is known to be gone.
    bool renew(const std::shared_ptr<const Present>& seen, bool pack_is_gone);
    template <class Ask>
    auto ask_present(Ask ask);

    static constexpr std::chrono::seconds kRenewalPause{1};
    static constexpr int kViewsAsked = 5;  // for one chunk: a prune that is at work may move it while packs are listed
    static constexpr std::size_t kLargeChunksBytesMax = std::size_t{16} << 20;

    const Repository& repository_;
    const ChunkStoreBudget budget_;
    BoundedCache<ChunkId, ChunkStore::Chunk> large_;  // verified; each weighs what it keeps alive, its box
    std::atomic<std::uint64_t> views_made_ = 0;
    mutable std::mutex mutex_;  // guards present_
    std::shared_ptr<const Present> present_;
    std::mutex renewing_;  // one renewal at a time, reading the store included; guards fruitless_
    std::optional<Moment> fruitless_;  // when the last renewal found nothing new
    std::optional<ReadAhead> read_ahead_;  // last: its thread uses all of the above
};

}  // namespace vault
