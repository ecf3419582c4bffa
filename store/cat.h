// The content of one file, in order, every byte verified before it is handed out.
#pragma once

#include <functional>

#include "store/chunk_store.h"
#include "store/format/entry.h"

namespace vault {

// Hands out all bytes of a regular file; holes as zeros. Memory: a piece at a time beside the chunk store's caches.
// Throws Usage for an entry that is no regular file, Corrupt where a part does not verify or the parts do not add up to
// the size of the entry, NotFound where a chunk is in no pack of the view. What was handed out before an error is
// right.
void read_content(ChunkStore& chunks, const Entry& entry, const std::function<void(ByteView)>& take);

// Calls `each` for the chunks and holes of a regular file whose content is not inline, in order.
void list_extents(ChunkStore& chunks, const Entry& entry, const std::function<void(const Extent&)>& each);

}  // namespace vault
