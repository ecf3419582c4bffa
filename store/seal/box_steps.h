// The steps of seal_box, for a test that puts a fault between them and a benchmark that measures one. Otherwise use
// store/seal/box.h.
#pragma once

#include "store/seal/box.h"

namespace vault {

SealedBox compress_and_seal(const Keys& keys, ChunkKind kind, ByteView plain, CompressionLevel level);

// Opens the box and recomputes the ids of its chunks from what it finds there; it is not told the plaintext, so that it
// cannot compare with that instead. Throws Corrupt.
void verify_box(const Keys& keys, ChunkKind kind, const SealedBox& box, std::span<const DirectoryChunk> chunks);

// seal_box, with `between(SealedBox&)` before the verification.
template <class Between>
SealedBox seal_box_with(const Keys& keys, ChunkKind kind, ByteView plain, std::span<const DirectoryChunk> chunks,
                        CompressionLevel level, Between between) {
    SealedBox box = compress_and_seal(keys, kind, plain, level);
    between(box);
    verify_box(keys, kind, box, chunks);
    return box;
}

}  // namespace vault
