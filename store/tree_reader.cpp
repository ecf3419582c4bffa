// Manifests: seek by key and by rank, sums of ranges.
#include "store/tree_reader.h"

#include <algorithm>

#include "store/finding.h"
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

bool is_loss(const Error& error) {
    return is_damaged_or_gone(error) || error.kind() == ErrorKind::Io;
}

void ManifestCursor::next() {
    advance(*source_, path_);
    ++rank_;
}

void ManifestCursor::next(const OnLostNode& lost) {
    step_over(path_);
    ++rank_;
    descend({}, lost);
}

// From the item where the path ends down to the first entry in or behind it whose key is not below `key`.
void ManifestCursor::descend(std::string_view key, const OnLostNode& lost) {
    Totals before{rank_};  // saturates as the sums do that inner nodes hold
    while (!path_.empty() && path_.back().node->node.level > 0) {
        try {
            auto node = open_child(*source_, path_);
            const std::size_t index = lower_bound(*node, key);
            before += {entries_before(*node, index)};
            path_.push_back({std::move(node), index});
        } catch (const Error& error) {
            if (!is_loss(error)) throw;
            const LostNode node = lost_child(path_, error);
            before += {node.totals.entries};
            if (lost(node)) {
                step_over(path_);
            } else {
                path_.clear();
            }
        }
    }
    rank_ = before.entries;
}

ManifestReader::ManifestReader(NodeSource& source, TreeRoot root)
    : source_(&source), root_(open_root(source, TreeKind::Manifest, root)) {}

ManifestCursor ManifestReader::seek(std::string_view key) const {
    return seek(key, [](const LostNode& node) -> bool { throw node.error; });
}

ManifestCursor ManifestReader::seek(std::string_view key, const OnLostNode& lost) const {
    ManifestCursor cursor;
    cursor.source_ = source_;
    const std::size_t index = lower_bound(*root_, key);
    if (index == root_->size()) return {};  // of the root only: below it, the last key is the parent's
    cursor.rank_ = entries_before(*root_, index);
    cursor.path_.push_back({root_, index});
    cursor.descend(key, lost);
    return cursor;
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
