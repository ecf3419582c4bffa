// The middle stage of a snapshot run, in order and by one thread at a time: looks chunks up, gathers the new ones into
// boxes, puts contents together, and builds the manifest.
#pragma once

#include <memory>
#include <optional>

#include "store/batch.h"
#include "store/box_gatherer.h"
#include "store/known_chunks.h"
#include "store/link_table.h"
#include "store/snapshot.h"
#include "store/tree_builder.h"

namespace vault {

class ManifestAssembler : private NodeSink {
  public:
    // References outlive the assembler.
    ManifestAssembler(const Keys& keys, const ShapeParameters& shape, KnownChunks& known, SnapshotProgress& progress);
    ~ManifestAssembler() override;

    // Takes the events of the next batch, whose ids are known, and leaves the boxes that are full in batch.boxes.
    void take(Batch& batch);

    // After EndOfSource was taken.
    const BuiltTree& manifest() const { return *built_; }
    const SnapshotTotals& totals() const { return totals_; }
    const PackSet& packs() const { return packs_; }  // where chunks were found in the view
    std::uint64_t data_chunks_added() const { return data_chunks_added_; }
    std::uint64_t tree_chunks_added() const { return tree_chunks_added_; }

  private:
    ChunkId put_node(Bytes plaintext, std::uint8_t level) override;
    std::uint64_t boundary_hash(std::uint8_t level, ByteView item) const override;

    void put_new_chunks(const Batch& batch);
    void take_event(const Batch& batch, Event& event);
    void take_entry(NewEntry& entry);
    void take_end();
    void add_extent(const Extent& extent);
    void finish_content(NewEntry& entry);
    void attach_attributes(NewEntry& entry);
    void put_tree_chunk(BoxSort sort, const ChunkId& id, ByteView plaintext);
    void count(EntryType type, bool existed, bool differs);

    const Keys& keys_;
    const ShapeParameters& shape_;
    KnownChunks& known_;
    SnapshotProgress& progress_;
    BoxGatherer boxes_;
    FirstLinks first_links_;
    ManifestBuilder manifest_;
    std::optional<BuiltTree> built_;
    std::vector<Extent> extents_;  // of the open content, while they are few
    std::optional<ExtentsBuilder> extents_tree_;
    SnapshotTotals totals_;
    PackSet packs_;
    std::uint64_t data_chunks_added_ = 0, tree_chunks_added_ = 0;
};

}  // namespace vault
