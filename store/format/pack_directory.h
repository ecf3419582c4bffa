// What a pack holds: its directory and trailer, and the dirs/ object that keeps second copies. docs/format.md, 7.
#pragma once

#include <vector>

#include "store/format/cursor.h"
#include "store/format/envelope.h"

namespace vault {

constexpr std::size_t kPackHeaderBytes = kEnvelopeBytes + 16;
constexpr std::size_t kPackTrailerPlainBytes = 32;
constexpr std::size_t kPackTrailerBytes = kPackTrailerPlainBytes + kSealOverheadBytes;

struct DirectoryChunk {
    ChunkId id;
    std::uint32_t length = 0;
    bool operator==(const DirectoryChunk&) const = default;
};

struct DirectoryBox {
    std::uint32_t sealed_bytes = 0;
    Codec codec = Codec::Raw;
    std::uint32_t generation = 1;
    std::vector<DirectoryChunk> chunks;  // in their order in the box
    bool operator==(const DirectoryBox&) const = default;
    std::uint64_t plain_bytes() const;
};
// What it takes in the record of its directory, and the most that a record without extensions has beside its boxes.
std::uint64_t encoded_bytes(const DirectoryBox& box);
constexpr std::uint64_t kDirectoryBytesBesideBoxes = SessionId::kBytes + 1 + 3 + 1;

struct PackDirectory {
    SessionId session;
    ChunkKind content = ChunkKind::Data;
    std::vector<DirectoryBox> boxes;  // in their order in the pack, the first at kPackHeaderBytes
    Extensions extensions;
    bool operator==(const PackDirectory&) const = default;
    std::uint64_t boxes_end() const;  // offset behind the last box
    std::uint64_t chunk_count() const;
};

Bytes encode(const PackDirectory& directory);
PackDirectory decode_pack_directory(ByteView record);

struct PackTrailer {
    std::uint64_t boxes_end = 0;
    std::uint64_t directory_offset = 0;
    std::uint32_t directory_sealed_bytes = 0;
    bool operator==(const PackTrailer&) const = default;
};

std::array<std::uint8_t, kPackTrailerPlainBytes> encode(const PackTrailer& trailer);
// Throws Corrupt also where the parts do not fit a pack of `pack_bytes`.
PackTrailer decode_pack_trailer(ByteView record, std::uint64_t pack_bytes);

struct DirectoryCopy {
    PackId pack;
    std::uint64_t pack_bytes = 0;
    std::array<std::uint8_t, kPackHeaderBytes> header{};  // the pack's first bytes: envelope and salt
    Bytes directory;  // an encoded PackDirectory
    bool operator==(const DirectoryCopy&) const = default;
};

struct DirectoriesRecord {
    SessionId session;
    std::uint64_t number = 1;
    std::vector<DirectoryCopy> copies;  // pack ids ascending
    Extensions extensions;
    bool operator==(const DirectoriesRecord&) const = default;
};

Bytes encode(const DirectoriesRecord& record);
DirectoriesRecord decode_directories(Cursor& cursor);

// The Padmé length for `bytes` (Nikitin et al., PoPETs 2019): the least allowed length that is not below it.
std::uint64_t padme_bytes(std::uint64_t bytes);

}  // namespace vault
