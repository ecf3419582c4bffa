// Reading chunks: id -> index -> (pack, box) -> sealed bytes -> opened box -> verified chunk, behind two bounded
// caches. Many callers of one box cause one load. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "store/backend/backend.h"
#include "store/index.h"
#include "store/seal/box.h"
#include "store/tree_nodes.h"

namespace vault {

struct ChunkStoreBudget {
    std::size_t box_cache_bytes = 32u << 20;   // plaintext of opened boxes
    std::size_t node_cache_bytes = 16u << 20;  // plaintext size of decoded nodes
};

// A box, named without its pack's id.
struct BoxPlace {
    ChunkKind kind = ChunkKind::Data;
    PackNumber pack = 0;
    std::uint32_t box = 0;
    bool operator==(const BoxPlace&) const = default;
};

// Where a chunk lies, with what is needed to plan reads.
struct PlacedChunk {
    ChunkLocation at;
    std::uint64_t box_offset = 0;  // of the box in its pack: orders reads
};

class ChunkStore : public NodeSource {
  public:
    // All references outlive the store. Chunks are looked for in the packs of `view` alone.
    ChunkStore(Backend& backend, const Keys& keys, const Index& index, PackSet view, ChunkStoreBudget budget = {});
    ~ChunkStore() override;

    const PackSet& view() const;
    // Whether each chunk is in the view.
    std::vector<std::optional<PlacedChunk>> locate(std::span<const ChunkId> ids) const;

    // The plaintext of one box. What it holds is not verified but for the AEAD: verify_chunk before any use. Throws
    // Corrupt (damaged), NotFound (the pack is gone), Io.
    std::shared_ptr<const Bytes> box(ChunkKind kind, PackNumber pack, std::uint32_t box);

    // The same without the cache: for a caller that asks for each box once (restore).
    Bytes load_box(ChunkKind kind, PackNumber pack, std::uint32_t box);

    // A verified chunk: the part of a box that the location says, its id recomputed. Where this copy does not verify
    // the others in the view are tried. Throws Corrupt where no copy is in the view, or (naming pack and box) where
    // none verifies.
    struct Chunk {
        std::shared_ptr<const Bytes> box;
        ByteView bytes;  // into *box
    };
    Chunk chunk(ChunkKind kind, const ChunkId& id);
    // The copy of a chunk that lies there, and no other. Throws Corrupt, naming pack and box, where it does not verify,
    // and what box() throws.
    Chunk chunk_at(ChunkKind kind, const ChunkId& id, const ChunkLocation& at);
    // A chunk of kind data, for an extent of `length` bytes: Corrupt where it has another length, too.
    Chunk data_chunk(const ChunkId& id, std::uint64_t length);

    // A tree node as load_node() makes it, from the node cache or by chunk().
    std::shared_ptr<const TreeNode> node(const ChunkId& id) override;

    // `used` is told the box of each chunk that chunk() is about to take, from any thread: for read-ahead. To be set
    // before the first use of the store.
    void watch(std::function<void(const BoxPlace&)> used);
    // How many boxes a pack has. Throws NotFound for a pack that the index does not know.
    std::uint32_t boxes_in(PackNumber pack) const;

    std::uint64_t boxes_loaded() const;  // for tests and reports

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace vault
