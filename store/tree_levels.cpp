// Where nodes end, and how each level becomes the items of the next.
#include "store/tree_levels.h"

#include "store/format/limits.h"

namespace vault {

TreeLevels::TreeLevels(NodeSink& sink, TreeKind tree, NodeShape shape) : sink_(sink), tree_(tree), shape_(shape) {
    if (shape.average_bytes == 0 || shape.items_min < 2 || shape.weight_max > kNodeWeightMax)
        throw Error(ErrorKind::Unsupported, "tree: node sizes that version 1 does not allow");
    // The root may lie on the highest level, and its closed node waits one level above.
    levels_.reserve(kNodeLevelMax + 2);
    levels_.emplace_back(OpenNode(tree_, 0));
}

void TreeLevels::add(std::size_t level, const TreeItem& item) {
    if (level > kNodeLevelMax) throw Error(ErrorKind::Unsupported, "tree: more than 32 levels");
    const OpenNode& open = levels_[level].open;
    if (open.items() != 0 && open.weight() + item.weight() > shape_.weight_max) {
        // No reader takes such a node, and with one item a node the levels would never grow narrower.
        if (open.items() == 1) throw Error(ErrorKind::Unsupported, "tree: items too large for the node maximum");
        close(level);
    }
    levels_[level].open.append(item);
    if (ends_after(level, item)) close(level);
}

bool TreeLevels::ends_after(std::size_t level, const TreeItem& item) const {
    const OpenNode& open = levels_[level].open;
    if (open.items() < shape_.items_min || open.weight() * 4 < shape_.average_bytes) return false;
    if (item.weight() >= shape_.average_bytes) return true;
    // Last, since it is what costs: a fifth of the items need no hash.
    __extension__ using Wide = unsigned __int128;
    const auto threshold = static_cast<std::uint64_t>((Wide{item.weight()} << 64) / shape_.average_bytes);
    const ByteView hashed = tree_ == TreeKind::Manifest ? as_bytes(item.key) : item.value;
    return sink_.boundary_hash(static_cast<std::uint8_t>(level), hashed) < threshold;
}

void TreeLevels::close(std::size_t level) {
    OpenNode& open = levels_[level].open;
    ClosedChild closed;
    closed.last_key = open.last_key();
    closed.child.totals = open.totals();
    closed.child.id = sink_.put_node(open.close(), static_cast<std::uint8_t>(level));
    levels_[level].has_nodes = true;
    if (levels_.size() == level + 1) levels_.emplace_back(OpenNode(tree_, static_cast<std::uint8_t>(level + 1)));

    Level& above = levels_[level + 1];
    if (tree_ == TreeKind::Extents && above.pending && above.pending->child.id == closed.child.id) {
        ++above.pending->repeat;
        return;
    }
    take_pending(level + 1);
    above.pending = std::move(closed);
}

void TreeLevels::take_pending(std::size_t level) {
    if (!levels_[level].pending) return;
    const ClosedChild closed = std::move(*levels_[level].pending);
    levels_[level].pending.reset();
    const Bytes value = encode_child(closed.child);
    add(level, {closed.last_key, value, closed.child.totals, closed.repeat});
}

BuiltTree TreeLevels::finish() {
    for (std::size_t level = 0;; ++level) {
        take_pending(level);
        if (levels_[level].open.items() != 0) close(level);
        if (levels_.size() == level + 1) throw Error(ErrorKind::Corrupt, "tree: without any item");
        const Level& above = levels_[level + 1];
        if (!above.has_nodes && above.open.items() == 0 && above.pending->repeat == 1)
            return {{above.pending->child.id, static_cast<std::uint8_t>(level)}, above.pending->child.totals};
    }
}

}  // namespace vault
