// Boxes: consecutive chunks compressed and sealed together. docs/format.md 7.2.
#pragma once

#include <span>

#include "store/format/pack_directory.h"
#include "store/seal/keys.h"

namespace vault {

struct SealedBox {
    Bytes sealed;
    Codec codec = Codec::Raw;
    std::uint32_t generation = 1;
};

// zstd level; data that does not shrink by at least 1/32 is stored raw.
struct CompressionLevel {
    int value = 1;
};

// Compresses and seals `plain` (1 byte to 16 MiB), opens the result again and recomputes the id of each chunk from what
// was opened; `chunks` covers `plain` exactly. Thread-safe. Throws Corrupt if what was opened differs (a fault of
// memory or of a library): nothing of it may be stored then.
SealedBox seal_box(const Keys& keys, ChunkKind kind, ByteView plain, std::span<const DirectoryChunk> chunks,
                   CompressionLevel level);

// The plaintext of a box, `plain_bytes` long, of which nothing is verified yet but the AEAD: no byte of a chunk may be
// used before verify_chunk. Throws Corrupt, or Unsupported for a generation that the keyring lacks, naming `what`.
Bytes open_box(const Keys& keys, ChunkKind kind, ByteView sealed, Codec codec, std::uint32_t generation,
               std::uint32_t plain_bytes, std::string_view what);

// Throws Corrupt unless `plaintext` has that id.
void verify_chunk(const Keys& keys, ChunkKind kind, ByteView plaintext, const ChunkId& id, std::string_view what);
// Which of these are the bytes of the chunk of the same place in `ids`. Many at once take a fraction of the time.
std::vector<bool> verify_chunks(const Keys& keys, ChunkKind kind, std::span<const ByteView> plaintexts,
                                std::span<const ChunkId> ids);
// The same of all chunks of a box that was opened, back to back in `plain`. One that reaches beyond it is not sound.
std::vector<bool> sound_chunks(const Keys& keys, ChunkKind kind, std::span<const DirectoryChunk> chunks,
                               ByteView plain);

}  // namespace vault
