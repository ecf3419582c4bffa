// Reads manifest and extents trees: seek by key, rank and byte offset, scan, sums. Everything that a parent says of a
// child is checked when the child is read (Corrupt). docs/format.md 8.4. Readers are thread-safe if their NodeSource
// is; cursors are not. Memory: one path of nodes a cursor, at most 32.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/base/error.h"
#include "store/tree_nodes.h"

namespace vault {

// One node on the way from the root to a position, and where in it the way goes on.
struct TreeStep {
    std::shared_ptr<const TreeNode> node;
    std::size_t index = 0;
    std::uint64_t repetition = 0;  // extents: how many of the item's repeats lie before
};
using TreePath = std::vector<TreeStep>;  // root first

// A node of a manifest that cannot be read, and with it every entry of the keys after < key <= last_key: as the node
// above it tells.
struct LostNode {
    ChunkId id;
    std::optional<std::string> after;  // the last key before it; nothing where it holds the manifest's first entry
    std::string last_key;
    Totals totals;  // of the entries in it
    Error error;

    bool hides(std::string_view key) const { return (!after || *after < key) && key <= last_key; }
};

// Whether reading a node failed because this node is lost (Corrupt, NotFound, Io), and others may well be read.
bool is_loss(const Error& error);

// Told of a lost node; returns whether to go on behind it.
using OnLostNode = std::function<bool(const LostNode&)>;

// A position in a manifest. Keeps the nodes on its path alive; outlives its reader, but not the source. What key() and
// entry_bytes() return lives until the next move.
class ManifestCursor {
  public:
    bool valid() const { return !path_.empty(); }  // false: past the last entry
    const std::string& key() const { return item().key; }
    ByteView entry_bytes() const { return item().entry; }    // the encoded entry
    Entry entry() const { return decode_entry(item().entry); }
    std::uint64_t rank() const { return rank_; }             // 0 for the first entry of the manifest
    void next();                                             // valid() must hold
    // The same, but past every node that is lost. Not valid where `lost` asks not to go on.
    void next(const OnLostNode& lost);

  private:
    friend class ManifestReader;
    const ManifestLeafItem& item() const { return path_.back().node->manifest_entries()[path_.back().index]; }
    void descend(std::string_view key, const OnLostNode& lost);

    NodeSource* source_ = nullptr;
    TreePath path_;
    std::uint64_t rank_ = 0;
};

class ManifestReader {
  public:
    // Reads the root and keeps it. `source` outlives the reader and its cursors.
    ManifestReader(NodeSource& source, TreeRoot root);

    Totals totals() const { return root_->totals; }               // of the whole tree
    ManifestCursor begin() const { return seek_rank(0); }
    ManifestCursor seek(std::string_view key) const;              // the first entry whose key is not below `key`
    // The same of the entries that can be read: past every node that is lost. Not valid where `lost` asks not to go on.
    ManifestCursor seek(std::string_view key, const OnLostNode& lost) const;
    ManifestCursor seek_rank(std::uint64_t rank) const;           // past the end: not valid
    std::optional<Entry> find(std::string_view key) const;        // exactly this key
    // Sums over the entries with from <= key < to; an empty `to` means to the end. Reads two paths, whatever lies
    // between.
    Totals totals_between(std::string_view from, std::string_view to) const;

  private:
    NodeSource* source_;
    std::shared_ptr<const TreeNode> root_;
};

// What a range of keys starting with `prefix` ends before; empty: no end.
std::string prefix_end(std::string_view prefix);

// A position in an extents tree. Repeats are walked one by one.
class ExtentsCursor {
  public:
    bool valid() const { return !path_.empty(); }
    const Extent& extent() const { return path_.back().node->extents()[path_.back().index].extent; }
    std::uint64_t offset() const { return offset_; }  // of the extent's first byte in the content
    std::uint64_t index() const { return index_; }    // how many extents lie before it
    void next();                                      // valid() must hold

  private:
    friend class ExtentsReader;
    NodeSource* source_ = nullptr;
    TreePath path_;
    std::uint64_t offset_ = 0, index_ = 0;
};

class ExtentsReader {
  public:
    // Reads the root and keeps it. That totals().apparent is the size that the entry names is for the caller to check.
    ExtentsReader(NodeSource& source, TreeRoot root);
    Totals totals() const { return root_->totals; }
    ExtentsCursor begin() const { return seek_index(0); }
    ExtentsCursor seek(std::uint64_t byte_offset) const;  // the extent that holds this byte; past the end: not valid
    ExtentsCursor seek_index(std::uint64_t index) const;

  private:
    enum class Measure { ByBytes, ByExtents };
    ExtentsCursor seek(std::uint64_t target, Measure measure) const;

    NodeSource* source_;
    std::shared_ptr<const TreeNode> root_;
};

}  // namespace vault
