// Walks the trees of snapshots for a check: every node is read and decoded once, however many snapshots share it, and
// everything that it says is compared with what lies below it. docs/format.md, 8.3 to 8.6.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/check_chunks.h"
#include "store/damage_report.h"
#include "store/format/commit_record.h"
#include "store/tree_path.h"

namespace vault {

// Memory: three bits a chunk, 24 bytes a tree node, and two paths of nodes. Not thread-safe.
class TreeCheck {
  public:
    // All outlive this.
    TreeCheck(const Repository& repository, CheckChunks& chunks, std::function<void()> poll)
        : repository_(repository), chunks_(chunks), poll_(std::move(poll)) {}

    // Walks what was not walked before. What is missing or bad is noted in the CheckChunks. Returns what the snapshot
    // says that is not so although every chunk is sound, one line each: a fault of the program that wrote it.
    std::vector<std::string> walk(const CommitRecord& snapshot);

    std::uint64_t nodes() const { return nodes_; }      // read
    std::uint64_t entries() const { return entries_; }  // of manifests, in those

  private:
    // What has to be known of a node that was walked, to compare it with another parent's item.
    struct Seen {
        std::uint64_t fingerprint = 0;    // of kind, level, totals and last key
        std::uint64_t content_bytes = 0;  // of the regular files below
        bool whole = true;                // everything below was read
        bool closed = true;               // it may stand before another node of its level
    };
    struct Below {
        std::uint64_t content_bytes = 0;
        bool whole = true;
        bool closed = true;
    };
    static Seen seen(const TreeNode& node, const Below& below);

    Below walk_node(const std::shared_ptr<const TreeNode>& node);
    Below walk_children(const TreeNode& node);
    Below walk_entries(const TreeNode& node);
    Below walk_extents(const TreeNode& node);
    void check_place(const Entry& entry, const std::string& key);
    bool follow_data(const std::vector<Extent>& extents);
    bool follow_attributes(const AttributesChunk& stored);
    bool follow_extents(const ExtentsRoot& root, const Entry& entry);
    Below fail(ChunkKind kind, const ChunkId& id, const Error& error);
    void complain(const std::string& why);
    std::vector<std::optional<ChunkLocation>> find(const std::vector<ChunkId>& ids) const;

    const Repository& repository_;
    CheckChunks& chunks_;
    std::function<void()> poll_;
    std::unordered_map<std::uint64_t, Seen> seen_;  // by pack << 32 | entry
    std::uint64_t nodes_ = 0, entries_ = 0;

    // Of the snapshot that is walked.
    TreePath path_;
    std::optional<ManifestReader> reader_;
    std::string last_parent_;  // known to be there
    std::vector<std::string> wrong_;
};

}  // namespace vault
