// Tree nodes in memory, under the ids and boundary hashes of a repository with fixed keys, so that roots can be golden.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <unordered_map>

#include "store/seal/primitives.h"
#include "store/tree_nodes.h"

namespace vault {

// Thread-safe. Nodes are decoded at each visit, as from a source without a cache.
class MemoryNodes : public NodeSink, public NodeSource {
  public:
    // The id key is 32 bytes of 0x11, the boundary key 32 bytes of 0x22.
    MemoryNodes();

    ChunkId put_node(Bytes plaintext, std::uint8_t level) override;
    std::uint64_t boundary_hash(std::uint8_t level, ByteView item) const override;
    std::shared_ptr<const TreeNode> node(const ChunkId& id) override;

    ChunkId put(const Node& node) { return put_node(encode(node), node.level); }
    Bytes plaintext(const ChunkId& id) const;  // NotFound where it is absent

    std::size_t distinct() const;       // nodes held
    std::uint64_t puts() const;         // calls of put_node
    std::uint64_t gets() const;         // calls of node
    void forget_gets();

    // Asked at each visit before the node is looked for; what it throws, node() throws. To be set before threads run.
    std::function<void(const ChunkId&)> before_get;

  private:
    const KeyedHash ids_, boundaries_;
    mutable std::mutex mutex_;  // guards all below
    std::unordered_map<ChunkId, Bytes> nodes_;
    std::uint64_t puts_ = 0, gets_ = 0;
};

}  // namespace vault
