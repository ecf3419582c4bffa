// Reads manifest and extents trees: seek by key, rank and byte offset, scan, sums, and the difference of two trees that skips equal
// nodes. Everything that a parent says of a child is checked when the child is read (Corrupt). docs/format.md 8.4.
// Readers are thread-safe if their NodeSource is; cursors are not. Memory: one path of nodes a cursor.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "store/tree_nodes.h"

namespace vault {

// A position in a manifest. Keeps the nodes on its path alive.
class ManifestCursor {
  public:
    bool valid() const;                 // false: past the last entry
    const std::string& key() const;
    ByteView entry_bytes() const;       // the encoded entry; lives until the next move
    Entry entry() const;                // decoded
    std::uint64_t rank() const;         // 0 for the first entry of the manifest
    void next();

  private:
    friend class ManifestReader;
    struct Step {
        std::shared_ptr<const Node> node;
        std::size_t index = 0;
    };
    NodeSource* source_ = nullptr;
    std::vector<Step> path_;  // root first
    std::uint64_t rank_ = 0;
};

class ManifestReader {
  public:
    ManifestReader(NodeSource& source, TreeRoot root);

    Totals totals() const;                                        // of the whole tree
    ManifestCursor begin() const;
    ManifestCursor seek(std::string_view key) const;              // the first entry whose key is not below `key`
    ManifestCursor seek_rank(std::uint64_t rank) const;           // past the end: not valid
    std::optional<Entry> find(std::string_view key) const;        // exactly this key
    // Sums over the entries with from <= key < to; an empty `to` means to the end. Two seeks, whatever lies between.
    Totals totals_between(std::string_view from, std::string_view to) const;

  private:
    NodeSource* source_;
    TreeRoot root_;
};

// What a range of keys starting with `prefix` ends before; empty: no end.
std::string prefix_end(std::string_view prefix);

// Calls `visit(key, before, after)` for each key whose encoded entry differs, in order of key; absent: nullopt. Subtrees of nodes
// with equal ids are not read. Constant memory.
struct ManifestDifference {
    std::string_view key;
    std::optional<ByteView> before, after;
};
void diff_manifests(NodeSource& source, TreeRoot before, TreeRoot after,
                    const std::function<void(const ManifestDifference&)>& visit);

// A position in an extents tree. Repeats are walked one by one.
class ExtentsCursor {
  public:
    bool valid() const;
    const Extent& extent() const;
    std::uint64_t offset() const;     // of the extent's first byte in the content
    std::uint64_t index() const;      // how many extents lie before it
    void next();

  private:
    friend class ExtentsReader;
    struct Step {
        std::shared_ptr<const Node> node;
        std::size_t index = 0;
        std::uint64_t repetition = 0;  // how many of the item's repeats lie before
    };
    NodeSource* source_ = nullptr;
    std::vector<Step> path_;
    std::uint64_t offset_ = 0, index_ = 0;
};

class ExtentsReader {
  public:
    ExtentsReader(NodeSource& source, TreeRoot root);
    Totals totals() const;
    ExtentsCursor begin() const;
    ExtentsCursor seek(std::uint64_t byte_offset) const;          // the extent that holds this byte; past the end: not valid
    ExtentsCursor seek_index(std::uint64_t index) const;

  private:
    NodeSource* source_;
    TreeRoot root_;
};

// Every node id of a tree, each distinct id once, parents before children; `visit` returns false to leave out what lies below.
void visit_nodes(NodeSource& source, TreeRoot root, const std::function<bool(const ChunkId&, const Node&)>& visit);

}  // namespace vault
