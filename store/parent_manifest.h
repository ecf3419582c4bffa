// The parent snapshot beside the walk: which entries are unchanged and may be copied without opening the file.
// protocol.md, B4.
#pragma once

#include <optional>
#include <string_view>

#include "store/known_chunks.h"
#include "store/snapshots.h"
#include "store/source_entry.h"
#include "store/tree_reader.h"

namespace vault {

// A file whose ctime is within this of the parent's start may have changed after it was read without its times showing
// it.
constexpr std::int64_t kClockGranularityNs = 2'000'000'000;

// Moves forward only. A node of the parent that is missing or damaged is distrusted in `known`, so that this run puts
// it again; from there on there is no parent. Not thread-safe.
class ParentManifest {
  public:
    // `parent_packs`: the packs in which the parent was found, if the cache remembers (B4's fast path). Throws NotFound
    // or Corrupt where the parent's nodes are not in the view: then there is no parent.
    ParentManifest(const View& view, KnownChunks& known, const Snapshot& parent,
                   const std::optional<PackSet>& parent_packs);

    // The parent's record for this key, if it has one; keys must be asked in ascending order. Lives until the next
    // call.
    std::optional<ByteView> record(std::string_view key);

    // Whether `before` describes this file unchanged, and all that it references is in the view. The packs of what was
    // looked up are added to `packs`.
    bool is_unchanged(const SourceStat& now, const Entry& before, PackSet& packs);

    // B4's fast path holds: copied entries lie in the parent's packs.
    bool covered() const { return covered_; }

  private:
    class Nodes : public NodeSource {
      public:
        Nodes(NodeSource& source, KnownChunks& known) : source_(source), known_(known) {}
        std::shared_ptr<const TreeNode> node(const ChunkId& id) override;

      private:
        NodeSource& source_;
        KnownChunks& known_;
    };

    bool all_known(const Entry& entry, PackSet& packs);

    const KnownChunks& known_;
    Nodes nodes_;
    Time started_;
    ManifestCursor cursor_;
    bool broken_ = false;  // what comes next in the parent cannot be read
    bool covered_ = false;
};

}  // namespace vault
