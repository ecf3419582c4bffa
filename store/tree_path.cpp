// Checked steps through trees.
#include "store/tree_path.h"

#include <algorithm>

namespace vault {

namespace {

[[noreturn]] void refuse(const ChunkId& id, std::string_view why) {
    throw Error(ErrorKind::Corrupt, "tree node " + id.hex() + ": " + std::string(why));
}

// The last key before everything below the child at the end of the path; none where the child is the leftmost of its
// level.
std::optional<std::string_view> key_before(const TreePath& path) {
    for (auto step = path.rbegin(); step != path.rend(); ++step)
        if (step->index > 0) return key_of(*step->node, step->index - 1);
    return std::nullopt;
}

bool is_last_of_level(const TreePath& path) {
    return std::all_of(path.begin(), path.end(), [](const TreeStep& step) {
        return step.index + 1 == step.node->size() && step.repetition + 1 == repeat_of(*step.node, step.index);
    });
}

bool is_manifest(const TreeNode& node) {
    return node.node.tree == TreeKind::Manifest;
}

bool forward(TreeStep& step) {
    if (step.repetition + 1 < repeat_of(*step.node, step.index)) {
        ++step.repetition;
        return true;
    }
    if (step.index + 1 == step.node->size()) return false;
    ++step.index;
    step.repetition = 0;
    return true;
}

}  // namespace

const Child& child_of(const TreeNode& node, std::size_t index) {
    return is_manifest(node) ? node.manifest_children()[index].child : node.extents_children()[index].child;
}

std::uint64_t repeat_of(const TreeNode& node, std::size_t index) {
    if (is_manifest(node)) return 1;
    return node.node.level == 0 ? node.extents()[index].repeat : node.extents_children()[index].repeat;
}

const std::string& key_of(const TreeNode& node, std::size_t index) {
    return node.node.level == 0 ? node.manifest_entries()[index].key : node.manifest_children()[index].last_key;
}

std::size_t lower_bound(const TreeNode& node, std::string_view key) {
    std::size_t from = 0, to = node.size();
    while (from < to) {
        const std::size_t middle = from + (to - from) / 2;
        if (key_of(node, middle) < key) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from;
}

std::shared_ptr<const TreeNode> open_root(NodeSource& source, TreeKind tree, const TreeRoot& root) {
    auto node = source.node(root.id);
    if (node->node.tree != tree) refuse(root.id, "the root of another kind of tree");
    if (node->node.level != root.level)
        refuse(root.id, "a root of level " + std::to_string(node->node.level) + ", not " + std::to_string(root.level));
    if (node->node.level > 0 && node->size() == 1 && repeat_of(*node, 0) == 1)
        refuse(root.id, "a root above a single node");
    return node;
}

std::shared_ptr<const TreeNode> open_child(NodeSource& source, const TreePath& path) {
    const TreeNode& parent = *path.back().node;
    const std::size_t index = path.back().index;
    const Child& child = child_of(parent, index);
    auto node = source.node(child.id);
    if (node->node.tree != parent.node.tree) refuse(child.id, "of another kind of tree than its parent");
    if (node->node.level + 1 != parent.node.level) refuse(child.id, "not one level below its parent");
    if (node->totals != child.totals) refuse(child.id, "holds other totals than its parent says");
    if (node->size() == 1 && !is_last_of_level(path)) refuse(child.id, "one item, and not the last of its level");
    if (is_manifest(*node)) {
        if (key_of(*node, node->size() - 1) != key_of(parent, index))
            refuse(child.id, "ends with another key than its parent says");
        const auto before = key_before(path);
        if (before && key_of(*node, 0) <= *before) refuse(child.id, "begins with a key that belongs before it");
    } else if (repeat_of(parent, index) > 1) {
        check_neighbours(*node, *node);
    }
    return node;
}

LostNode lost_child(const TreePath& path, const Error& error) {
    const ManifestInnerItem& item = path.back().node->manifest_children()[path.back().index];
    const auto before = key_before(path);
    return {item.child.id, before ? std::optional<std::string>(*before) : std::nullopt, item.last_key,
            item.child.totals, error};
}

void step_over(TreePath& path) {
    while (!path.empty() && !forward(path.back())) path.pop_back();
}

void check_neighbours(const TreeNode& previous, const TreeNode& next) {
    bool one_item = false;
    if (next.node.level > 0) {
        one_item = previous.extents_children().back().child == next.extents_children().front().child;
    } else {
        const Extent& a = previous.extents().back().extent;
        const Extent& b = next.extents().front().extent;
        one_item = a == b || (!a.chunk && !b.chunk);
    }
    if (one_item) throw Error(ErrorKind::Corrupt, "tree nodes: neighbours of two nodes that should be one item");
}

void advance(NodeSource& source, TreePath& path) {
    if (forward(path.back())) return;
    std::vector<std::shared_ptr<const TreeNode>> left;  // nodes that ended, the highest last
    do {
        left.push_back(std::move(path.back().node));
        path.pop_back();
    } while (!path.empty() && !forward(path.back()));
    if (path.empty()) return;
    for (; !left.empty(); left.pop_back()) {
        auto node = open_child(source, path);
        if (!is_manifest(*node)) check_neighbours(*left.back(), *node);
        path.push_back({std::move(node)});
    }
}

}  // namespace vault
