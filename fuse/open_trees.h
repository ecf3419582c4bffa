// The snapshots and files that are being read, kept open while they are in use: a few of each.
#pragma once

#include "fuse/catalogue.h"
#include "fuse/file_reader.h"
#include "fuse/live_chunks.h"
#include "fuse/snapshot_tree.h"
#include "store/bounded_cache.h"

namespace vault {

// Thread-safe. All arguments outlive it.
class OpenTrees {
  public:
    OpenTrees(LiveChunks& chunks, const SnapshotWatch& watch)
        : chunks_(chunks), watch_(watch), trees_(kTreesMax), files_(kFilesBytesMax) {}

    // Throws NotFound for a slot that was never given, or whose snapshot was forgotten and has lost its chunks.
    std::shared_ptr<const SnapshotTree> tree(std::uint32_t slot);
    // The file at `inode`, which is in a snapshot. Throws NotFound, Usage where it is no regular file, Corrupt.
    std::shared_ptr<const FileReader> file(Inode inode);

    LiveChunks& chunks() const { return chunks_; }

    static constexpr std::size_t kTreesMax = 64;
    static constexpr std::size_t kFilesBytesMax = std::size_t{4} << 20;

  private:
    LiveChunks& chunks_;
    const SnapshotWatch& watch_;
    BoundedCache<std::uint32_t, SnapshotTree> trees_;
    BoundedCache<std::uint64_t, FileReader> files_;
};

}  // namespace vault
