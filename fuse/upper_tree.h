// The tree above the snapshots: snapshots/, latest, series/, hosts/, tags/ and versions/, made of folders and of
// symlinks into snapshots/, since one folder must not have two paths.
#pragma once

#include "fuse/catalogue.h"
#include "fuse/name_numbers.h"
#include "fuse/node_attributes.h"
#include "fuse/versions.h"

namespace vault {

// A node above the snapshots, or, with a slot, the folder of a snapshot.
struct UpperNode {
    Inode inode;
    EntryType type = EntryType::Directory;
    Time time;           // of the newest snapshot that it stands for
    std::string target;  // symlinks
};

// Thread-safe. All calls but attributes() may list the store, and throw what it throws then. Nodes are named by the
// rank part of their inodes.
class UpperTree {
  public:
    // All arguments outlive it.
    UpperTree(SnapshotWatch& watch, Versions& versions);

    std::optional<UpperNode> child(std::uint64_t folder, std::string_view name);
    // Throws NotFound for a node that is not there any more.
    UpperNode node(std::uint64_t number);
    std::uint64_t parent(std::uint64_t number);
    // As SnapshotTree::list; cookies do not move when snapshots come or go. versions/ lists nothing.
    void list(std::uint64_t folder, std::uint64_t cookie, const TakeItem& take);

    NodeAttributes attributes(const UpperNode& node) const;

    static constexpr std::size_t kNodesMax = 131'072;

  private:
    using Listed = std::shared_ptr<const Catalogue>;
    struct Links {
        std::shared_ptr<const std::vector<SnapshotLink>> links;
        std::string below;  // what of the snapshot they lead to: "" or an absolute path
    };

    std::optional<UpperNode> child_of_root(const Catalogue& now, std::string_view name) const;
    std::optional<UpperNode> group(const Listed& now, std::uint64_t folder, std::string_view name);
    UpperNode latest(const Catalogue& now) const;
    // The links in a folder of series/, hosts/, tags/ or versions/; nothing where it is not there.
    std::optional<Links> links_in(const Listed& now, const NameNumbers::Place& folder);
    UpperNode link(std::uint64_t folder, const SnapshotLink& link, const std::string& below);
    void list_links(const Listed& now, std::uint64_t folder, std::uint64_t cookie, const TakeItem& take);
    DirectoryItem item(const UpperNode& node, std::string name, std::uint64_t cookie) const;

    SnapshotWatch& watch_;
    Versions& versions_;
    mutable NameNumbers numbers_;
    const std::uint32_t uid_, gid_;
    const Time mounted_;
};

}  // namespace vault
