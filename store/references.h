// What entries and nodes refer to, for everything that follows a snapshot to its chunks: marking, undelete, the copy of
// a parent's entry, check.
#pragma once

#include <vector>

#include "store/format/entry.h"
#include "store/tree_nodes.h"

namespace vault {

struct Reference {
    ChunkId id;
    enum class Sort { Data, Attributes, Node } sort = Sort::Data;
    TreeKind tree = TreeKind::Manifest;  // of a node
    std::uint8_t level = 0;              // of a node

    ChunkKind kind() const { return sort == Sort::Data ? ChunkKind::Data : ChunkKind::Tree; }
};

// Adds the chunks of the entry: its attribute set, its data chunks or the root of its extents. Not what lies below.
void add_references(const Entry& entry, std::vector<Reference>& references);

// Adds what the node names, entries decoded. Throws Corrupt where it cannot be decoded.
void add_references(const TreeNode& node, std::vector<Reference>& references);

}  // namespace vault
