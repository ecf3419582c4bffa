// Extents: seek by byte and by number, over repeats at any level.
#include <algorithm>

#include "store/format/limits.h"
#include "store/tree_path.h"
#include "store/tree_reader.h"

namespace vault {

void ExtentsCursor::next() {
    offset_ += extent().length;
    ++index_;
    advance(*source_, path_);
}

ExtentsReader::ExtentsReader(NodeSource& source, TreeRoot root)
    : source_(&source), root_(open_root(source, TreeKind::Extents, root)) {
    if (root_->totals.apparent > kFileBytesMax)
        throw Error(ErrorKind::Corrupt, "tree node " + root.id.hex() + ": a content above 2^63 - 1 bytes");
}

ExtentsCursor ExtentsReader::seek(std::uint64_t byte_offset) const {
    return seek(byte_offset, Measure::ByBytes);
}

ExtentsCursor ExtentsReader::seek_index(std::uint64_t index) const {
    return seek(index, Measure::ByExtents);
}

ExtentsCursor ExtentsReader::seek(std::uint64_t target, Measure measure) const {
    const bool by_bytes = measure == Measure::ByBytes;
    ExtentsCursor cursor;
    if (target >= (by_bytes ? root_->totals.apparent : root_->totals.entries)) return cursor;
    cursor.source_ = source_;
    for (auto node = root_;; node = open_child(*source_, cursor.path_)) {
        const auto& ends = by_bytes ? node->bytes_end : node->entries_end;
        const auto index = static_cast<std::size_t>(std::upper_bound(ends.begin(), ends.end(), target) - ends.begin());
        const bool leaf = node->node.level == 0;
        const Totals one = leaf ? totals_of(node->extents()[index].extent) : child_of(*node, index).totals;
        const std::uint64_t begin = index == 0 ? 0 : ends[index - 1];
        const std::uint64_t size = by_bytes ? one.apparent : one.entries;
        const std::uint64_t repetition = (target - begin) / size;
        target -= begin + repetition * size;
        cursor.offset_ += (index == 0 ? 0 : node->bytes_end[index - 1]) + repetition * one.apparent;
        cursor.index_ += (index == 0 ? 0 : node->entries_end[index - 1]) + repetition * one.entries;
        cursor.path_.push_back({node, index, repetition});
        if (leaf) return cursor;
    }
}

}  // namespace vault
