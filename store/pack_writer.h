// Packs in the writing: sealed boxes are appended in order, full packs are published by threads of their own, and
// second copies of directories follow in dirs/. docs/format.md, section 7.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "store/backend/backend.h"
#include "store/index.h"
#include "store/seal/box.h"

namespace vault {

struct PackLimits {
    // No pack is longer, unless its only box is. These are lengths that padding leaves as they are (padme_bytes): a
    // pack that were a little longer would be padded to the next.
    std::uint64_t data_bytes = 64ull << 20;
    std::uint64_t tree_bytes = 16ull << 20;
    unsigned publishers = 2;  // packs being made durable at once
};

// What a box held, in its order in the box.
struct BoxContents {
    ChunkKind kind = ChunkKind::Data;
    std::vector<DirectoryChunk> chunks;
};

class PackWriter {
  public:
    // `on_durable` is called for each pack after it is listed and durable, from any thread, one call at a time.
    PackWriter(Backend& backend, const Keys& keys, const SessionId& session, PackLimits limits,
               std::function<void(NewPack)> on_durable);
    // Without finish(): gives up, waits for the publishers, leaves nothing but temporaries.
    ~PackWriter();

    // Not thread-safe. Throws what publishing an earlier pack threw, too. Blocks while too many packs wait to be
    // published.
    void append(const SealedBox& box, BoxContents contents);

    // Closes the open packs and waits until all packs and dirs/ objects are durable.
    void finish();

    std::uint64_t sealed_bytes() const;  // of all boxes appended so far

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace vault
