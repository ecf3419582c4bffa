// Integers, varints, bytes, text, times and counts: docs/format.md, section 1.
#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

#include "store/format/cursor.h"
#include "tests/support/codec_laws.h"

namespace vault {
namespace {

std::uint64_t varint_of(std::string_view hex) {
    const Bytes bytes = from_hex(hex);
    Cursor cursor(bytes, "test");
    const std::uint64_t value = cursor.varint();
    cursor.expect_end();
    return value;
}

std::optional<ErrorKind> error_of_varint(std::string_view hex) {
    return error_of([&] { varint_of(hex); });
}

// The error of `read(cursor)` on these bytes.
template <class Read>
std::optional<ErrorKind> error_of_reading(ByteView bytes, Read read) {
    return error_of([&] {
        Cursor cursor(bytes, "test");
        read(cursor);
    });
}

std::optional<ErrorKind> error_of_text(std::string_view text) {
    Writer writer;
    writer.text(text);
    return error_of_reading(writer.view(), [](Cursor& in) { in.text(100, "text"); });
}

}  // namespace

TEST_CASE("a varint has seven bits a byte, the low group first", "[format][cursor]") {
    CHECK(varint_of("00") == 0);
    CHECK(varint_of("7f") == 127);
    CHECK(varint_of("8001") == 128);
    CHECK(varint_of("ac02") == 300);
    CHECK(varint_of("ffffffffffffffffff01") == ~0ull);
    CHECK(varint_of("80808080808080808001") == 1ull << 63);
}

TEST_CASE("a varint in more bytes than it needs is Corrupt", "[format][cursor]") {
    CHECK(error_of_varint("8000") == ErrorKind::Corrupt);
    CHECK(error_of_varint("ff00") == ErrorKind::Corrupt);
    CHECK(error_of_varint("ac8200") == ErrorKind::Corrupt);
    CHECK(error_of_varint("80808080808080808000") == ErrorKind::Corrupt);
}

TEST_CASE("a varint above 64 bits is Corrupt", "[format][cursor]") {
    CHECK(error_of_varint("ffffffffffffffffff02") == ErrorKind::Corrupt);
    CHECK(error_of_varint("ffffffffffffffffff81") == ErrorKind::Corrupt);
    CHECK(error_of_varint("ffffffffffffffffff8101") == ErrorKind::Corrupt);
}

TEST_CASE("a varint that is cut short is Corrupt", "[format][cursor]") {
    CHECK(error_of_varint("") == ErrorKind::Corrupt);
    CHECK(error_of_varint("80") == ErrorKind::Corrupt);
    CHECK(error_of_varint("ffffffffffffffffff") == ErrorKind::Corrupt);
}

TEST_CASE("every integer comes back as it was written, and its varint is as short as can be", "[format][cursor]") {
    rc::prop("round trip", [](std::uint64_t any, std::int64_t signed_any) {
        const std::uint64_t value = any >> *rc::gen::inRange(0, 64);
        Writer writer;
        writer.varint(value);
        RC_ASSERT(writer.size() == varint_bytes(value));
        RC_ASSERT(writer.size() == 1 || value >> (7 * (writer.size() - 1)) != 0);
        writer.u8(static_cast<std::uint8_t>(any)).u16(static_cast<std::uint16_t>(any));
        writer.u32(static_cast<std::uint32_t>(any)).u64(any).i64(signed_any);
        Cursor cursor(writer.view(), "test");
        RC_ASSERT(cursor.varint() == value);
        RC_ASSERT(cursor.u8() == static_cast<std::uint8_t>(any));
        RC_ASSERT(cursor.u16() == static_cast<std::uint16_t>(any));
        RC_ASSERT(cursor.u32() == static_cast<std::uint32_t>(any));
        RC_ASSERT(cursor.u64() == any);
        RC_ASSERT(cursor.i64() == signed_any);
        cursor.expect_end();
    });
}

TEST_CASE("integers are little-endian", "[format][cursor]") {
    Writer writer;
    writer.u16(0x0102).u32(0x03040506).u64(0x0708090A0B0C0D0E).i64(-2);
    CHECK(to_hex(writer.view()) == "020106050403" "0e0d0c0b0a090807" "feffffffffffffff");
}

TEST_CASE("a writer that outgrows its room keeps what was written", "[format][cursor]") {
    Writer writer(3);
    std::string expected;
    for (unsigned i = 0; i < 1'000; ++i) {
        writer.u8(static_cast<std::uint8_t>(i));
        expected += static_cast<char>(i);
    }
    CHECK(as_text(writer.view()) == expected);
    CHECK(as_text(writer.take()) == expected);
    CHECK(writer.size() == 0);
    CHECK(as_text(writer.u8('x').take()) == "x");
}

TEST_CASE("bytes longer than their limit or than what remains are Corrupt", "[format][cursor]") {
    const Bytes four = from_hex("0401020304");
    CHECK(error_of_reading(four, [](Cursor& in) { in.bytes(4, "field"); }) == std::nullopt);
    CHECK(error_of_reading(four, [](Cursor& in) { in.bytes(3, "field"); }) == ErrorKind::Corrupt);
    CHECK(error_of_reading(from_hex("05010203"), [](Cursor& in) { in.bytes(9, "field"); }) == ErrorKind::Corrupt);
    const Bytes huge = from_hex("ffffffffffffffffff01");
    CHECK(error_of_reading(huge, [](Cursor& in) { in.bytes(~0ull, "field"); }) == ErrorKind::Corrupt);
}

TEST_CASE("a count above its limit, or of more items than can follow, is Corrupt", "[format][cursor]") {
    const Bytes three = from_hex("03000000000000");  // three items of two bytes
    CHECK(error_of_reading(three, [](Cursor& in) { in.count(3, 2, "items"); }) == std::nullopt);
    CHECK(error_of_reading(three, [](Cursor& in) { in.count(2, 2, "items"); }) == ErrorKind::Corrupt);
    CHECK(error_of_reading(three, [](Cursor& in) { in.count(3, 3, "items"); }) == ErrorKind::Corrupt);
    const Bytes huge = from_hex("ffffffffffffffffff01");
    CHECK(error_of_reading(huge, [](Cursor& in) { in.count(~0ull, 1, "items"); }) == ErrorKind::Corrupt);
}

TEST_CASE("text is well-formed UTF-8 without control characters", "[format][cursor]") {
    for (const char* good : {"", "a b", "gr\xC3\xBC\xC3\x9F", "\xE6\x97\xA5", "\xF0\x9F\x99\x82", "\xC2\xA0"}) {
        CAPTURE(good);
        CHECK(error_of_text(good) == std::nullopt);
    }
    for (const char* bad : {"\x01", "a\n", "\x1F", "\x7F", "\xC2\x80", "\xC2\x9F", "\xFF", "\xC3", "\xC0\xAF",
                            "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80"}) {
        CAPTURE(bad);
        CHECK(error_of_text(bad) == ErrorKind::Corrupt);
    }
    CHECK(error_of_text(std::string_view("a\0b", 3)) == ErrorKind::Corrupt);
}

TEST_CASE("a time with 10^9 nanoseconds is Corrupt", "[format][cursor]") {
    const auto read_time = [](Cursor& in) { in.time(); };
    CHECK(error_of_reading(Writer().i64(-1).u32(999'999'999).view(), read_time) == std::nullopt);
    CHECK(error_of_reading(Writer().i64(-1).u32(1'000'000'000).view(), read_time) == ErrorKind::Corrupt);
}

TEST_CASE("an extension list has at most 1,024 items and 64 KiB, and writers refuse what readers refuse",
          "[format][cursor]") {
    const auto list = [](std::size_t items, std::size_t value_bytes) {
        Extensions extensions;
        for (std::size_t i = 0; i < items; ++i) extensions.push_back({2 * i + 1, Bytes(value_bytes, 7)});
        return extensions;
    };
    const auto written = [](const Extensions& extensions) { return Writer().extensions(extensions).take(); };
    const auto read_error = [](ByteView bytes) {
        return error_of_reading(bytes, [](Cursor& in) { in.extensions(); });
    };
    CHECK(read_error(written(list(1'024, 5))) == std::nullopt);
    CHECK(error_of([&] { written(list(1'025, 5)); }) == ErrorKind::Corrupt);
    CHECK(read_error(written(list(1, 65'532))) == std::nullopt);  // a tag, three bytes of length: 65,536
    CHECK(error_of([&] { written(list(1, 65'533)); }) == ErrorKind::Corrupt);
    CHECK(error_of([&] { written({{2, {}}}); }) == ErrorKind::Corrupt);
    CHECK(error_of([&] { written({{3, {}}, {1, {}}}); }) == ErrorKind::Corrupt);
    CHECK(error_of([&] { written({{3, {}}, {3, {}}}); }) == ErrorKind::Corrupt);

    Writer too_many, items;
    for (std::uint64_t i = 0; i < 1'025; ++i) items.varint(2 * i + 1).varint(0);
    too_many.bytes(items.view());
    CHECK(read_error(too_many.view()) == ErrorKind::Corrupt);
    Writer too_long;
    too_long.bytes(Writer().varint(1).bytes(Bytes(65'533, 7)).view());
    CHECK(read_error(too_long.view()) == ErrorKind::Corrupt);
}

TEST_CASE("reserved bytes that are not zero are Corrupt", "[format][cursor]") {
    const auto read = [](Cursor& in) { in.zeros(3, "field"); };
    CHECK(error_of_reading(from_hex("000000"), read) == std::nullopt);
    CHECK(error_of_reading(from_hex("000001"), read) == ErrorKind::Corrupt);
    CHECK(error_of_reading(from_hex("0000"), read) == ErrorKind::Corrupt);
}

TEST_CASE("an error names the record and the place", "[format][cursor]") {
    const Bytes bytes = from_hex("0102");
    Cursor cursor(bytes, "pack directory");
    cursor.u8();
    CHECK_THROWS_WITH(cursor.u32(), "pack directory: cut short: 4 bytes wanted, 1 left (at byte 1)");
    CHECK_THROWS_WITH(cursor.unsupported("codec 7"), "pack directory: needs a program that knows codec 7");
}

}  // namespace vault
