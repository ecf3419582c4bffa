// How prolly trees meet storage: nodes go out and come in through these two seams, so that trees are tested without packs.
#pragma once

#include <memory>

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

// Takes nodes as chunks of kind tree. Inner nodes (level > 0) go to boxes of their own. Not thread-safe unless said.
class NodeSink {
  public:
    virtual ~NodeSink() = default;
    virtual ChunkId put_node(Bytes plaintext, std::uint8_t level) = 0;
    // LE64(BLAKE2b-64(boundary key; level | item)).
    virtual std::uint64_t boundary_hash(std::uint8_t level, ByteView item) const = 0;
};

// Gives nodes whose id was verified. Thread-safe. Throws NotFound where no copy is in the view, Corrupt where none verifies.
class NodeSource {
  public:
    virtual ~NodeSource() = default;
    virtual std::shared_ptr<const Node> node(const ChunkId& id) = 0;
};

}  // namespace vault
