// Nodes of prolly trees: the manifest and extents trees. docs/format.md, 8.4. Bytes <-> values only; where nodes end
// is the builder's business (store/tree_builder).
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "store/format/entry.h"

namespace vault {

enum class TreeKind : std::uint8_t { Manifest = 1, Extents = 2 };  // on disk: never renumber

// What lies below an item; every field saturates. Extents trees: entries = extents, files = 0, apparent = bytes,
// allocated = bytes of chunks.
struct Totals {
    std::uint64_t entries = 0, files = 0, apparent = 0, allocated = 0;
    bool operator==(const Totals&) const = default;
    Totals& operator+=(const Totals& more);
    Totals times(std::uint64_t repeat) const;
};

Totals totals_of(const Entry& entry);
Totals totals_of(const Extent& extent);

struct Child {
    ChunkId id;
    Totals totals;  // of one occurrence
    bool operator==(const Child&) const = default;
};

struct ManifestLeafItem {
    std::string key;
    Bytes entry;  // encoded; decode_entry() when it is needed
    bool operator==(const ManifestLeafItem&) const = default;
};
struct ManifestInnerItem {
    std::string last_key;
    Child child;
    bool operator==(const ManifestInnerItem&) const = default;
};
struct ExtentsLeafItem {
    std::uint64_t repeat = 1;
    Extent extent;
    bool operator==(const ExtentsLeafItem&) const = default;
};
struct ExtentsInnerItem {
    std::uint64_t repeat = 1;
    Child child;
    bool operator==(const ExtentsInnerItem&) const = default;
};

struct Node {
    TreeKind tree = TreeKind::Manifest;
    std::uint8_t level = 0;
    std::variant<std::vector<ManifestLeafItem>, std::vector<ManifestInnerItem>, std::vector<ExtentsLeafItem>,
                 std::vector<ExtentsInnerItem>>
        items;
    Extensions extensions;
    bool operator==(const Node&) const = default;
};

Bytes encode(const Node& node);
// Checks order, maximal runs, limits; not totals against the parent and not the entries inside manifest leaves.
Node decode_node(ByteView plaintext);

// The bytes that are hashed and weighed as an item's value (extents: without the repeat).
Bytes encode_child(const Child& child);

}  // namespace vault
