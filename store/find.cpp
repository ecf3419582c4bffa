// Depth first, in order of key, past what is known to hold nothing.
#include "store/find.h"

#include "store/tree_path.h"

namespace vault {

namespace {

// The slot of the cache with its future, and the shared value.
constexpr std::size_t kNodeBytes = 200;
constexpr std::size_t kEntryBytes = 96;  // of an item, beside what it points to

bool is_meant(const Wanted& wanted, const ManifestLeafItem& item) {
    if (item.key.empty() || !wanted.patterns.may_match(item.key)) return false;
    const Entry entry = decode_entry(item.entry);
    return wanted.patterns.matches(item.key, entry.type == EntryType::Directory) &&
           !(wanted.oldest && entry.mtime < *wanted.oldest) && !(wanted.newest && entry.mtime > *wanted.newest);
}

// What opening a leaf would find out: that its entries lie where the parent says, so that no parent can have a leaf
// told again and again.
void require_place(const TreeStep& parent, const std::vector<ManifestLeafItem>& entries) {
    const TreeNode& node = *parent.node;
    if (entries.back().key > key_of(node, parent.index) ||
        (parent.index > 0 && entries.front().key <= key_of(node, parent.index - 1)))
        throw Error(ErrorKind::Corrupt,
                    "tree node " + child_of(node, parent.index).id.hex() + ": its parents disagree");
}

}  // namespace

void Finder::find(const TreeRoot& root, const Each& each, const Lost& lost) {
    TreePath path;
    const auto open = [&] { return open_root(source_, TreeKind::Manifest, root); };
    visit({root.id, root.level}, open, path, {each, lost});
}

bool Finder::visit(const NodePlace& place, const std::function<std::shared_ptr<const TreeNode>()>& open,
                   TreePath& path, const Tell& tell) {
    if (interrupted_()) throw Error(ErrorKind::Interrupted, "interrupted");
    const auto open_and_search = [&] {
        path.push_back({open()});
        auto found = std::make_shared<const Found>(search(path, tell));
        path.pop_back();
        return found;
    };
    bool is_new = false;
    const auto found = searched_.get(
        place.id,
        [&] {
            is_new = true;
            return open_and_search();
        },
        [](const Found& value) {
            std::size_t bytes = kNodeBytes;
            for (const ManifestLeafItem& item : value.entries)
                bytes += kEntryBytes + item.key.size() + item.entry.size();
            return bytes;
        });
    if (is_new || !found->any) return found->any;
    if (place.level > 0) return open_and_search()->any;
    if (!path.empty()) require_place(path.back(), found->entries);
    for (const ManifestLeafItem& item : found->entries) tell.each({item.key, decode_entry(item.entry)});
    return true;
}

// The child that the path's last step stands at.
bool Finder::visit_child(TreePath& path, const Tell& tell) {
    const TreeNode& parent = *path.back().node;
    std::optional<LostNode> lost;  // of this child; what is thrown below it, or by who is told, passes
    const auto open = [&] {
        try {
            return open_child(source_, path);
        } catch (const Error& error) {
            if (is_loss(error)) lost = lost_child(path, error);
            throw;
        }
    };
    const NodePlace place{child_of(parent, path.back().index).id, static_cast<std::uint8_t>(parent.node.level - 1)};
    try {
        return visit(place, open, path, tell);
    } catch (const Error&) {
        if (!lost) throw;
    }
    tell.lost(*lost);
    return true;
}

Finder::Found Finder::search(TreePath& path, const Tell& tell) {
    const std::shared_ptr<const TreeNode> node = path.back().node;
    if (node->node.level == 0) return search_leaf(*node, tell);
    Found found;
    for (std::size_t child = 0; child < node->size(); ++child) {
        if (lies_outside(*node, child)) continue;
        path.back().index = child;
        if (visit_child(path, tell)) found.any = true;
    }
    return found;
}

Finder::Found Finder::search_leaf(const TreeNode& leaf, const Tell& tell) const {
    Found found;
    for (const ManifestLeafItem& item : leaf.manifest_entries()) {
        if (!is_meant(wanted_, item)) continue;
        found.any = true;
        found.entries.push_back(item);
        tell.each({item.key, decode_entry(item.entry)});
    }
    return found;
}

// All keys below a child lie behind the last one of the child before it.
bool Finder::lies_outside(const TreeNode& node, std::size_t child) const {
    const KeyBounds& bounds = wanted_.patterns.bounds();
    return key_of(node, child) < bounds.from ||
           (child > 0 && !bounds.to.empty() && key_of(node, child - 1) >= bounds.to);
}

}  // namespace vault
