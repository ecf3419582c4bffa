// A repository as a file system: what the kernel asks for by inode number, answered without libfuse, so that it is
// tested without a kernel.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "fuse/open_trees.h"
#include "fuse/upper_tree.h"
#include "fuse/versions.h"
#include "store/repository.h"
#include "store/snapshots.h"

namespace vault {

struct VaultFsOptions {
    SnapshotFilter filter;  // which snapshots are shown
    // SNAP[:PATH]: the mount point is that folder, and there is nothing above it. `latest` is meant within the filter.
    std::optional<std::string> snapshot;
    std::function<void(const std::string&)> tell;  // of snapshots that cannot be listed, one line each; may be empty
    // With the index's 48 + 24 MiB and what the program takes this stays below 256 MiB.
    ChunkStoreBudget budget{.box_cache_bytes = std::size_t{32} << 20, .node_cache_bytes = std::size_t{40} << 20};
};

struct FileSystemSize {
    std::uint64_t bytes = 0;    // a snapshot: of its contents as du counts them; above: what the packs take
    std::uint64_t entries = 0;  // of the snapshot; above: of all that are shown
};

// Thread-safe. Numbers are those of inode.h; kRootInode is the mount point. Everything throws: NotFound for an inode
// that is not there any more, Usage for a node of another type than the call is for, Corrupt where what is stored does
// not verify, Io where the repository does not answer.
class VaultFs {
  public:
    // Reads the index and the list of snapshots. Throws NotFound, Usage or Corrupt for a `snapshot` that is no folder
    // of one snapshot. `repository` outlives it.
    VaultFs(const Repository& repository, VaultFsOptions options);

    std::optional<FoundNode> lookup(std::uint64_t folder, const std::string& name);
    NodeAttributes getattr(std::uint64_t inode);
    std::string readlink(std::uint64_t inode);
    // Items from `cookie` (0: the first) on, `.` and `..` included, until `take` refuses one.
    void readdir(std::uint64_t folder, std::uint64_t cookie, const TakeItem& take);

    FileBytes read(std::uint64_t inode, std::uint64_t offset, std::size_t size);
    // The regular files that stand behind `file` in its folder and have between one byte and `kSmallFileBytes`, in the
    // order of their inodes, until `take` returns false. It may ask for the content, which throws as read() does.
    using TakeSmallFile = std::function<bool(std::uint64_t inode, const std::function<FileBytes()>& content)>;
    void small_files_after(std::uint64_t file, const TakeSmallFile& take);
    static constexpr std::uint64_t kSmallFileBytes = std::uint64_t{256} << 10;

    std::optional<std::uint64_t> seek(std::uint64_t inode, std::uint64_t offset, SeekTo what);

    std::vector<std::string> attribute_names(std::uint64_t inode);
    std::optional<Bytes> attribute(std::uint64_t inode, const std::string& name);
    std::uint32_t attribute_flags(std::uint64_t inode);  // chattr

    FileSystemSize size_of(std::uint64_t inode);

    // Whether the inode is of a snapshot that is not listed any more: then what is missing of it is no damage.
    bool is_forgotten(std::uint64_t inode);

    std::uint64_t boxes_loaded() const { return chunks_.boxes_loaded(); }

  private:
    Inode resolve(std::uint64_t number) const;
    FoundNode found(const UpperNode& node);
    std::uint64_t entries_shown();
    AttributeSet attributes_of(const Entry& entry);

    SnapshotWatch watch_;  // before the view: all that it lists can then be read
    LiveChunks chunks_;
    OpenTrees trees_;
    Versions versions_;
    UpperTree upper_;
    std::optional<Inode> root_;  // the mount point, if it is a folder of a snapshot
};

}  // namespace vault
