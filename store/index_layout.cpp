// Fixed-width little-endian values.
#include "store/index_layout.h"

#include "store/format/cursor.h"

namespace vault {

namespace {

constexpr std::string_view kWhat = "the index";
constexpr std::string_view kNoteKeyPrefix = "note/";

std::string text_of(Writer& out) {
    return std::string(as_text(out.view()));
}

void append_big_endian(std::string& key, std::uint32_t number) {
    for (int shift = 24; shift >= 0; shift -= 8) key.push_back(static_cast<char>(number >> shift & 0xff));
}

}  // namespace

std::string note_key(std::string_view note) {
    return std::string(kNoteKeyPrefix).append(note);
}

std::string directories_key(std::string_view object_name) {
    return std::string(kDirectoriesKeyPrefix).append(object_name);
}

std::string directories_key(const SessionId& session) {
    return directories_key("dirs/" + session.hex());
}

std::string pack_key(PackNumber number) {
    std::string key;
    append_big_endian(key, number);
    return key;
}

PackNumber pack_of_key(std::string_view key) {
    Cursor in(as_bytes(key), kWhat);
    PackNumber number = 0;
    for (int byte = 0; byte < 4; ++byte) number = number << 8 | in.u8();
    in.expect_end();
    return number;
}

std::string copy_key(const ChunkId& id, PackNumber pack) {
    std::string key(as_text(id.view()));
    append_big_endian(key, pack);
    return key;
}

std::string encode_value(const IndexIdentity& identity) {
    Writer out;
    out.u32(identity.layout).id(identity.repository).id(identity.incarnation).u32(identity.next_pack);
    return text_of(out);
}

IndexIdentity decode_identity(std::string_view value) {
    Cursor in(as_bytes(value), kWhat);
    IndexIdentity identity;
    identity.layout = in.u32();
    // What follows is of this layout only.
    if (identity.layout != kIndexLayout) in.corrupt("another layout");
    identity.repository = in.id<RepositoryId>();
    identity.incarnation = in.id<IncarnationId>();
    identity.next_pack = in.u32();
    in.expect_end();
    return identity;
}

std::string encode_value(const PackRow& row) {
    Writer out;
    out.id(row.id).u64(row.bytes).u8(static_cast<std::uint8_t>(row.content)).u32(row.chunks);
    return text_of(out);
}

PackRow decode_pack_row(PackNumber number, std::string_view value) {
    Cursor in(as_bytes(value), kWhat);
    PackRow row;
    row.number = number;
    row.id = in.id<PackId>();
    row.bytes = in.u64();
    const std::uint8_t content = in.u8();
    if (content > static_cast<std::uint8_t>(ChunkKind::Tree)) in.corrupt("an unknown kind of chunk");
    row.content = static_cast<ChunkKind>(content);
    row.chunks = in.u32();
    in.expect_end();
    return row;
}

std::array<char, 20> encode_value(const ChunkLocation& at) {
    std::array<char, 20> value{};
    std::size_t place = 0;
    for (const std::uint32_t part : {at.pack, at.entry, at.box, at.offset, at.length})
        for (int shift = 0; shift < 32; shift += 8) value[place++] = static_cast<char>(part >> shift & 0xff);
    return value;
}

ChunkLocation decode_location(std::string_view value) {
    Cursor in(as_bytes(value), kWhat);
    ChunkLocation at;
    at.pack = in.u32();
    at.entry = in.u32();
    at.box = in.u32();
    at.offset = in.u32();
    at.length = in.u32();
    in.expect_end();
    return at;
}

}  // namespace vault
