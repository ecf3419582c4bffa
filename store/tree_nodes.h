// How prolly trees meet storage: nodes go out and come in through these two seams, so that trees are tested without
// packs.
#pragma once

#include <memory>
#include <vector>

#include "store/format/config_record.h"
#include "store/format/node.h"

namespace vault {

struct TreeRoot {
    ChunkId id;
    std::uint8_t level = 0;
    bool operator==(const TreeRoot&) const = default;
};

// Where a node ends depends on these alone. docs/format.md 8.4.
struct NodeShape {
    std::uint64_t average_bytes = 32'768;
    std::uint64_t items_min = 4;
    std::uint64_t weight_max = 262'144;
    static NodeShape of(const ShapeParameters& shape) {
        return {shape.node_average_bytes, shape.node_items_min, shape.node_weight_max};
    }
};

// A decoded node and the sums over its items, made once however often it is visited. Immutable.
struct TreeNode {
    Node node;
    Totals totals;  // recomputed from the items: what the parent's item must say
    // Entries and bytes of the items 0 to i, repeats counted, saturating. Manifest leaves have neither (each item is
    // one entry); manifest inner nodes have no bytes_end.
    std::vector<std::uint64_t> entries_end, bytes_end;

    std::size_t size() const;  // items; at least 1
    const std::vector<ManifestLeafItem>& manifest_entries() const { return std::get<0>(node.items); }
    const std::vector<ManifestInnerItem>& manifest_children() const { return std::get<1>(node.items); }
    const std::vector<ExtentsLeafItem>& extents() const { return std::get<2>(node.items); }
    const std::vector<ExtentsInnerItem>& extents_children() const { return std::get<3>(node.items); }
};

// Decodes a node and sums it up. `plaintext` was verified against its id. Throws Corrupt or Unsupported.
std::shared_ptr<const TreeNode> load_node(ByteView plaintext);

// Takes nodes as chunks of kind tree. Inner nodes (level > 0) go to boxes of their own. Not thread-safe unless said.
class NodeSink {
  public:
    virtual ~NodeSink() = default;
    virtual ChunkId put_node(Bytes plaintext, std::uint8_t level) = 0;
    // LE64(BLAKE2b-64(boundary key; level | item)).
    virtual std::uint64_t boundary_hash(std::uint8_t level, ByteView item) const = 0;
};

// Gives nodes whose id was verified, as load_node made them. Thread-safe. Throws Corrupt where no copy is in the view
// or none verifies. Readers ask for a node at each visit: caching is up to the source.
class NodeSource {
  public:
    virtual ~NodeSource() = default;
    virtual std::shared_ptr<const TreeNode> node(const ChunkId& id) = 0;
};

}  // namespace vault
