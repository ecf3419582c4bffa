// One snapshot by rank: a node's entry, its children by name and by place. Everything is found by seeks in the
// manifest, so nothing grows with the number of entries.
#pragma once

#include <array>
#include <mutex>
#include <string>

#include "fuse/node_attributes.h"
#include "store/tree_reader.h"

namespace vault {

// An entry with what its place in the manifest says.
struct RankedEntry {
    std::uint64_t rank = 0;  // of its first link
    std::string key;         // of that link, or of the name that was asked for
    Entry entry;
};

// Thread-safe. Throws Corrupt for a manifest that is not what docs/format.md says, NotFound for a rank that it does not
// have; and what `source` throws.
class SnapshotTree {
  public:
    // Reads the root node. `source` outlives the tree.
    SnapshotTree(NodeSource& source, TreeRoot root, std::uint32_t slot);

    std::uint32_t slot() const { return slot_; }
    Totals totals() const { return manifest_.totals(); }
    const ManifestReader& manifest() const { return manifest_; }

    RankedEntry at(std::uint64_t rank) const;
    std::optional<RankedEntry> at_key(const std::string& key) const;
    // Nothing where the folder has no such name. Throws Usage where `folder` is none.
    std::optional<RankedEntry> child(std::uint64_t folder, std::string_view name) const;
    std::uint64_t parent(std::uint64_t folder) const;  // the root's is itself

    // The children of `folder` from `cookie` on, until there are no more or `take` refuses one.
    void list(std::uint64_t folder, std::uint64_t cookie, const TakeItem& take) const;

    NodeAttributes attributes(const RankedEntry& ranked) const;

  private:
    // Where a listing stopped, so that the next call need not seek. Forgotten, it costs a seek.
    struct Pause {
        std::uint64_t folder = 0, cookie = 0;
        std::string prefix;
        ManifestCursor cursor;
    };
    static constexpr std::size_t kPausesMax = 16;

    std::string prefix_of(std::uint64_t folder) const;
    RankedEntry ranked(const ManifestCursor& cursor) const;
    Pause resume(std::uint64_t folder, std::uint64_t cookie) const;
    void keep(Pause pause) const;

    const ManifestReader manifest_;
    const std::uint32_t slot_;
    mutable std::mutex mutex_;  // guards the two
    mutable std::array<Pause, kPausesMax> pauses_;
    mutable std::size_t next_pause_ = 0;
};

}  // namespace vault
