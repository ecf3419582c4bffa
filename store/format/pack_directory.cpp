// Pack directories and trailers, and the second copies of directories.
#include "store/format/pack_directory.h"

#include <bit>
#include <cstring>

#include "store/format/checks.h"
#include "store/format/limits.h"

namespace vault {

namespace {

constexpr std::size_t kChunkBytesEncodedMin = 32 + 1;
constexpr std::size_t kBoxBytesEncodedMin = 5 + kChunkBytesEncodedMin;
constexpr std::size_t kCopyBytesEncodedMin = 32 + 1 + kPackHeaderBytes + 1;
constexpr std::uint64_t kReferencesMax = 64;

void check(const DirectoryBox& box) {
    constexpr std::string_view kWhat = "pack directory";
    require(!box.chunks.empty(), kWhat, "a box without chunks");
    std::uint64_t plain = 0;
    for (const DirectoryChunk& chunk : box.chunks) {
        require(chunk.length >= 1 && chunk.length <= kChunkBytesMax, kWhat, "a chunk that is empty or above 16 MiB");
        plain += chunk.length;
    }
    require(plain <= kBoxBytesMax, kWhat, "a box above 16 MiB of plaintext");
    require(box.generation != 0, kWhat, "generation 0 of the master key");
    require(box.sealed_bytes > kSealOverheadBytes, kWhat, "a sealed box without content");
    const std::uint64_t frame = box.sealed_bytes - kSealOverheadBytes;
    require(box.codec == Codec::Raw ? frame == plain : frame < plain, kWhat,
            "a sealed length that does not fit codec and plaintext");
}

void check(const PackDirectory& directory) {
    constexpr std::string_view kWhat = "pack directory";
    require(!directory.boxes.empty() && directory.boxes.size() <= kPackBoxesMax, kWhat, "no box, or too many");
    std::uint64_t chunks = 0, plain = 0;
    for (const DirectoryBox& box : directory.boxes) {
        check(box);
        chunks += box.chunks.size();
        plain += box.plain_bytes();
        require(chunks <= kPackChunksMax && plain <= kPackPlainBytesMax, kWhat, "more chunks than a pack may hold");
    }
    require(directory.boxes_end() <= kPackBytesMax, kWhat, "boxes longer than a pack may be");
}

DirectoryBox decode_box(Cursor& in) {
    DirectoryBox box;
    box.sealed_bytes = static_cast<std::uint32_t>(in.varint_at_most(kBoxSealedBytesMax, "sealed length of a box"));
    const std::uint8_t codec = in.u8();
    if (codec > static_cast<std::uint8_t>(Codec::Zstd)) in.unsupported("codec " + std::to_string(codec));
    box.codec = static_cast<Codec>(codec);
    box.generation = static_cast<std::uint32_t>(in.varint_at_most(kU32Max, "generation"));
    if (in.varint_at_most(kReferencesMax, "references") != 0) in.unsupported("boxes that refer to other chunks");
    box.chunks.resize(in.count(kPackChunksMax, kChunkBytesEncodedMin, "chunks of a box"));
    for (DirectoryChunk& chunk : box.chunks) {
        chunk.id = in.id<ChunkId>();
        chunk.length = static_cast<std::uint32_t>(in.varint_at_most(kChunkBytesMax, "length of a chunk"));
    }
    return box;
}

void check(const PackTrailer& trailer, std::uint64_t pack_bytes) {
    constexpr std::string_view kWhat = "pack trailer";
    require(pack_bytes <= kPackBytesMax, kWhat, "a pack above 256 MiB");
    require(trailer.boxes_end > kPackHeaderBytes + kSealOverheadBytes, kWhat, "a pack without boxes");
    require(trailer.boxes_end <= trailer.directory_offset && trailer.directory_offset <= pack_bytes, kWhat,
            "a directory that does not lie behind the boxes");
    require(trailer.directory_sealed_bytes > kSealOverheadBytes &&
                trailer.directory_sealed_bytes <= kDirectoryRecordBytesMax + kSealOverheadBytes,
            kWhat, "a directory of impossible length");
    require(trailer.directory_offset + trailer.directory_sealed_bytes + kPackTrailerBytes == pack_bytes, kWhat,
            "a directory that does not end where the trailer starts");
    require(padme_bytes(trailer.boxes_end + trailer.directory_sealed_bytes + kPackTrailerBytes) == pack_bytes, kWhat,
            "padding of another length than the rule gives");
}

void check(const DirectoriesRecord& record) {
    constexpr std::string_view kWhat = "dirs record";
    require(is_name_number(record.number), kWhat, "a number that is not from 1 to 2^32 - 1");
    require(!record.copies.empty() && record.copies.size() <= kDirsEntriesMax, kWhat, "no directory, or more than 64");
    require(strictly_ascending(record.copies, [](const DirectoryCopy& copy) -> const auto& { return copy.pack; }),
            kWhat, "pack ids that do not ascend");
    for (const DirectoryCopy& copy : record.copies)
        require(copy.pack_bytes <= kPackBytesMax && copy.directory.size() <= kDirectoryRecordBytesMax, kWhat,
                "a pack or directory that is too long");
}

}  // namespace

std::uint64_t DirectoryBox::plain_bytes() const {
    std::uint64_t bytes = 0;
    for (const DirectoryChunk& chunk : chunks) bytes += chunk.length;
    return bytes;
}

std::uint64_t PackDirectory::boxes_end() const {
    std::uint64_t end = kPackHeaderBytes;
    for (const DirectoryBox& box : boxes) end += box.sealed_bytes;
    return end;
}

std::uint64_t PackDirectory::chunk_count() const {
    std::uint64_t chunks = 0;
    for (const DirectoryBox& box : boxes) chunks += box.chunks.size();
    return chunks;
}

std::uint64_t encoded_bytes(const DirectoryBox& box) {
    std::uint64_t bytes = varint_bytes(box.sealed_bytes) + 1 + varint_bytes(box.generation) + varint_bytes(0) +
                          varint_bytes(box.chunks.size()) + box.chunks.size() * ChunkId::kBytes;
    for (const DirectoryChunk& chunk : box.chunks) bytes += varint_bytes(chunk.length);
    return bytes;
}

Bytes encode(const PackDirectory& directory) {
    check(directory);
    Writer out(64 + directory.boxes.size() * 12 + directory.chunk_count() * (32 + varint_bytes(kChunkBytesMax)));
    out.id(directory.session).u8(static_cast<std::uint8_t>(directory.content)).varint(directory.boxes.size());
    for (const DirectoryBox& box : directory.boxes) {
        out.varint(box.sealed_bytes).u8(static_cast<std::uint8_t>(box.codec)).varint(box.generation).varint(0);
        out.varint(box.chunks.size());
        for (const DirectoryChunk& chunk : box.chunks) out.id(chunk.id).varint(chunk.length);
    }
    out.extensions(directory.extensions);
    require(out.size() <= kDirectoryRecordBytesMax, "pack directory", "above 7 MiB");
    return out.take();
}

PackDirectory decode_pack_directory(ByteView record) {
    Cursor in(record, "pack directory");
    if (record.size() > kDirectoryRecordBytesMax) in.corrupt("above 7 MiB");
    PackDirectory directory;
    directory.session = in.id<SessionId>();
    const std::uint8_t content = in.u8();
    if (content > static_cast<std::uint8_t>(ChunkKind::Tree)) in.unsupported("content " + std::to_string(content));
    directory.content = static_cast<ChunkKind>(content);
    const std::uint64_t boxes = in.count(kPackBoxesMax, kBoxBytesEncodedMin, "boxes");
    directory.boxes.reserve(boxes);
    for (std::uint64_t i = 0; i < boxes; ++i) directory.boxes.push_back(decode_box(in));
    directory.extensions = in.extensions();
    in.expect_end();
    check(directory);
    return directory;
}

std::array<std::uint8_t, kPackTrailerPlainBytes> encode(const PackTrailer& trailer) {
    check(trailer, trailer.directory_offset + trailer.directory_sealed_bytes + kPackTrailerBytes);
    Writer out(kPackTrailerPlainBytes);
    out.u64(trailer.boxes_end).u64(trailer.directory_offset).u32(trailer.directory_sealed_bytes).zeros(12);
    std::array<std::uint8_t, kPackTrailerPlainBytes> bytes;
    std::memcpy(bytes.data(), out.view().data(), bytes.size());
    return bytes;
}

PackTrailer decode_pack_trailer(ByteView record, std::uint64_t pack_bytes) {
    Cursor in(record, "pack trailer");
    PackTrailer trailer;
    trailer.boxes_end = in.u64();
    trailer.directory_offset = in.u64();
    trailer.directory_sealed_bytes = in.u32();
    in.zeros(12, "a reserved field");
    in.expect_end();
    check(trailer, pack_bytes);
    return trailer;
}

Bytes encode(const DirectoriesRecord& record) {
    check(record);
    std::size_t expected = 64 + record.copies.size() * (kCopyBytesEncodedMin + 16);
    for (const DirectoryCopy& copy : record.copies) expected += copy.directory.size();
    Writer out(expected);
    out.id(record.session).varint(record.number).varint(record.copies.size());
    for (const DirectoryCopy& copy : record.copies)
        out.id(copy.pack).varint(copy.pack_bytes).raw(copy.header).bytes(copy.directory);
    out.extensions(record.extensions);
    return out.take();
}

DirectoriesRecord decode_directories(Cursor& in) {
    DirectoriesRecord record;
    record.session = in.id<SessionId>();
    record.number = in.varint();
    record.copies.resize(in.count(kDirsEntriesMax, kCopyBytesEncodedMin, "directories"));
    for (DirectoryCopy& copy : record.copies) {
        copy.pack = in.id<PackId>();
        copy.pack_bytes = in.varint_at_most(kPackBytesMax, "length of a pack");
        copy.header = in.array<kPackHeaderBytes>();
        copy.directory = to_bytes(in.bytes(kDirectoryRecordBytesMax, "directory"));
    }
    record.extensions = in.extensions();
    check(record);
    return record;
}

std::uint64_t padme_bytes(std::uint64_t bytes) {
    if (bytes < 2) return bytes;
    const auto floor_log2 = [](std::uint64_t value) { return static_cast<unsigned>(std::bit_width(value)) - 1; };
    const unsigned exponent = floor_log2(bytes);
    const unsigned kept_bits = floor_log2(exponent) + 1;
    if (exponent <= kept_bits) return bytes;
    const std::uint64_t mask = (std::uint64_t{1} << (exponent - kept_bits)) - 1;
    return (bytes + mask) & ~mask;
}

}  // namespace vault
