// In which snapshots an entry stands: a search through the manifests of many snapshots that looks into what they share
// only once.
#pragma once

#include <functional>
#include <optional>

#include "store/bounded_cache.h"
#include "store/list_entries.h"
#include "store/path_patterns.h"

namespace vault {

// What is looked for: both bounds are of mtime, and count.
struct Wanted {
    PathPatterns patterns;
    std::optional<Time> oldest, newest;
};

// For what is remembered of the nodes that were searched. A node without a match takes about 200 bytes of it; one with
// matches also their entries. Beyond that, what was not met for longest is searched anew when it is met again.
constexpr std::size_t kFindMemoryBytes = 32u << 20;

// One thread.
class Finder {
  public:
    using Each = std::function<void(const PlacedEntry&)>;
    using Lost = std::function<void(const LostNode&)>;

    // `source` outlives the finder. `interrupted` is polled at each node; true ends the search with Interrupted.
    Finder(NodeSource& source, Wanted wanted, std::function<bool()> interrupted,
           std::size_t memory_bytes = kFindMemoryBytes)
        : source_(source), wanted_(std::move(wanted)), interrupted_(std::move(interrupted)), searched_(memory_bytes) {}

    // Calls `each` for the entries meant, in the order of the manifest; the root is none. A subtree of nodes that an
    // earlier call searched is not read again if nothing was found in it, a leaf not in any case. Each lost node that
    // may hold such entries is told to `lost`, in every tree that it is missed in, and the rest is searched. Throws
    // what reading the root throws.
    void find(const TreeRoot& root, const Each& each, const Lost& lost);

  private:
    // What a search found below a node; of a leaf the entries themselves.
    struct Found {
        bool any = false;  // or some node there is lost: what is lost is not remembered, but missed again
        std::vector<ManifestLeafItem> entries;
    };
    // Nodes have their ids from their contents, which hold whole keys: what was found below one is found below it in
    // every tree, at the same paths.
    using Searched = BoundedCache<ChunkId, Found>;

    struct NodePlace {
        ChunkId id;
        std::uint8_t level;
    };
    struct Tell {
        const Each& each;
        const Lost& lost;
    };
    // Whether anything was found or lost. `open` reads the node; `path` leads to its parent.
    bool visit(const NodePlace& place, const std::function<std::shared_ptr<const TreeNode>()>& open, TreePath& path,
               const Tell& tell);
    bool visit_child(TreePath& path, const Tell& tell);
    Found search(TreePath& path, const Tell& tell);
    Found search_leaf(const TreeNode& leaf, const Tell& tell) const;
    bool lies_outside(const TreeNode& node, std::size_t child) const;

    NodeSource& source_;
    const Wanted wanted_;
    const std::function<bool()> interrupted_;
    Searched searched_;
};

}  // namespace vault
