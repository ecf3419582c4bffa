// Nodes in a map, hashed as a repository would.
#include "tests/support/memory_nodes.h"

namespace vault {

namespace {

Bytes key_of(std::uint8_t byte) {
    return Bytes(32, byte);
}

}  // namespace

MemoryNodes::MemoryNodes() : ids_(key_of(0x11), 32), boundaries_(key_of(0x22), 8) {}

ChunkId MemoryNodes::put_node(Bytes plaintext, std::uint8_t) {
    ChunkId id;
    ids_({plaintext}, id.bytes);
    const std::lock_guard lock(mutex_);
    ++puts_;
    nodes_.try_emplace(id, std::move(plaintext));
    return id;
}

std::uint64_t MemoryNodes::boundary_hash(std::uint8_t level, ByteView item) const {
    std::array<std::uint8_t, 8> hash;
    boundaries_({ByteView(&level, 1), item}, hash);
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < hash.size(); ++i) value |= std::uint64_t{hash[i]} << (8 * i);
    return value;
}

std::shared_ptr<const TreeNode> MemoryNodes::node(const ChunkId& id) {
    if (before_get) before_get(id);
    const Bytes bytes = plaintext(id);
    {
        const std::lock_guard lock(mutex_);
        ++gets_;
    }
    return load_node(bytes);
}

Bytes MemoryNodes::plaintext(const ChunkId& id) const {
    const std::lock_guard lock(mutex_);
    const auto found = nodes_.find(id);
    if (found == nodes_.end()) throw Error(ErrorKind::NotFound, "no tree node " + id.hex());
    return found->second;
}

std::size_t MemoryNodes::distinct() const {
    const std::lock_guard lock(mutex_);
    return nodes_.size();
}

std::uint64_t MemoryNodes::puts() const {
    const std::lock_guard lock(mutex_);
    return puts_;
}

std::uint64_t MemoryNodes::gets() const {
    const std::lock_guard lock(mutex_);
    return gets_;
}

void MemoryNodes::forget_gets() {
    const std::lock_guard lock(mutex_);
    gets_ = 0;
}

}  // namespace vault
