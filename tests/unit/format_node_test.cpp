// Nodes of prolly trees and their totals: docs/format.md 8.4.
#include <catch2/catch.hpp>

#include "store/format/limits.h"
#include "store/format/node.h"
#include "tests/support/codec_laws.h"
#include "tests/support/format_values.h"

namespace vault {
namespace {

const RecordCodec<Node> kNode{[](const Node& node) { return encode(node); },
                              [](ByteView bytes) { return decode_node(bytes); }};
constexpr std::uint64_t kMost = ~0ull;

std::optional<ErrorKind> error_of_decoding(const Node& node, std::string_view was, std::string_view is) {
    return error_of([&] { decode_node(patched(encode(node), was, is)); });
}

std::optional<ErrorKind> error_of_decoding(std::string_view hex) {
    return error_of([&] { decode_node(from_hex(hex)); });
}

template <class Item>
std::optional<ErrorKind> error_of_encoding(TreeKind tree, std::uint8_t level, std::vector<Item> items) {
    Node node;
    node.tree = tree;
    node.level = level;
    node.items = std::move(items);
    return error_of([&] { encode(node); });
}

std::optional<ErrorKind> error_of_leaf(std::vector<ManifestLeafItem> items) {
    return error_of_encoding(TreeKind::Manifest, 0, std::move(items));
}

std::optional<ErrorKind> error_of_extents(std::vector<ExtentsLeafItem> items) {
    return error_of_encoding(TreeKind::Extents, 0, std::move(items));
}

std::string numbered_key(std::size_t number) {
    const std::string digits = std::to_string(number);
    return std::string(8 - digits.size(), '0') + digits;
}

const Extent kHole{100, std::nullopt}, kChunk{100, id_of<ChunkId>(0x41)}, kOther{100, id_of<ChunkId>(0x42)};

}  // namespace

TEST_CASE("nodes of both trees and levels keep the laws of records", "[format][node]") {
    for (const Node& node :
         {sample_manifest_leaf(), sample_manifest_inner(), sample_extents_leaf(), sample_extents_inner()}) {
        CAPTURE(static_cast<int>(node.tree), node.level);
        check_codec_laws(kNode, node);
        check_extension_laws(kNode, encode(node));
    }
}

TEST_CASE("what a key shares with the one before it is left out", "[format][node]") {
    Node node;
    node.items = std::vector<ManifestLeafItem>{{"a", Bytes{1}}, {"abc", Bytes{2}}, {"abd", Bytes{3}}, {"b", Bytes{4}}};
    CHECK(to_hex(encode(node)) == "01" "00" "04" "00" "0161" "0101" "01" "026263" "0102" "02" "0164" "0103"
                                  "00" "0162" "0104" "00");
    CHECK(decode_node(encode(node)) == node);
}

TEST_CASE("long common prefixes are found to the byte", "[format][node]") {
    for (std::size_t shared = 0; shared < 40; ++shared) {
        const std::string stem(shared, 's');
        Node node;
        node.items = std::vector<ManifestLeafItem>{{stem + "a", Bytes{1}}, {stem + "b", Bytes{2}}};
        const Bytes bytes = encode(node);
        CHECK(bytes[bytes.size() - 6] == shared);  // then: 01 'b' 01 02 00
        CHECK(decode_node(bytes) == node);
    }
}

TEST_CASE("a prefix that is shorter or longer than what is shared is Corrupt", "[format][node]") {
    const std::string head = "01" "00" "02" "00" "0261" "62" "0101";  // "ab"
    CHECK(error_of_decoding(head + "01" "0163" "0101" "00") == std::nullopt);            // "ac"
    CHECK(error_of_decoding(head + "00" "026163" "0101" "00") == ErrorKind::Corrupt);    // the same, nothing shared
    CHECK(error_of_decoding(head + "03" "0163" "0101" "00") == ErrorKind::Corrupt);      // more than there is
    CHECK(error_of_decoding("01" "00" "01" "01" "0161" "0101" "00") == ErrorKind::Corrupt);  // by the first
}

TEST_CASE("keys that do not ascend by unsigned bytes are Corrupt", "[format][node]") {
    const std::string head = "01" "00" "02" "00" "0261" "62" "0101";  // "ab"
    CHECK(error_of_decoding(head + "01" "0161" "0101" "00") == ErrorKind::Corrupt);  // "aa"
    CHECK(error_of_decoding(head + "02" "00" "0101" "00") == ErrorKind::Corrupt);    // "ab" again
    CHECK(error_of_decoding(head + "01" "00" "0101" "00") == ErrorKind::Corrupt);    // "a"
    CHECK(error_of_decoding(head + "02" "0100" "0101" "00") == std::nullopt);        // "ab", zero byte
    CHECK(error_of_leaf({{"b", {}}, {"a", {}}}) == ErrorKind::Corrupt);
    CHECK(error_of_leaf({{"a", {}}, {"a", {}}}) == ErrorKind::Corrupt);
    CHECK(error_of_leaf({{"ab", {}}, {"a", {}}}) == ErrorKind::Corrupt);
    CHECK(error_of_leaf({{"\x7F", {}}, {"\x80", {}}}) == std::nullopt);
    CHECK(error_of_leaf({{"\x80", {}}, {"\x7F", {}}}) == ErrorKind::Corrupt);
    CHECK(error_of_encoding<ManifestInnerItem>(TreeKind::Manifest, 1, {{"b", {}}, {"a", {}}}) == ErrorKind::Corrupt);
}

TEST_CASE("an unknown tree is Unsupported, a level above 31 or no items are Corrupt", "[format][node]") {
    CHECK(error_of_decoding("00" "00" "01" "00" "00" "00" "00") == ErrorKind::Unsupported);
    CHECK(error_of_decoding("03" "00" "01" "00" "00" "00" "00") == ErrorKind::Unsupported);
    CHECK(error_of_decoding("01" "20" "01" "00" "00" "00" "00") == ErrorKind::Corrupt);
    CHECK(error_of_decoding("01" "00" "00" "00") == ErrorKind::Corrupt);
    CHECK(error_of_decoding("01" "00" "01" "00" "00" "00" "00") == std::nullopt);
    CHECK(error_of_encoding<ManifestInnerItem>(TreeKind::Manifest, 32, {{"a", {}}}) == ErrorKind::Corrupt);
    CHECK(error_of_leaf({}) == ErrorKind::Corrupt);
}

TEST_CASE("items of another tree or level than the node says are not encoded", "[format][node]") {
    CHECK(error_of_encoding<ManifestLeafItem>(TreeKind::Manifest, 1, {{"a", {}}}) == ErrorKind::Corrupt);
    CHECK(error_of_encoding<ManifestInnerItem>(TreeKind::Manifest, 0, {{"a", {}}}) == ErrorKind::Corrupt);
    CHECK(error_of_encoding<ManifestLeafItem>(TreeKind::Extents, 0, {{"a", {}}}) == ErrorKind::Corrupt);
    CHECK(error_of_encoding<ExtentsLeafItem>(TreeKind::Manifest, 0, {{1, kChunk}}) == ErrorKind::Corrupt);
}

TEST_CASE("equal neighbours must be one item with a repeat, at every level", "[format][node]") {
    CHECK(error_of_extents({{1, kChunk}, {1, kOther}, {1, kChunk}}) == std::nullopt);
    CHECK(error_of_extents({{1, kChunk}, {2, kChunk}}) == ErrorKind::Corrupt);
    const Child child{id_of<ChunkId>(1), {5, 0, 100, 50}}, other{id_of<ChunkId>(1), {6, 0, 100, 50}};
    CHECK(error_of_encoding<ExtentsInnerItem>(TreeKind::Extents, 1, {{1, child}, {1, other}}) == std::nullopt);
    CHECK(error_of_encoding<ExtentsInnerItem>(TreeKind::Extents, 1, {{1, child}, {1, child}}) == ErrorKind::Corrupt);
    const std::string item = "01" "0164" + id_of<ChunkId>(0x41).hex();
    CHECK(error_of_decoding("02" "00" "01" + item + "00") == std::nullopt);
    CHECK(error_of_decoding("02" "00" "02" + item + item + "00") == ErrorKind::Corrupt);
    const std::string inner = "01" + id_of<ChunkId>(0x41).hex() + "05006432";
    CHECK(error_of_decoding("02" "01" "01" + inner + "00") == std::nullopt);
    CHECK(error_of_decoding("02" "01" "02" + inner + inner + "00") == ErrorKind::Corrupt);
}

TEST_CASE("holes never repeat and never stand side by side", "[format][node]") {
    CHECK(error_of_extents({{1, kHole}, {1, kChunk}, {1, kHole}}) == std::nullopt);
    CHECK(error_of_extents({{2, kHole}}) == ErrorKind::Corrupt);
    CHECK(error_of_extents({{1, kHole}, {1, {200, std::nullopt}}}) == ErrorKind::Corrupt);
    CHECK(error_of_decoding("02" "00" "01" "01" "0064" "00") == std::nullopt);
    CHECK(error_of_decoding("02" "00" "01" "02" "0064" "00") == ErrorKind::Corrupt);
    CHECK(error_of_decoding("02" "00" "02" "01" "0064" "01" "0065" "00") == ErrorKind::Corrupt);
}

TEST_CASE("a repeat is from 1 to 2^63 - 1", "[format][node]") {
    CHECK(error_of_extents({{(1ull << 63) - 1, kChunk}}) == std::nullopt);
    CHECK(error_of_extents({{1ull << 63, kChunk}}) == ErrorKind::Corrupt);
    CHECK(error_of_extents({{0, kChunk}}) == ErrorKind::Corrupt);
    const Node node = sample_extents_inner();  // 200 times child 56..
    CHECK(error_of_decoding(node, "c80156", "ffffffffffffffff7f56") == std::nullopt);
    CHECK(error_of_decoding(node, "c80156", "8080808080808080800156") == ErrorKind::Corrupt);
    CHECK(error_of_decoding(node, "c80156", "0056") == ErrorKind::Corrupt);
}

TEST_CASE("extents trees count no files", "[format][node]") {
    CHECK(error_of_encoding<ExtentsInnerItem>(TreeKind::Extents, 1, {{1, {id_of<ChunkId>(1), {5, 1, 100, 50}}}}) ==
          ErrorKind::Corrupt);
    CHECK(error_of_decoding("02" "01" "01" "01" + id_of<ChunkId>(0x41).hex() + "05016432" + "00") ==
          ErrorKind::Corrupt);
}

TEST_CASE("an unknown kind of extent in a node is Unsupported", "[format][node]") {
    CHECK(error_of_decoding("02" "00" "01" "01" "0264" "00") == ErrorKind::Unsupported);
}

TEST_CASE("keys above 16 KiB and entries above 32 KiB are Corrupt", "[format][node]") {
    const std::string longest(kManifestKeyBytesMax, 'k');
    CHECK(error_of_leaf({{longest, Bytes(kEntryBytesMax, 1)}}) == std::nullopt);
    CHECK(error_of_leaf({{longest + "k", {}}}) == ErrorKind::Corrupt);
    CHECK(error_of_leaf({{"k", Bytes(kEntryBytesMax + 1, 1)}}) == ErrorKind::Corrupt);
    // The reader: a suffix that makes the key a byte too long behind a shared byte, and an entry that is too long.
    const auto two_keys = [](std::size_t suffix_bytes) {
        Writer writer;
        writer.u8(1).u8(0).varint(2).varint(0).text("k").varint(0);
        writer.varint(1).text(std::string(suffix_bytes, 'k')).varint(0).varint(0);
        return writer.take();
    };
    CHECK(error_of([&] { decode_node(two_keys(kManifestKeyBytesMax - 1)); }) == std::nullopt);
    CHECK(error_of([&] { decode_node(two_keys(kManifestKeyBytesMax)); }) == ErrorKind::Corrupt);
    const Bytes long_entry =
        Writer().u8(1).u8(0).varint(1).varint(0).text("k").bytes(Bytes(kEntryBytesMax + 1, 1)).varint(0).take();
    CHECK(error_of([&] { decode_node(long_entry); }) == ErrorKind::Corrupt);
}

TEST_CASE("a node weighs at most 256 KiB, keys uncompressed", "[format][node]") {
    std::vector<ManifestLeafItem> items;
    for (std::size_t i = 0; i < 8; ++i) items.push_back({numbered_key(i), Bytes(32'760, 1)});
    CHECK(error_of_leaf(items) == std::nullopt);  // 8 x (8 + 32,760) = 262,144
    items.push_back({"z", {}});
    CHECK(error_of_leaf(items) == ErrorKind::Corrupt);
    // The reader: 17 keys of 16 KiB that share all but their last byte weigh 278,528 in 17 KiB.
    Writer writer;
    writer.u8(1).u8(0).varint(17);
    const std::string stem(kManifestKeyBytesMax - 1, 'k');
    for (char last = 'a'; last < 'a' + 17; ++last) {
        writer.varint(last == 'a' ? 0 : stem.size()).text(last == 'a' ? stem + last : std::string(1, last)).varint(0);
    }
    writer.varint(0);
    CHECK(error_of([&] { decode_node(writer.view()); }) == ErrorKind::Corrupt);
}

TEST_CASE("a node has at most 65,536 items and 512 KiB", "[format][node]") {
    // Three bytes of key and one of entry each: 262,144 in all.
    std::vector<ManifestLeafItem> items;
    for (unsigned i = 0; i < 65'536; ++i)
        items.push_back({{'k', static_cast<char>(i >> 8), static_cast<char>(i)}, Bytes{1}});
    CHECK(error_of_leaf(items) == std::nullopt);
    for (ManifestLeafItem& item : items) item.entry.clear();
    items.push_back({"z", {}});
    CHECK(error_of_leaf(items) == ErrorKind::Corrupt);
    CHECK(error_of([] { decode_node(Bytes(kNodeBytesMax + 1, 0)); }) == ErrorKind::Corrupt);
    Writer count;  // more items than can follow
    count.u8(1).u8(0).varint(65'536).zeros(1'000);
    CHECK(error_of([&] { decode_node(count.view()); }) == ErrorKind::Corrupt);
}

TEST_CASE("totals saturate", "[format][node]") {
    Totals totals{1, 2, kMost - 5, 10};
    totals += {1, 1, 5, kMost};
    CHECK(totals == Totals{2, 3, kMost, kMost});
    totals += {0, 0, 1, 0};
    CHECK(totals == Totals{2, 3, kMost, kMost});
    CHECK(Totals{2, 0, 1ull << 62, 3}.times(4) == Totals{8, 0, kMost, 12});
    CHECK(Totals{2, 0, 1ull << 62, 3}.times(3) == Totals{6, 0, 3ull << 62, 9});
}

TEST_CASE("an entry counts once, a file by its size; an extent by its length, a hole without allocation",
          "[format][node]") {
    CHECK(totals_of(sample_inline_file()) == Totals{1, 1, 20, 40'960});
    CHECK(totals_of(sample_directory()) == Totals{1, 0, 4'096, 40'960});
    CHECK(totals_of(kChunk) == Totals{1, 0, 100, 100});
    CHECK(totals_of(kHole) == Totals{1, 0, 100, 0});
}

TEST_CASE("a child encodes as id and four varints", "[format][node]") {
    CHECK(to_hex(encode_child({id_of<ChunkId>(0x41), {1, 0, 300, 2}})) == id_of<ChunkId>(0x41).hex() + "0100ac0202");
}

}  // namespace vault
