// Open boxes, one a sort.
#include "store/box_gatherer.h"

#include <algorithm>

#include "store/tree_nodes.h"

namespace vault {

CompressionLevel level_of(BoxSort sort) {
    switch (sort) {
        case BoxSort::General: return {2};
        case BoxSort::Database: return {1};
        case BoxSort::Media: return {1};
        case BoxSort::TreeLeaves: return {3};
        case BoxSort::TreeInner: return {1};
    }
    return {1};
}

BoxSort sort_of_tree(ByteView chunk) {
    try {
        return load_node(chunk)->node.level > 0 ? BoxSort::TreeInner : BoxSort::TreeLeaves;
    } catch (const Error&) {
        return BoxSort::TreeLeaves;  // an attribute set
    }
}

void BoxGatherer::add(BoxSort sort, const ChunkId& id, ByteView plain) {
    BoxJob& box = open_[static_cast<std::size_t>(sort)];
    if (!box.plain.empty() && box.plain.size() + plain.size() > kBoxBytes) close(sort);
    if (box.plain.empty()) box.plain.reserve(std::max(kBoxBytes, plain.size()));
    append(box.plain, plain);
    box.contents.chunks.push_back({id, static_cast<std::uint32_t>(plain.size())});
    if (box.plain.size() >= kBoxBytes || box.contents.chunks.size() >= kBoxChunks) close(sort);
}

void BoxGatherer::close(BoxSort sort) {
    BoxJob& box = open_[static_cast<std::size_t>(sort)];
    if (box.plain.empty()) return;
    const bool is_tree = sort == BoxSort::TreeLeaves || sort == BoxSort::TreeInner;
    box.contents.kind = is_tree ? ChunkKind::Tree : ChunkKind::Data;
    box.level = level_of(sort);
    closed_.push_back(std::exchange(box, {}));
}

void BoxGatherer::close_data_boxes() {
    for (const BoxSort sort : {BoxSort::General, BoxSort::Database, BoxSort::Media}) close(sort);
}

void BoxGatherer::close_all() {
    close_data_boxes();
    for (const BoxSort sort : {BoxSort::TreeLeaves, BoxSort::TreeInner}) close(sort);
}

std::uint64_t seal_closed(BoxGatherer& gatherer, const Keys& keys, PackWriter& packs) {
    std::vector<BoxJob> boxes = gatherer.take_closed();
    for (BoxJob& box : boxes) {
        const SealedBox sealed = seal_box(keys, box.contents.kind, box.plain, box.contents.chunks, box.level);
        packs.append(sealed, std::move(box.contents));
    }
    return boxes.size();
}

}  // namespace vault
