// The builder's rules, asked of what was built.
#include "store/check_shape.h"

#include <algorithm>

#include "store/format/limits.h"

namespace vault {

namespace {

// What is hashed (a key or a value) and what an item weighs.
struct Weighed {
    ByteView hashed;
    std::uint64_t weight = 0;
};

Bytes encoded(const Extent& extent) {
    Writer writer;
    encode(writer, extent);
    return writer.take();
}

// Calls visit(item, is_last) for each item.
template <class Visit>
void for_each_item(const TreeNode& node, Visit visit) {
    const std::size_t size = node.size();
    const bool leaf = node.node.level == 0;
    const bool manifest = node.node.tree == TreeKind::Manifest;
    for (std::size_t i = 0; i < size; ++i) {
        const bool last = i + 1 == size;
        if (manifest && leaf) {
            const auto& item = node.manifest_entries()[i];
            visit(Weighed{as_bytes(item.key), item.key.size() + item.entry.size()}, last);
        } else if (manifest) {
            const auto& item = node.manifest_children()[i];
            visit(Weighed{as_bytes(item.last_key), item.last_key.size() + encode_child(item.child).size()}, last);
        } else {
            const Bytes value =
                leaf ? encoded(node.extents()[i].extent) : encode_child(node.extents_children()[i].child);
            visit(Weighed{value, value.size()}, last);
        }
    }
}

}  // namespace

NodeEnd node_end(const Keys& keys, const NodeShape& shape, const TreeNode& node) {
    NodeEnd end;
    std::uint64_t weight = 0, items = 0;
    for_each_item(node, [&](const Weighed& item, bool last) {
        weight += item.weight;
        ++items;
        bool ends = items >= shape.items_min && weight * 4 >= shape.average_bytes;
        if (ends && item.weight < shape.average_bytes) {
            __extension__ using Wide = unsigned __int128;
            const auto limit = static_cast<std::uint64_t>((Wide{item.weight} << 64) / shape.average_bytes);
            ends = keys.boundary_hash(node.node.level, item.hashed) < limit;
        }
        if (ends && !last) end.too_late = true;
        if (last) end.closed = ends;
    });
    // The next item, which is not looked at here, weighs at most this much.
    if (weight + kManifestKeyBytesMax + kEntryBytesMax > shape.weight_max) end.closed = true;
    return end;
}

std::optional<std::string> unusual_form(const Entry& entry, const ShapeParameters& shape) {
    if (const auto* set = std::get_if<AttributeSet>(&entry.attributes))
        if (encode_attribute_set(*set).size() > shape.inline_attributes_bytes) return "a large attribute set inline";
    if (const auto* bytes = std::get_if<Bytes>(&entry.content))
        if (bytes->size() > shape.inline_content_bytes) return "a large content inline";
    if (const auto* list = std::get_if<ExtentList>(&entry.content)) {
        const bool has_hole =
            std::ranges::any_of(list->extents, [](const Extent& extent) { return !extent.chunk.has_value(); });
        if (entry.size <= shape.inline_content_bytes && !has_hole) return "a small content in chunks";
        if (list->extents.size() > shape.extent_list_items) return "a long list of extents that should be a tree";
    }
    return std::nullopt;
}

std::optional<std::string> unusual_extents(const TreeNode& root, const ShapeParameters& shape) {
    if (root.totals.entries <= shape.extent_list_items) return "a tree of few extents that should be a list";
    return std::nullopt;
}

}  // namespace vault
