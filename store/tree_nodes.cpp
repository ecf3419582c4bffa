// Decoded nodes with their sums.
#include "store/tree_nodes.h"

#include "store/format/entry_totals.h"
#include "store/format/limits.h"

namespace vault {

namespace {

// The sums over items that stand for `one(item)` each, `repeat(item)` times.
template <class Items, class One, class Repeat>
void sum_up(TreeNode& node, const Items& items, One one, Repeat repeat, bool with_bytes) {
    node.entries_end.reserve(items.size());
    if (with_bytes) node.bytes_end.reserve(items.size());
    for (const auto& item : items) {
        node.totals += one(item).times(repeat(item));
        node.entries_end.push_back(node.totals.entries);
        if (with_bytes) node.bytes_end.push_back(node.totals.apparent);
    }
}

// Seeks divide by what one repetition of a child holds, so it must hold something; and no real child holds nothing.
Totals totals_of_child(const Child& child, bool has_bytes) {
    if (child.totals.entries == 0 || (has_bytes && child.totals.apparent == 0))
        throw Error(ErrorKind::Corrupt, "tree node: a child " + child.id.hex() + " without entries or bytes");
    return child.totals;
}

}  // namespace

std::size_t TreeNode::size() const {
    return std::visit([](const auto& items) { return items.size(); }, node.items);
}

std::shared_ptr<const TreeNode> load_node(ByteView plaintext) {
    if (plaintext.size() > kNodeBytesMax)
        throw Error(ErrorKind::Corrupt, "tree node: " + std::to_string(plaintext.size()) + " bytes, above 512 KiB");
    auto loaded = std::make_shared<TreeNode>();
    TreeNode& node = *loaded;
    node.node = decode_node(plaintext);
    const auto once = [](const auto&) { return std::uint64_t{1}; };
    const auto repeated = [](const auto& item) { return item.repeat; };
    if (const auto* entries = std::get_if<std::vector<ManifestLeafItem>>(&node.node.items)) {
        for (const ManifestLeafItem& item : *entries) node.totals += totals_of_record(item.entry);
    } else if (const auto* children = std::get_if<std::vector<ManifestInnerItem>>(&node.node.items)) {
        const auto one = [](const ManifestInnerItem& item) { return totals_of_child(item.child, false); };
        sum_up(node, *children, one, once, false);
    } else if (const auto* extents = std::get_if<std::vector<ExtentsLeafItem>>(&node.node.items)) {
        sum_up(node, *extents, [](const ExtentsLeafItem& item) { return totals_of(item.extent); }, repeated, true);
    } else {
        const auto one = [](const ExtentsInnerItem& item) { return totals_of_child(item.child, true); };
        sum_up(node, node.extents_children(), one, repeated, true);
    }
    return loaded;
}

}  // namespace vault
