// By the kind of tree and level.
#include "store/references.h"

namespace vault {

using Sort = Reference::Sort;

void add_references(const Entry& entry, std::vector<Reference>& references) {
    if (const auto* attributes = std::get_if<AttributesChunk>(&entry.attributes))
        references.push_back({attributes->id, Sort::Attributes});
    if (const auto* list = std::get_if<ExtentList>(&entry.content)) {
        for (const Extent& extent : list->extents)
            if (extent.chunk) references.push_back({*extent.chunk, Sort::Data});
    } else if (const auto* tree = std::get_if<ExtentsRoot>(&entry.content)) {
        references.push_back({tree->root, Sort::Node, TreeKind::Extents, tree->level});
    }
}

void add_references(const TreeNode& node, std::vector<Reference>& references) {
    const TreeKind tree = node.node.tree;
    const auto below = static_cast<std::uint8_t>(node.node.level - 1);
    if (tree == TreeKind::Manifest && node.node.level == 0) {
        for (const auto& item : node.manifest_entries()) add_references(decode_entry(item.entry), references);
    } else if (tree == TreeKind::Manifest) {
        for (const auto& item : node.manifest_children())
            references.push_back({item.child.id, Sort::Node, tree, below});
    } else if (node.node.level == 0) {
        for (const auto& item : node.extents())
            if (item.extent.chunk) references.push_back({*item.extent.chunk, Sort::Data});
    } else {
        for (const auto& item : node.extents_children())
            references.push_back({item.child.id, Sort::Node, tree, below});
    }
}

}  // namespace vault
