// Pack directories, trailers, their second copies and the Padmé length: docs/format.md, section 7.
#include <catch2/catch.hpp>

#include <cmath>

#include "store/format/limits.h"
#include "store/format/pack_directory.h"
#include "tests/support/codec_laws.h"
#include "tests/support/format_values.h"

namespace vault {
namespace {

const RecordCodec<PackDirectory> kDirectory{[](const PackDirectory& directory) { return encode(directory); },
                                            [](ByteView bytes) { return decode_pack_directory(bytes); }};
const auto kDirectories = cursor_codec(decode_directories);

// The error of encoding the sample after `change`.
template <class Change>
std::optional<ErrorKind> error_of_encoding(Change change) {
    PackDirectory directory = sample_pack_directory();
    change(directory);
    return error_of([&] { encode(directory); });
}

std::optional<ErrorKind> error_of_decoding(std::string_view was, std::string_view is) {
    return error_of([&] { decode_pack_directory(patched(encode(sample_pack_directory()), was, is)); });
}

// A box of chunks of these lengths, stored raw.
DirectoryBox raw_box(std::initializer_list<std::uint32_t> lengths) {
    DirectoryBox box;
    for (const std::uint32_t length : lengths) box.chunks.push_back({id_of<ChunkId>(1), length});
    box.sealed_bytes = static_cast<std::uint32_t>(box.plain_bytes() + kSealOverheadBytes);
    return box;
}

// The least multiple of 2^(E - S) that is at least `length`, with logarithms as the paper writes them.
std::uint64_t padme_by_the_paper(std::uint64_t length) {
    const double exponent = std::floor(std::log2(static_cast<double>(length)));
    const double bits = std::floor(std::log2(exponent)) + 1;
    const auto unit = static_cast<std::uint64_t>(std::exp2(std::max(0.0, exponent - bits)));
    return (length + unit - 1) / unit * unit;
}

}  // namespace

TEST_CASE("a pack directory keeps the laws of records", "[format][pack]") {
    check_codec_laws(kDirectory, sample_pack_directory());
    check_extension_laws(kDirectory, encode(sample_pack_directory()));
}

TEST_CASE("boxes lie back to back behind the header", "[format][pack]") {
    const PackDirectory directory = sample_pack_directory();
    CHECK(directory.boxes_end() == 72 + 1'240 + 41);
    CHECK(directory.chunk_count() == 3);
    CHECK(directory.boxes[0].plain_bytes() == 1'200);
}

TEST_CASE("an unknown content, codec or a reference to other chunks is Unsupported", "[format][pack]") {
    // The sample: session 21.., content 1, two boxes; the first of 1,240 bytes, codec 0, generation 2, no references.
    CHECK(error_of_decoding("0102" "d809" "00" "02" "00", "0202" "d809" "00" "02" "00") == ErrorKind::Unsupported);
    CHECK(error_of_decoding("0102" "d809" "00" "02" "00", "0102" "d809" "02" "02" "00") == ErrorKind::Unsupported);
    CHECK(error_of_decoding("0102" "d809" "00" "02" "00", "0102" "d809" "00" "02" "01") == ErrorKind::Unsupported);
}

TEST_CASE("a sealed length that does not fit codec and plaintext is Corrupt", "[format][pack]") {
    CHECK(error_of_decoding("d80900", "d90900") == ErrorKind::Corrupt);  // raw: one byte more than 1,200 + 40
    CHECK(error_of_decoding("d80900", "d70900") == ErrorKind::Corrupt);  // one less
    CHECK(error_of_decoding("d80900", "d80901") == ErrorKind::Corrupt);  // zstd that gained nothing
    CHECK(error_of_decoding("d80900", "d70901") == std::nullopt);        // zstd that gained a byte
    CHECK(error_of_decoding("290101", "280101") == ErrorKind::Corrupt);  // 40 bytes: no content at all
    CHECK(error_of_encoding([](auto& d) { d.boxes[0].sealed_bytes -= 1; }) == ErrorKind::Corrupt);
    CHECK(error_of_encoding([](auto& d) { d.boxes[0].codec = Codec::Zstd; }) == ErrorKind::Corrupt);
}

TEST_CASE("generation 0, empty boxes and empty or too long chunks are Corrupt", "[format][pack]") {
    CHECK(error_of_decoding("d8090002", "d8090000") == ErrorKind::Corrupt);
    CHECK(error_of_encoding([](auto& d) { d.boxes[0].generation = 0; }) == ErrorKind::Corrupt);
    CHECK(error_of_encoding([](auto& d) { d.boxes.clear(); }) == ErrorKind::Corrupt);
    CHECK(error_of_encoding([](auto& d) { d.boxes[0].chunks.clear(); }) == ErrorKind::Corrupt);
    CHECK(error_of_encoding([](auto& d) { d.boxes[0] = raw_box({0, 5}); }) == ErrorKind::Corrupt);
    CHECK(error_of_encoding([](auto& d) { d.boxes[0] = raw_box({16'777'216}); }) == std::nullopt);
    CHECK(error_of_encoding([](auto& d) { d.boxes[0] = raw_box({16'777'217}); }) == ErrorKind::Corrupt);
    CHECK(error_of_encoding([](auto& d) { d.boxes[0] = raw_box({16'777'216, 1}); }) == ErrorKind::Corrupt);
    // The reader: the one chunk of the second box, 16 MiB, becomes a byte longer, and empty.
    CHECK(error_of_decoding("2480808008", "2481808008") == ErrorKind::Corrupt);
    CHECK(error_of_decoding("2480808008", "2400") == ErrorKind::Corrupt);
    // 21.. 01: no boxes; and no chunks in the only box.
    Writer none, empty;
    none.id(id_of<SessionId>(0x21)).u8(1).varint(0).varint(0);
    CHECK(error_of([&] { decode_pack_directory(none.view()); }) == ErrorKind::Corrupt);
    empty.id(id_of<SessionId>(0x21)).u8(1).varint(1).varint(41).u8(0).varint(1).varint(0).varint(0).zeros(40);
    CHECK(error_of([&] { decode_pack_directory(empty.view()); }) == ErrorKind::Corrupt);
}

TEST_CASE("a pack has at most 65,536 boxes, 65,536 chunks and 256 MiB", "[format][pack]") {
    const auto boxes = [](std::size_t count, const DirectoryBox& box) {
        PackDirectory directory = sample_pack_directory();
        directory.boxes.assign(count, box);
        return directory;
    };
    const PackDirectory most = boxes(65'536, raw_box({1}));
    CHECK(decode_pack_directory(encode(most)) == most);
    for (const PackDirectory& bad : {boxes(65'537, raw_box({1})), boxes(32'769, raw_box({1, 1})),
                                     boxes(16, raw_box({16'777'216}))})
        CHECK(error_of([&] { encode(bad); }) == ErrorKind::Corrupt);
    CHECK(error_of([&] { encode(boxes(15, raw_box({16'777'216}))); }) == std::nullopt);

    // 4 GiB of plaintext: 256 boxes of 16 MiB that compressed well.
    DirectoryBox small = raw_box({16'777'216});
    small.codec = Codec::Zstd;
    small.sealed_bytes = 41;
    CHECK(decode_pack_directory(encode(boxes(256, small))).boxes.size() == 256);
    CHECK(error_of([&] { encode(boxes(257, small)); }) == ErrorKind::Corrupt);
}

TEST_CASE("counts that cannot follow are Corrupt before anything is allocated for them", "[format][pack]") {
    Writer many_boxes, many_chunks;
    many_boxes.id(id_of<SessionId>(0x21)).u8(1).varint(65'536).zeros(1'000);
    CHECK(error_of([&] { decode_pack_directory(many_boxes.view()); }) == ErrorKind::Corrupt);
    many_chunks.id(id_of<SessionId>(0x21)).u8(1).varint(1).varint(41).u8(0).varint(1).varint(0).varint(65'536);
    many_chunks.zeros(1'000);
    CHECK(error_of([&] { decode_pack_directory(many_chunks.view()); }) == ErrorKind::Corrupt);
}

TEST_CASE("a directory record above 7 MiB is Corrupt", "[format][pack]") {
    CHECK(error_of([] { decode_pack_directory(Bytes(kDirectoryRecordBytesMax + 1, 0)); }) == ErrorKind::Corrupt);
}

TEST_CASE("a trailer comes back and lies as the text says", "[format][pack]") {
    const PackTrailer trailer = sample_pack_trailer();
    const auto bytes = encode(trailer);
    CHECK(to_hex(bytes) == "4905000000000000" "6805000000000000" "10020000" "000000000000000000000000");
    CHECK(decode_pack_trailer(bytes, sample_pack_bytes()) == trailer);
}

TEST_CASE("every changed byte of a trailer is refused, since all its parts must fit the pack", "[format][pack]") {
    const auto bytes = encode(sample_pack_trailer());
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        for (unsigned difference = 1; difference < 256; ++difference) {
            auto changed = bytes;
            changed[at] = static_cast<std::uint8_t>(bytes[at] ^ difference);
            const auto kind = error_of([&] {
                // The end of the boxes may move a little where the padded length stays the same.
                const PackTrailer other = decode_pack_trailer(changed, sample_pack_bytes());
                if (encode(other) == changed && at < 8) throw Error(ErrorKind::Corrupt, "the one encoding of another");
            });
            if (kind != ErrorKind::Corrupt) FAIL("byte " << at << " as " << unsigned{changed[at]});
        }
    }
    CHECK(decode_pack_trailer(bytes, sample_pack_bytes()).boxes_end == 1'353);
}

TEST_CASE("a trailer that is cut short, too long or of a pack of another length is Corrupt", "[format][pack]") {
    const auto array = encode(sample_pack_trailer());
    Bytes bytes = to_bytes(array);
    for (std::size_t length = 0; length < bytes.size(); ++length)
        CHECK(error_of([&] { decode_pack_trailer(ByteView(bytes).first(length), 1'984); }) == ErrorKind::Corrupt);
    for (const std::uint64_t pack_bytes : {0u, 1'953u, 1'983u, 1'985u, 2'048u})
        CHECK(error_of([&] { decode_pack_trailer(bytes, pack_bytes); }) == ErrorKind::Corrupt);
    bytes.push_back(0);
    CHECK(error_of([&] { decode_pack_trailer(bytes, 1'984); }) == ErrorKind::Corrupt);
}

TEST_CASE("trailers whose parts lie wrongly are Corrupt", "[format][pack]") {
    for (const PackTrailer& bad : {PackTrailer{112, 1'384, 528}, PackTrailer{1'385, 1'384, 528},
                                   PackTrailer{1'353, 1'384, 529}, PackTrailer{1'353, 1'872, 40},
                                   PackTrailer{1'353, ~0ull - 10, 528}, PackTrailer{~0ull, 1'384, 528},
                                   PackTrailer{268'435'457, 268'435'457, 528}}) {
        CHECK(error_of([&] { encode(bad); }) == ErrorKind::Corrupt);
        const Bytes raw = Writer().u64(bad.boxes_end).u64(bad.directory_offset).u32(bad.directory_sealed_bytes)
                              .zeros(12).take();
        CHECK(error_of([&] { decode_pack_trailer(raw, bad.directory_offset + bad.directory_sealed_bytes + 72); }) ==
              ErrorKind::Corrupt);
    }
}

TEST_CASE("second copies of directories keep the laws of records", "[format][pack]") {
    check_codec_laws(kDirectories, sample_directories());
    check_extension_laws(kDirectories, encode(sample_directories()));
}

TEST_CASE("an object of second copies has 1 to 64 of them, pack ids ascending", "[format][pack]") {
    DirectoriesRecord record = sample_directories();
    const auto encoding = [&] { return error_of([&] { encode(record); }); };
    std::swap(record.copies[0], record.copies[1]);
    CHECK(encoding() == ErrorKind::Corrupt);
    record.copies[0] = record.copies[1];
    CHECK(encoding() == ErrorKind::Corrupt);
    record.copies.clear();
    CHECK(encoding() == ErrorKind::Corrupt);
    for (std::uint8_t i = 0; i < 64; ++i) record.copies.push_back({id_of<PackId>(i), kPackBytesMax, {}, {}});
    CHECK(kDirectories.decode(encode(record)) == record);
    record.copies.push_back({id_of<PackId>(64), 1, {}, {}});
    CHECK(encoding() == ErrorKind::Corrupt);
    record.copies.resize(1);
    record.copies[0].pack_bytes = kPackBytesMax + 1;
    CHECK(encoding() == ErrorKind::Corrupt);

    const Bytes bytes = encode(sample_directories());
    Bytes descending = bytes;
    const auto at = 16 + 2 + 1;  // behind session, number, count
    std::fill(descending.begin() + at, descending.begin() + at + 32, std::uint8_t{0x26});
    CHECK(error_of([&] { kDirectories.decode(descending); }) == ErrorKind::Corrupt);
    CHECK(error_of([&] { kDirectories.decode(bytes); }) == std::nullopt);
}

TEST_CASE("the Padmé length is the paper's, and wastes at most an eighth", "[format][pack]") {
    for (std::uint64_t length = 2; length < 70'000; ++length)
        if (padme_bytes(length) != padme_by_the_paper(length)) FAIL(length);
    for (const std::uint64_t length :
         {1'000'003ull, 67'108'864ull, 67'108'865ull, 268'435'455ull, 1'234'567'890'123ull}) {
        CHECK(padme_bytes(length) == padme_by_the_paper(length));
        CHECK(padme_bytes(padme_bytes(length)) == padme_bytes(length));
        CHECK(padme_bytes(length) - length <= length / 8);
    }
    CHECK(padme_bytes(0) == 0);
    CHECK(padme_bytes(1) == 1);
}

}  // namespace vault
