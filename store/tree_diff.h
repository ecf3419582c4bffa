// What compares or walks whole trees without reading the nodes that two of them share.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "store/tree_nodes.h"

namespace vault {

// One key of which the encoded entries differ; absent: nullopt. The views live until `visit` returns.
struct ManifestDifference {
    std::string_view key;
    std::optional<ByteView> before, after;
};

// The entries of a manifest whose keys start with `prefix`, "" for all. No root: nothing.
struct ManifestPart {
    std::optional<TreeRoot> root;
    std::string prefix;
};

// Calls `visit` for each difference, in order of key, which is what follows the prefix. Nodes that both trees hold are
// not read, also where the trees have different heights or their nodes end elsewhere: it reads some nodes a level for
// each place that differs. Where the prefixes are not equal nothing is shared, and both parts are read as wholes.
// Memory: two paths.
void diff_manifests(NodeSource& source, const ManifestPart& before, const ManifestPart& after,
                    const std::function<void(const ManifestDifference&)>& visit);

// Whether two manifests hold the same entries under the keys from <= key < to (an empty `to`: to the end). Reads nodes
// as diff_manifests does, and only what the range touches.
bool manifests_agree(NodeSource& source, TreeRoot a, TreeRoot b, std::string_view from, std::string_view to);

// What the parent says of a node; for a root only id and level.
struct NodeLink {
    ChunkId id;
    std::uint8_t level = 0;
    std::optional<Totals> totals;
    std::string_view last_key;  // manifest inner items; empty otherwise
};

// Walks the nodes of a tree depth first, parents before children, in order. `enter` is asked for every link (once for
// an item with repeats) before anything is read: false leaves out the node and what lies below, so that a walk over
// many snapshots reads each node once. `visit` gets each node entered, checked against its link.
void visit_nodes(NodeSource& source, TreeKind tree, TreeRoot root, const std::function<bool(const NodeLink&)>& enter,
                 const std::function<void(const NodeLink&, const TreeNode&)>& visit);

}  // namespace vault
