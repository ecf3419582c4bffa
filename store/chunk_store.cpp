// Chunks from packs: the two caches, and the fallback to further copies.
#include "store/chunk_store.h"

#include <atomic>
#include <string>

#include "store/backend/object_names.h"
#include "store/bounded_cache.h"

namespace vault {

namespace {

// A decoded node takes a few times its plaintext: keys are whole and every item has its own allocation.
constexpr std::size_t kDecodedNodeFactor = 3;

struct CachedNode {
    std::shared_ptr<const TreeNode> node;
    std::size_t plain_bytes = 0;
};

std::string describe(const IndexedPack& pack, std::uint32_t box) {
    return "pack " + pack.id.hex() + ", box " + std::to_string(box);
}

}  // namespace

struct ChunkStore::Impl {
    Impl(Backend& b, const Keys& k, const Index& i, PackSet v, ChunkStoreBudget budget)
        : backend(b),
          keys(k),
          index(i),
          view(std::move(v)),
          boxes(budget.box_cache_bytes),
          nodes(budget.node_cache_bytes) {}

    Backend& backend;
    const Keys& keys;
    const Index& index;
    const PackSet view;
    BoundedCache<std::uint64_t, Bytes> boxes;  // by pack number << 32 | box
    BoundedCache<ChunkId, CachedNode> nodes;
    std::atomic<std::uint64_t> boxes_loaded = 0;
    std::function<void(const BoxPlace&)> used;
};

ChunkStore::ChunkStore(Backend& backend, const Keys& keys, const Index& index, PackSet view, ChunkStoreBudget budget)
    : impl_(std::make_unique<Impl>(backend, keys, index, std::move(view), budget)) {}

ChunkStore::~ChunkStore() = default;

const PackSet& ChunkStore::view() const { return impl_->view; }

std::uint64_t ChunkStore::boxes_loaded() const { return impl_->boxes_loaded; }

void ChunkStore::watch(std::function<void(const BoxPlace&)> used) { impl_->used = std::move(used); }

std::uint32_t ChunkStore::boxes_in(PackNumber pack) const {
    return static_cast<std::uint32_t>(impl_->index.pack(pack)->boxes.size());
}

std::vector<std::optional<PlacedChunk>> ChunkStore::locate(std::span<const ChunkId> ids) const {
    const auto found = impl_->index.find(ids, impl_->view);
    std::vector<std::optional<PlacedChunk>> placed(found.size());
    std::shared_ptr<const IndexedPack> pack;
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (!found[i]) continue;
        if (!pack || pack->number != found[i]->pack) pack = impl_->index.pack(found[i]->pack);
        if (found[i]->box >= pack->boxes.size())
            throw Error(ErrorKind::Corrupt, "the index names a box that pack " + pack->id.hex() + " does not have");
        placed[i] = PlacedChunk{*found[i], pack->boxes[found[i]->box].offset};
    }
    return placed;
}

Bytes ChunkStore::load_box(ChunkKind kind, PackNumber number, std::uint32_t box) {
    const auto pack = impl_->index.pack(number);
    const std::string what = describe(*pack, box);
    if (pack->content != kind || box >= pack->boxes.size())
        throw Error(ErrorKind::Corrupt, what + ": not a box of the kind that is asked for");
    const BoxLocation& at = pack->boxes[box];
    const Bytes sealed = impl_->backend.get(pack_name(pack->id), ByteRange{at.offset, at.sealed_bytes});
    ++impl_->boxes_loaded;
    return open_box(impl_->keys, kind, sealed, at.codec, at.generation, at.plain_bytes, what);
}

std::shared_ptr<const Bytes> ChunkStore::box(ChunkKind kind, PackNumber pack, std::uint32_t box) {
    return impl_->boxes.get(
        std::uint64_t{pack} << 32 | box, [&] { return std::make_shared<const Bytes>(load_box(kind, pack, box)); },
        [](const Bytes& bytes) { return bytes.size(); });
}

ChunkStore::Chunk ChunkStore::chunk_at(ChunkKind kind, const ChunkId& id, const ChunkLocation& at) {
    if (impl_->used) impl_->used({kind, at.pack, at.box});
    Chunk chunk;
    chunk.box = box(kind, at.pack, at.box);
    const std::string what = describe(*impl_->index.pack(at.pack), at.box);
    if (at.offset > chunk.box->size() || at.length > chunk.box->size() - at.offset)
        throw Error(ErrorKind::Corrupt, what + ": a chunk reaches beyond its box");
    chunk.bytes = ByteView(*chunk.box).subspan(at.offset, at.length);
    verify_chunk(impl_->keys, kind, chunk.bytes, id, what);
    return chunk;
}

ChunkStore::Chunk ChunkStore::chunk(ChunkKind kind, const ChunkId& id) {
    const auto found = impl_->index.find(std::span(&id, 1), impl_->view)[0];
    if (!found)
        throw Error(ErrorKind::Corrupt,
                    "chunk " + id.hex() + " is in no pack: one is missing, or its directory is damaged");
    try {
        return chunk_at(kind, id, *found);
    } catch (const Error& first) {
        for (const ChunkLocation& other : impl_->index.find_all(id, impl_->view)) {
            if (other == *found) continue;
            try {
                return chunk_at(kind, id, other);
            } catch (const Error&) {
                // The first copy's error is the one to report, if no copy is sound.
            }
        }
        throw with_context("chunk " + id.hex(), first);
    }
}

ChunkStore::Chunk ChunkStore::data_chunk(const ChunkId& id, std::uint64_t length) {
    Chunk found = chunk(ChunkKind::Data, id);
    if (found.bytes.size() != length)
        throw Error(ErrorKind::Corrupt, "chunk " + id.hex() + " has " + std::to_string(found.bytes.size()) +
                                            " bytes where the file's entry says " + std::to_string(length));
    return found;
}

std::shared_ptr<const TreeNode> ChunkStore::node(const ChunkId& id) {
    return impl_->nodes
        .get(
            id,
            [&] {
                const Chunk found = chunk(ChunkKind::Tree, id);
                return std::make_shared<const CachedNode>(CachedNode{load_node(found.bytes), found.bytes.size()});
            },
            [](const CachedNode& node) { return kDecodedNodeFactor * node.plain_bytes; })
        ->node;
}

}  // namespace vault
