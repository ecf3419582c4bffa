// The difference of two manifests, and walks over all nodes of a tree.
#include "store/tree_diff.h"

#include <array>

#include "store/format/limits.h"
#include "store/tree_path.h"

namespace vault {

namespace {

// One of the two manifests, from where the comparison stands on. In front is an entry, or a child that is not yet read.
class Side {
  public:
    Side(NodeSource& source, const std::optional<TreeRoot>& root) : source_(source) {
        if (root) path_.push_back({open_root(source, TreeKind::Manifest, *root)});
    }

    bool done() const { return path_.empty(); }
    std::uint8_t level() const { return top().node->node.level; }  // 0: an entry is in front
    const ManifestLeafItem& entry() const { return top().node->manifest_entries()[top().index]; }
    const ManifestInnerItem& child() const { return top().node->manifest_children()[top().index]; }

    // Past everything that lies before `from`; done where `to` is reached.
    void enter_range(std::string_view from, std::string_view to) {
        while (!done() && (level() == 0 ? entry().key : child().last_key) < from) skip();
        if (!done() && level() == 0 && !to.empty() && entry().key >= to) path_.clear();
    }
    void open() { path_.push_back({open_child(source_, path_)}); }
    void skip() {
        while (!path_.empty() && ++path_.back().index == path_.back().node->size()) path_.pop_back();
    }

  private:
    const TreeStep& top() const { return path_.back(); }

    NodeSource& source_;
    TreePath path_;
};

// A side that ends where its part does.
class PartSide : public Side {
  public:
    PartSide(NodeSource& source, const ManifestPart& part)
        : Side(source, part.root), prefix_(part.prefix), end_(prefix_end(part.prefix)) {}

    // To what is in front of it in the part: to be called before each look.
    void settle() { enter_range(prefix_, end_); }
    std::string_view key() const { return std::string_view(entry().key).substr(prefix_.size()); }

  private:
    const std::string prefix_, end_;
};

using Visit = std::function<void(const ManifestDifference&)>;

void visit_only(PartSide& side, bool is_before, const Visit& visit) {
    const std::optional<ByteView> entry(side.entry().entry);
    visit({side.key(), is_before ? entry : std::nullopt, is_before ? std::nullopt : entry});
    side.skip();
}

void visit_entries(PartSide& before, PartSide& after, const Visit& visit) {
    if (before.key() < after.key()) return visit_only(before, true, visit);
    if (after.key() < before.key()) return visit_only(after, false, visit);
    const Bytes& a = before.entry().entry;
    const Bytes& b = after.entry().entry;
    if (a != b) visit({before.key(), a, b});
    before.skip();
    after.skip();
}

// What is left of one side when the other is done.
void visit_rest(PartSide& side, bool is_before, const Visit& visit) {
    for (side.settle(); !side.done(); side.settle()) {
        if (side.level() > 0) {
            side.open();
        } else {
            visit_only(side, is_before, visit);
        }
    }
}

}  // namespace

void diff_manifests(NodeSource& source, const ManifestPart& before, const ManifestPart& after, const Visit& visit) {
    const bool same_keys = before.prefix == after.prefix;  // else one node stands for different keys on the two sides
    if (same_keys && before.root == after.root) return;
    PartSide a(source, before), b(source, after);
    // Both sides stand at the same place in the order of keys: all before it is settled. So if one and the same child
    // is in front of both, it settles itself; and whoever stands higher is opened first, so that equal children can
    // meet.
    for (;;) {
        a.settle();
        b.settle();
        if (a.done() || b.done()) break;
        const std::uint8_t a_level = a.level(), b_level = b.level();
        if (a_level == 0 && b_level == 0) {
            visit_entries(a, b, visit);
        } else if (same_keys && a_level == b_level && a.child().child.id == b.child().child.id) {
            if (a.child() != b.child())
                throw Error(ErrorKind::Corrupt, "tree node " + a.child().child.id.hex() + ": its parents disagree");
            a.skip();
            b.skip();
        } else {
            if (a_level >= b_level) a.open();
            if (b_level >= a_level) b.open();
        }
    }
    visit_rest(a, true, visit);
    visit_rest(b, false, visit);
}

bool manifests_agree(NodeSource& source, TreeRoot first, TreeRoot second, std::string_view from, std::string_view to) {
    if (first == second) return true;
    Side a(source, first), b(source, second);
    for (;;) {
        a.enter_range(from, to);
        b.enter_range(from, to);
        if (a.done() && b.done()) return true;
        const std::uint8_t a_level = a.done() ? 0 : a.level(), b_level = b.done() ? 0 : b.level();
        if (a_level == 0 && b_level == 0) {
            if (a.done() || b.done() || a.entry() != b.entry()) return false;
            a.skip();
            b.skip();
        } else if (a_level == b_level && a.child() == b.child()) {
            a.skip();
            b.skip();
        } else {
            if (a_level >= b_level) a.open();
            if (b_level >= a_level) b.open();
        }
    }
}

void visit_nodes(NodeSource& source, TreeKind tree, TreeRoot root, const std::function<bool(const NodeLink&)>& enter,
                 const std::function<void(const NodeLink&, const TreeNode&)>& visit) {
    const NodeLink root_link{root.id, root.level, std::nullopt, {}};
    if (!enter(root_link)) return;
    TreePath path{{open_root(source, tree, root)}};
    visit(root_link, *path.back().node);

    // Extents: the node visited last on each level, unless one was left out since.
    std::array<std::shared_ptr<const TreeNode>, kNodeLevelMax + 1> previous;
    while (!path.empty()) {
        TreeStep& step = path.back();
        const std::uint8_t level = step.node->node.level;
        if (level == 0 || step.index == step.node->size()) {
            path.pop_back();
            if (!path.empty()) ++path.back().index;
            continue;
        }
        const Child& child = child_of(*step.node, step.index);
        const NodeLink link{child.id, static_cast<std::uint8_t>(level - 1), child.totals,
                            tree == TreeKind::Manifest ? std::string_view(key_of(*step.node, step.index)) : ""};
        if (!enter(link)) {
            for (std::uint8_t below = 0; below < level; ++below) previous[below].reset();
            ++step.index;
            continue;
        }
        auto node = open_child(source, path);
        visit(link, *node);
        if (tree == TreeKind::Extents) {
            if (previous[level - 1]) check_neighbours(*previous[level - 1], *node);
            previous[level - 1] = node;
        }
        path.push_back({std::move(node)});
    }
}

}  // namespace vault
