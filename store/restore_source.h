// What a restore reads of a repository: a seam, so that restoring is tested without packs.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "store/chunk_store.h"
#include "store/folder_identity.h"
#include "store/format/commit_record.h"
#include "store/restore.h"

namespace vault {

// Chunks as ChunkStore gives them. Thread-safe.
class ChunkSource {
  public:
    virtual ~ChunkSource() = default;
    virtual std::vector<std::optional<PlacedChunk>> locate(std::span<const ChunkId> ids) = 0;
    // The plaintext of a box of data, of which nothing is verified. Throws Corrupt, NotFound, Io.
    virtual Bytes load_box(PackNumber pack, std::uint32_t box) = 0;
    // Which of these are the bytes of the chunk of data of the same place in `ids`.
    virtual std::vector<bool> verify(std::span<const ByteView> bytes, std::span<const ChunkId> ids) = 0;
    // A verified chunk from whichever copy is sound. Throws NotFound, Corrupt, Io.
    virtual Bytes chunk(ChunkKind kind, const ChunkId& id) = 0;
};

struct RestoreSource {
    ChunkSource& chunks;
    NodeSource& nodes;
    TreeRoot root;
    const CommitRecord& record;  // source roots, excludes and unreadable paths, for delete_extra
    std::vector<FolderIdentity> untouched = {};  // the target lies in none of them, and nothing in them is deleted
};

// restore() over any source. `boxes_loaded` of the report is what was asked of load_box.
RestoreReport restore_tree(const RestoreSource& source, const RestoreOptions& options,
                           const RestoreProgressSink& progress, const std::function<bool()>& interrupted);

}  // namespace vault
