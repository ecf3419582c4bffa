// Entries, extents and attribute sets: docs/format.md, 8.3 and 8.6.
#include <catch2/catch.hpp>

#include "store/format/entry.h"
#include "store/format/limits.h"
#include "tests/support/codec_laws.h"
#include "tests/support/format_values.h"

namespace vault {
namespace {

const RecordCodec<Entry> kEntry{[](const Entry& entry) { return encode(entry); },
                                [](ByteView bytes) { return decode_entry(bytes); }};

template <class Change>
std::optional<ErrorKind> error_of_encoding(Entry entry, Change change) {
    change(entry);
    return error_of([&] { encode(entry); });
}

std::optional<ErrorKind> error_of_decoding(const Entry& entry, std::string_view was, std::string_view is) {
    return error_of([&] { decode_entry(patched(encode(entry), was, is)); });
}

Entry file_of(std::vector<Extent> extents, std::uint64_t size) {
    Entry entry = sample_regular_file();
    entry.content = ExtentList{1, std::move(extents)};
    entry.size = size;
    return entry;
}

const Extent kHole{100, std::nullopt};
const Extent kChunk{100, id_of<ChunkId>(0x41)};

}  // namespace

TEST_CASE("entries of every type and form keep the laws of records", "[format][entry]") {
    for (const Entry& entry : {sample_regular_file(), sample_inline_file(), sample_large_file(), sample_directory(),
                               sample_symlink(), sample_device()}) {
        CAPTURE(static_cast<int>(entry.type));
        check_codec_laws(kEntry, entry);
        check_extension_laws(kEntry, encode(entry));
    }
}

TEST_CASE("an entry with nothing known is as short as its table", "[format][entry]") {
    Entry entry;
    entry.type = EntryType::Fifo;
    CHECK(to_hex(encode(entry)) == "06" "00" "00" "00" "00" "00" "00" + std::string(48, '0') +
                                       "00" "01" "00" "00" "00" "00" "00" "00");
    CHECK(decode_entry(encode(entry)) == entry);
}

TEST_CASE("unknown types, flags, forms, classes and kinds of extents are Unsupported", "[format][entry]") {
    // Each sample begins: type, flags, mode 04751, uid 1000, gid 100, "ann".
    CHECK(error_of_decoding(sample_inline_file(), "0104e913", "0004e913") == ErrorKind::Unsupported);
    CHECK(error_of_decoding(sample_inline_file(), "0104e913", "0804e913") == ErrorKind::Unsupported);
    CHECK(error_of_decoding(sample_inline_file(), "0104e913", "0114e913") == ErrorKind::Unsupported);
    // Attributes none, content inline, 20 bytes "127."; forms 3 and 4 of attributes, 4 (recipe) and 5 of content.
    CHECK(error_of_decoding(sample_inline_file(), "00011431", "03011431") == ErrorKind::Unsupported);
    CHECK(error_of_decoding(sample_inline_file(), "00011431", "00041431") == ErrorKind::Unsupported);
    CHECK(error_of_decoding(sample_inline_file(), "00011431", "00051431") == ErrorKind::Unsupported);
    // A tree of class 3, id 44..; a list of class 2 with three extents, the first a chunk of 5,000 bytes.
    for (const char* chunk_class : {"00", "04", "ff"}) {
        CHECK(error_of_decoding(sample_large_file(), "030344", "03" + std::string(chunk_class) + "44") ==
              ErrorKind::Unsupported);
        CHECK(error_of_decoding(sample_regular_file(), "020203018827", "02" + std::string(chunk_class) + "03018827") ==
              ErrorKind::Unsupported);
    }
    CHECK(error_of_decoding(sample_regular_file(), "020203018827", "020203028827") == ErrorKind::Unsupported);
}

TEST_CASE("only directories are implied, only others are hard links", "[format][entry]") {
    CHECK(error_of_encoding(sample_inline_file(), [](Entry& e) { e.implied = true; }) == ErrorKind::Corrupt);
    CHECK(error_of_decoding(sample_inline_file(), "0104e913", "0106e913") == ErrorKind::Corrupt);
    CHECK(error_of_encoding(sample_directory(), [](Entry& e) { e.first_link = std::string("\0a", 2); }) ==
          ErrorKind::Corrupt);
    CHECK(error_of_encoding(sample_symlink(), [](Entry& e) { e.first_link = std::string("\0a", 2); }) == std::nullopt);
}

TEST_CASE("a first link that is no key, or the root's, is Corrupt", "[format][entry]") {
    for (const std::string& bad : {std::string(), std::string("a"), std::string("\0", 1), std::string("a\0b", 3),
                                   std::string("\0..", 3), std::string(kManifestKeyBytesMax + 1, 'x')})
        CHECK(error_of_encoding(sample_inline_file(), [&](Entry& e) { e.first_link = bad; }) == ErrorKind::Corrupt);
    // "home", two zero bytes, "first" becomes "home", "/", a zero byte, "first".
    CHECK(error_of_decoding(sample_regular_file(), "686f6d650000", "686f6d652f00") == ErrorKind::Corrupt);
}

TEST_CASE("numbers above their bounds are Corrupt", "[format][entry]") {
    CHECK(error_of_encoding(sample_directory(), [](Entry& e) { e.mode = 010000; }) == ErrorKind::Corrupt);
    CHECK(error_of_decoding(sample_directory(), "0206e913", "02068020") == ErrorKind::Corrupt);
    CHECK(error_of_decoding(sample_directory(), "e913e807", "e913ffffffff0f") == std::nullopt);
    CHECK(error_of_decoding(sample_directory(), "e913e807", "e9138080808010") == ErrorKind::Corrupt);
    for (const auto field : {&Entry::size, &Entry::allocated}) {
        CHECK(error_of_encoding(sample_directory(), [&](Entry& e) { e.*field = kFileBytesMax; }) == std::nullopt);
        CHECK(error_of_encoding(sample_directory(), [&](Entry& e) { e.*field = kFileBytesMax + 1; }) ==
              ErrorKind::Corrupt);
    }
    CHECK(error_of_encoding(sample_directory(), [](Entry& e) { e.mtime.nanoseconds = 1'000'000'000; }) ==
          ErrorKind::Corrupt);
    CHECK(error_of_encoding(sample_large_file(), [](Entry& e) { std::get<ExtentsRoot>(e.content).level = 32; }) ==
          ErrorKind::Corrupt);
    CHECK(error_of_encoding(sample_directory(), [](Entry& e) { e.device_major = 1; }) == ErrorKind::Corrupt);
    CHECK(error_of_encoding(sample_directory(), [](Entry& e) { e.user = std::string(256, 'u'); }) ==
          ErrorKind::Corrupt);
    CHECK(error_of_encoding(sample_directory(), [](Entry& e) { e.user = std::string(255, 'u'); }) == std::nullopt);
}

TEST_CASE("a symlink's target is 1 to 4,095 bytes without zero, as many as its size", "[format][entry]") {
    const auto with_target = [](const std::string& target, std::uint64_t size) {
        return error_of_encoding(sample_symlink(), [&](Entry& e) {
            e.target = target;
            e.size = size;
        });
    };
    CHECK(with_target(std::string(4'095, 't'), 4'095) == std::nullopt);
    CHECK(with_target(std::string(4'096, 't'), 4'096) == ErrorKind::Corrupt);
    CHECK(with_target("", 0) == ErrorKind::Corrupt);
    CHECK(with_target(std::string("a\0b", 3), 3) == ErrorKind::Corrupt);
    CHECK(with_target("abc", 4) == ErrorKind::Corrupt);
    CHECK(error_of_encoding(sample_directory(), [](Entry& e) { e.target = "x"; }) == ErrorKind::Corrupt);
    CHECK(error_of_decoding(sample_symlink(), "0e80c002", "0d80c002") == ErrorKind::Corrupt);
}

TEST_CASE("content is there exactly where a regular file has a size", "[format][entry]") {
    CHECK(error_of_encoding(sample_inline_file(), [](Entry& e) { e.content = NoContent{}; }) == ErrorKind::Corrupt);
    CHECK(error_of_encoding(sample_inline_file(), [](Entry& e) {
              e.content = NoContent{};
              e.size = 0;
          }) == std::nullopt);
    CHECK(error_of_encoding(sample_large_file(), [](Entry& e) { e.size = 0; }) == ErrorKind::Corrupt);
    CHECK(error_of_encoding(sample_directory(), [](Entry& e) { e.content = Bytes(4'096, 1); }) == ErrorKind::Corrupt);
    CHECK(error_of_encoding(sample_inline_file(), [](Entry& e) {
              e.content = Bytes{};
              e.size = 0;
          }) == ErrorKind::Corrupt);
}

TEST_CASE("inline content is at most 4,096 bytes, as many as the size", "[format][entry]") {
    const auto inlined = [](std::size_t bytes, std::uint64_t size) {
        return error_of_encoding(sample_inline_file(), [&](Entry& e) {
            e.content = Bytes(bytes, 1);
            e.size = size;
        });
    };
    CHECK(inlined(4'096, 4'096) == std::nullopt);
    CHECK(inlined(4'097, 4'097) == ErrorKind::Corrupt);
    CHECK(inlined(10, 11) == ErrorKind::Corrupt);
    CHECK(inlined(10, 9) == ErrorKind::Corrupt);
    CHECK(error_of_decoding(sample_inline_file(), "00011431", "00011331") == ErrorKind::Corrupt);
}

TEST_CASE("the lengths of extents add up to the size, without overflow", "[format][entry]") {
    const Extent huge{kFileBytesMax, std::nullopt};
    CHECK(error_of([&] { encode(file_of({kHole, kChunk}, 200)); }) == std::nullopt);
    CHECK(error_of([&] { encode(file_of({kHole, kChunk}, 199)); }) == ErrorKind::Corrupt);
    CHECK(error_of([&] { encode(file_of({kHole, kChunk}, 201)); }) == ErrorKind::Corrupt);
    CHECK(error_of([&] { encode(file_of({huge, kChunk, huge, kChunk, kChunk}, 298)); }) == ErrorKind::Corrupt);
    // Two extents of 5,000 around a hole of 1 MiB: the second becomes 5,001.
    CHECK(error_of_decoding(sample_regular_file(), "01882742", "01892742") == ErrorKind::Corrupt);
}

TEST_CASE("two holes side by side are Corrupt, as are no extents and more than 128", "[format][entry]") {
    CHECK(error_of([&] { encode(file_of({kHole, kHole}, 200)); }) == ErrorKind::Corrupt);
    CHECK(error_of([&] { encode(file_of({kHole, kChunk, kHole}, 300)); }) == std::nullopt);
    CHECK(error_of([&] { encode(file_of({kHole}, 100)); }) == std::nullopt);
    CHECK(error_of([&] { encode(file_of({}, 1)); }) == ErrorKind::Corrupt);
    CHECK(error_of([&] { encode(file_of(std::vector<Extent>(128, kChunk), 12'800)); }) == std::nullopt);
    CHECK(error_of([&] { encode(file_of(std::vector<Extent>(129, kChunk), 12'900)); }) == ErrorKind::Corrupt);
    // The reader: a hole behind a hole. 0080808008 is a hole of 16 MiB in front of the chunk that is cut out.
    const Entry holes = file_of({kHole, kChunk, kHole}, 300);
    const std::string chunk_hex = "0164" + id_of<ChunkId>(0x41).hex();
    CHECK(error_of_decoding(holes, "03" "0064" + chunk_hex, "03" "0064" "0064") == ErrorKind::Corrupt);
}

TEST_CASE("extents are 1 byte to 16 MiB of chunk, or a hole of up to 2^63 - 1", "[format][entry]") {
    const auto encoding = [](const Extent& extent) {
        return error_of([&] {
            Writer writer;
            encode(writer, extent);
            Cursor cursor(writer.view(), "test");
            if (decode_extent(cursor) != extent) FAIL("an extent that does not come back");
        });
    };
    CHECK(encoding({kChunkBytesMax, id_of<ChunkId>(1)}) == std::nullopt);
    CHECK(encoding({kChunkBytesMax + 1, id_of<ChunkId>(1)}) == ErrorKind::Corrupt);
    CHECK(encoding({kFileBytesMax, std::nullopt}) == std::nullopt);
    CHECK(encoding({kFileBytesMax + 1, std::nullopt}) == ErrorKind::Corrupt);
    CHECK(encoding({0, std::nullopt}) == ErrorKind::Corrupt);
    CHECK(encoding({0, id_of<ChunkId>(1)}) == ErrorKind::Corrupt);
    const auto decoding = [](std::string_view hex) {
        const Bytes bytes = from_hex(hex);
        return error_of([&] {
            Cursor cursor(bytes, "test");
            decode_extent(cursor);
        });
    };
    CHECK(decoding("0000") == ErrorKind::Corrupt);
    CHECK(decoding("0080808080808080808001") == ErrorKind::Corrupt);
    CHECK(decoding("0181808008" + id_of<ChunkId>(1).hex()) == ErrorKind::Corrupt);
}

TEST_CASE("an entry record above 32 KiB is Corrupt, for writers and for readers", "[format][entry]") {
    Entry entry = sample_directory();
    entry.attributes = AttributeSet{{"user.large", Bytes(32'000, 1)}};
    CHECK(decode_entry(encode(entry)) == entry);
    std::get<AttributeSet>(entry.attributes)[0].value.resize(32'768, 1);
    CHECK(error_of([&] { encode(entry); }) == ErrorKind::Corrupt);
    const Bytes large = Writer().raw(Bytes(kEntryBytesMax + 1, 0)).take();
    CHECK(error_of([&] { decode_entry(large); }) == ErrorKind::Corrupt);
}

TEST_CASE("an attribute set in a chunk keeps the laws of records", "[format][entry]") {
    const RecordCodec<AttributesRecord> codec{[](const AttributesRecord& record) { return encode(record); },
                                              [](ByteView bytes) { return decode_attributes_record(bytes); }};
    check_codec_laws(codec, {sample_attributes(), {}});
    check_extension_laws(codec, encode_attribute_chunk(sample_attributes()));
    CHECK(decode_attribute_chunk(encode_attribute_chunk(sample_attributes())) == sample_attributes());
}

TEST_CASE("attribute names ascend, are 1 to 255 bytes and without zero; values are at most 64 KiB",
          "[format][entry]") {
    const auto encoding = [](const AttributeSet& set) { return error_of([&] { encode_attribute_set(set); }); };
    CHECK(encoding({{"a", {}}, {"b", {}}}) == std::nullopt);
    CHECK(encoding({{"b", {}}, {"a", {}}}) == ErrorKind::Corrupt);
    CHECK(encoding({{"a", {}}, {"a", {}}}) == ErrorKind::Corrupt);
    CHECK(encoding({{"\x7F", {}}, {"\x80", {}}}) == std::nullopt);  // unsigned bytes
    CHECK(encoding({}) == ErrorKind::Corrupt);
    CHECK(encoding({{"", {}}}) == ErrorKind::Corrupt);
    CHECK(encoding({{std::string("a\0b", 3), {}}}) == ErrorKind::Corrupt);
    CHECK(encoding({{std::string(255, 'n'), Bytes(65'536, 1)}}) == std::nullopt);
    CHECK(encoding({{std::string(256, 'n'), {}}}) == ErrorKind::Corrupt);
    CHECK(encoding({{"a", Bytes(65'537, 1)}}) == ErrorKind::Corrupt);
    // The reader: "user.note" sorts before "security.…" as "rser.note", which keeps the order, and as "aser.note".
    CHECK(error_of_decoding(sample_regular_file(), "0975736572", "0961736572") == ErrorKind::Corrupt);
    CHECK(error_of_decoding(sample_regular_file(), "0975736572", "0975730072") == ErrorKind::Corrupt);
}

TEST_CASE("a set has at most 4,096 attributes and 1,088 KiB", "[format][entry]") {
    const auto set_of = [](std::size_t count, std::size_t value_bytes) {
        AttributeSet set;
        for (std::size_t i = 0; i < count; ++i) {
            std::string number = std::to_string(i);
            set.push_back({std::string(6 - number.size(), '0') + number, Bytes(value_bytes, 1)});
        }
        return set;
    };
    CHECK(decode_attribute_chunk(encode_attribute_chunk(set_of(4'096, 10))).size() == 4'096);
    CHECK(error_of([&] { encode_attribute_chunk(set_of(4'097, 10)); }) == ErrorKind::Corrupt);
    CHECK(error_of([&] { encode_attribute_chunk(set_of(16, 65'536)); }) == std::nullopt);
    CHECK(error_of([&] { encode_attribute_chunk(set_of(17, 65'536)); }) == ErrorKind::Corrupt);
    CHECK(error_of([] { decode_attribute_chunk(Bytes(kAttributeSetBytesMax + 1, 0)); }) == ErrorKind::Corrupt);
}

TEST_CASE("an attribute chunk of no byte or above 1,088 KiB is Corrupt", "[format][entry]") {
    for (const std::uint64_t length : {std::uint64_t{0}, kAttributeSetBytesMax + 1})
        CHECK(error_of_encoding(sample_directory(),
                                [&](Entry& e) { e.attributes = AttributesChunk{id_of<ChunkId>(1), length}; }) ==
              ErrorKind::Corrupt);
    CHECK(error_of_decoding(sample_large_file(), "43808044", "43818044") == ErrorKind::Corrupt);
}

}  // namespace vault
