// Manifests: seek by key and by rank, sums of ranges.
#include "store/tree_reader.h"

#include <algorithm>

#include "store/format/entry_totals.h"
#include "store/tree_path.h"

namespace vault {

namespace {

// Entries in the items before `index`.
std::uint64_t entries_before(const TreeNode& node, std::size_t index) {
    if (node.node.level == 0) return index;
    return index == 0 ? 0 : node.entries_end[index - 1];
}

Totals totals_of_item(const TreeNode& node, std::size_t index) {
    return node.node.level == 0 ? totals_of_record(node.manifest_entries()[index].entry)
                                : node.manifest_children()[index].child.totals;
}

struct KeyRange {
    std::string_view from, to;  // empty: no bound
};

// The sums in `range` below the node at the end of the path. Items are added, not sums of prefixes subtracted: totals
// saturate, and a few sparse files are enough for that.
Totals sum_in(NodeSource& source, TreePath& path, const KeyRange& range) {
    const std::shared_ptr<const TreeNode> node = path.back().node;
    const std::size_t first = range.from.empty() ? 0 : lower_bound(*node, range.from);
    const std::size_t last = range.to.empty() ? node->size() : lower_bound(*node, range.to);
    const auto below = [&](std::size_t index, const KeyRange& part) {
        path.back().index = index;
        path.push_back({open_child(source, path)});
        const Totals sum = sum_in(source, path, part);
        path.pop_back();
        return sum;
    };

    Totals sum;
    std::size_t whole = first;  // first item that lies in the range with all below it
    if (node->node.level > 0) {
        if (first == last && first < node->size()) return below(first, range);
        if (first < last && !range.from.empty()) sum += below(whole++, {range.from, {}});
    }
    for (; whole < last; ++whole) sum += totals_of_item(*node, whole);
    if (node->node.level > 0 && last < node->size()) sum += below(last, {{}, range.to});
    return sum;
}

}  // namespace

void ManifestCursor::next() {
    advance(*source_, path_);
    ++rank_;
}

ManifestReader::ManifestReader(NodeSource& source, TreeRoot root)
    : source_(&source), root_(open_root(source, TreeKind::Manifest, root)) {}

ManifestCursor ManifestReader::seek(std::string_view key) const {
    ManifestCursor cursor;
    cursor.source_ = source_;
    for (auto node = root_;; node = open_child(*source_, cursor.path_)) {
        const std::size_t index = lower_bound(*node, key);
        if (index == node->size()) return {};  // of the root only: below it, the last key is the parent's
        Totals before{cursor.rank_};
        cursor.rank_ = (before += {entries_before(*node, index)}).entries;
        cursor.path_.push_back({node, index});
        if (node->node.level == 0) return cursor;
    }
}

ManifestCursor ManifestReader::seek_rank(std::uint64_t rank) const {
    ManifestCursor cursor;
    if (rank >= root_->totals.entries) return cursor;
    cursor.source_ = source_;
    cursor.rank_ = rank;
    for (auto node = root_;; node = open_child(*source_, cursor.path_)) {
        std::size_t index = rank;
        if (node->node.level > 0) {
            const auto found = std::upper_bound(node->entries_end.begin(), node->entries_end.end(), rank);
            index = static_cast<std::size_t>(found - node->entries_end.begin());
            rank -= entries_before(*node, index);
        }
        cursor.path_.push_back({node, index});
        if (node->node.level == 0) return cursor;
    }
}

std::optional<Entry> ManifestReader::find(std::string_view key) const {
    const ManifestCursor cursor = seek(key);
    if (!cursor.valid() || cursor.key() != key) return std::nullopt;
    return cursor.entry();
}

Totals ManifestReader::totals_between(std::string_view from, std::string_view to) const {
    if (!to.empty() && from >= to) return {};
    TreePath path{{root_}};
    return sum_in(*source_, path, {from, to});
}

std::string prefix_end(std::string_view prefix) {
    std::string end(prefix);
    while (!end.empty() && end.back() == '\xFF') end.pop_back();
    if (!end.empty()) end.back() = static_cast<char>(end.back() + 1);
    return end;
}

}  // namespace vault
