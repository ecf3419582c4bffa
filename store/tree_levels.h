// The levels of a tree in the building, from the leaves up: where nodes end and how they become items of the next
// level. The same for manifests and extents. Private to the tree builders; docs/format.md 8.4.
#pragma once

#include <optional>
#include <vector>

#include "store/tree_builder.h"
#include "store/tree_open_node.h"

namespace vault {

class TreeLevels {
  public:
    TreeLevels(NodeSink& sink, TreeKind tree, NodeShape shape);

    // The next item of the leaves: in extents a whole run, so different from the one before.
    void add_leaf(const TreeItem& item) { add(0, item); }
    BuiltTree finish();

  private:
    // A closed node that is not yet an item of this level: an equal one may follow, and the only one is the root.
    struct ClosedChild {
        std::string last_key;
        Child child;
        std::uint64_t repeat = 1;
    };
    struct Level {
        explicit Level(OpenNode node) : open(std::move(node)) {}
        OpenNode open;
        std::optional<ClosedChild> pending;
        bool has_nodes = false;  // some are closed
    };

    void add(std::size_t level, const TreeItem& item);
    bool ends_after(std::size_t level, const TreeItem& item) const;
    void close(std::size_t level);
    void take_pending(std::size_t level);

    NodeSink& sink_;
    const TreeKind tree_;
    const NodeShape shape_;
    std::vector<Level> levels_;  // never reallocated: room for all is reserved
};

}  // namespace vault
