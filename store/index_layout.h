// Keys and values of the index's columns. Local to one cache folder: no part of the repository's format, and free to
// change with kIndexLayout, since another layout is thrown away and rebuilt. Not for reading or writing the database.
#pragma once

#include <string>
#include <string_view>

#include "store/index.h"

namespace vault {

constexpr std::uint32_t kIndexLayout = 1;

using IncarnationId = Id<struct IncarnationTag, 16>;

// Which index this is: pack numbers mean nothing outside the incarnation that gave them.
struct IndexIdentity {
    std::uint32_t layout = kIndexLayout;
    RepositoryId repository;
    IncarnationId incarnation;
    PackNumber next_pack = 1;  // the number that the next new pack gets
};

// What the column `packs` holds of each pack.
struct PackRow {
    PackNumber number = 0;
    PackId id;
    std::uint64_t bytes = 0;
    ChunkKind content = ChunkKind::Data;
    std::uint32_t chunks = 0;
};

// A chunk and one place of it, as it is sorted and stored. Rows are written to temporary files as they are.
struct ChunkRow {
    ChunkId id;
    ChunkLocation at;
};
static_assert(std::is_trivially_copyable_v<ChunkRow> && sizeof(ChunkRow) == 52);

// Column `meta`.
constexpr std::string_view kIdentityKey = "identity";
std::string note_key(std::string_view note);
// Stands while the dirs/ object of this name, or all of this session's, have been read.
std::string directories_key(std::string_view object_name);
std::string directories_key(const SessionId& session);
constexpr std::string_view kDirectoriesKeyPrefix = "read/";

// Numbers are big-endian in keys: their order is the order of keys.
std::string pack_key(PackNumber number);
PackNumber pack_of_key(std::string_view key);
std::string copy_key(const ChunkId& id, PackNumber pack);

// Decoding throws Corrupt, naming the index.
std::string encode_value(const IndexIdentity& identity);
IndexIdentity decode_identity(std::string_view value);
std::string encode_value(const PackRow& row);
PackRow decode_pack_row(PackNumber number, std::string_view value);
std::array<char, 20> encode_value(const ChunkLocation& at);
ChunkLocation decode_location(std::string_view value);

}  // namespace vault
