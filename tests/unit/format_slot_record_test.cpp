// Key slots: docs/format.md, section 5.
#include <catch2/catch.hpp>

#include "store/format/limits.h"
#include "store/format/slot_record.h"
#include "tests/support/codec_laws.h"
#include "tests/support/format_values.h"

namespace vault {
namespace {

Bytes slot_with(const SlotHeader& header) {
    Bytes slot = to_bytes(encode(header));
    slot.resize(kSlotBytes, 0xEE);
    return slot;
}

std::optional<ErrorKind> error_with(std::size_t offset, std::string_view hex, SlotHeader header) {
    Bytes slot = slot_with(header);
    const Bytes patch = from_hex(hex);
    std::copy(patch.begin(), patch.end(), slot.begin() + static_cast<std::ptrdiff_t>(offset));
    return error_of([&] { decode_slot_header(slot); });
}

std::optional<ErrorKind> error_with(std::size_t offset, std::string_view hex) {
    return error_with(offset, hex, sample_slot_header());
}

SlotHeader key_file_only() {
    SlotHeader header = sample_slot_header();
    header.has_password = false;
    header.memory_kib = header.passes = 0;
    return header;
}

}  // namespace

TEST_CASE("a slot header comes back with each choice of secrets", "[format][slot]") {
    SlotHeader password_only = sample_slot_header();
    password_only.has_key_file = false;
    for (const SlotHeader& header : {sample_slot_header(), password_only, key_file_only()})
        CHECK(decode_slot_header(slot_with(header)) == header);
}

TEST_CASE("a slot that is not exactly 4,096 bytes long is Corrupt", "[format][slot]") {
    Bytes slot = slot_with(sample_slot_header());
    for (const std::size_t length : {0u, 56u, 151u, 152u, 4'095u}) {
        CAPTURE(length);
        CHECK(error_of([&] { decode_slot_header(ByteView(slot).first(length)); }) == ErrorKind::Corrupt);
    }
    slot.push_back(0);
    CHECK(error_of([&] { decode_slot_header(slot); }) == ErrorKind::Corrupt);
}

TEST_CASE("every changed byte of a slot header is refused or is the one encoding of another", "[format][slot]") {
    const RecordCodec<SlotHeader> codec{[](const SlotHeader& header) { return slot_with(header); },
                                  [](ByteView slot) { return decode_slot_header(slot); }};
    for (const SlotHeader& header : {sample_slot_header(), key_file_only()}) {
        Bytes slot = slot_with(header);
        for (std::size_t at = 0; at < kSlotHeaderBytes; ++at) {
            const std::uint8_t was = slot[at];
            for (unsigned difference = 1; difference < 256; ++difference) {
                slot[at] = static_cast<std::uint8_t>(was ^ difference);
                if (!canonical_or_refused(codec, slot)) FAIL("byte " << at << " as " << unsigned{slot[at]});
            }
            slot[at] = was;
        }
        CHECK(canonical_or_refused(codec, slot));
    }
}

TEST_CASE("no secret, or a key derivation that does not fit the secrets, is Corrupt", "[format][slot]") {
    CHECK(error_with(88, "00") == ErrorKind::Corrupt);
    CHECK(error_with(89, "00") == ErrorKind::Corrupt);
    CHECK(error_with(89, "01", key_file_only()) == ErrorKind::Corrupt);
}

TEST_CASE("unknown secrets and key derivations are Unsupported", "[format][slot]") {
    CHECK(error_with(88, "04") == ErrorKind::Unsupported);
    CHECK(error_with(88, "07") == ErrorKind::Unsupported);
    CHECK(error_with(89, "02") == ErrorKind::Unsupported);
}

TEST_CASE("memory and passes out of bounds are Corrupt", "[format][slot]") {
    CHECK(error_with(92, "08000000") == std::nullopt);
    CHECK(error_with(92, "07000000") == ErrorKind::Corrupt);
    CHECK(error_with(92, "00004000") == std::nullopt);  // 4,194,304
    CHECK(error_with(92, "01004000") == ErrorKind::Corrupt);
    CHECK(error_with(96, "10000000") == std::nullopt);
    CHECK(error_with(96, "00000000") == ErrorKind::Corrupt);
    CHECK(error_with(96, "11000000") == ErrorKind::Corrupt);
    CHECK(error_with(92, "08000000", key_file_only()) == ErrorKind::Corrupt);
    CHECK(error_with(96, "01000000", key_file_only()) == ErrorKind::Corrupt);
}

TEST_CASE("reserved bytes of a slot and envelopes of other kinds are Corrupt", "[format][slot]") {
    for (const std::size_t offset : {90, 91, 100, 103}) CHECK(error_with(offset, "01") == ErrorKind::Corrupt);
    CHECK(error_with(0, to_hex(encode(Envelope{ObjectKind::Config, 0, 0}))) == ErrorKind::Corrupt);
    CHECK(error_with(0, to_hex(encode(Envelope{ObjectKind::Pack, 0, 1}))) == ErrorKind::Corrupt);
}

TEST_CASE("no slot header is written that no reader takes", "[format][slot]") {
    SlotHeader none = sample_slot_header(), weak = none, endless = none, costly = key_file_only();
    none.has_password = none.has_key_file = false;
    weak.memory_kib = 7;
    endless.passes = 17;
    costly.passes = 1;
    for (const SlotHeader& bad : {none, weak, endless, costly})
        CHECK(error_of([&] { encode(bad); }) == ErrorKind::Corrupt);
}

TEST_CASE("a slot record keeps the laws of records", "[format][slot]") {
    const auto codec = cursor_codec(decode_slot_record);
    check_codec_laws(codec, sample_slot_record());
    check_extension_laws(codec, encode(sample_slot_record()));
}

TEST_CASE("an unknown purpose of a slot is Unsupported, a label that is no short text is Corrupt", "[format][slot]") {
    const auto codec = cursor_codec(decode_slot_record);
    Bytes bytes = encode(sample_slot_record());
    for (const std::uint8_t purpose : Bytes{0, 4, 255}) {
        bytes[32 + 12] = purpose;
        CHECK(error_of([&] { codec.decode(bytes); }) == ErrorKind::Unsupported);
    }
    SlotRecord record = sample_slot_record();
    record.label = std::string(255, 'x');
    CHECK(codec.decode(encode(record)) == record);
    for (const std::string& label : {std::string(256, 'x'), std::string("a\nb"), std::string("\xFF")}) {
        record.label = label;
        CHECK(error_of([&] { encode(record); }) == ErrorKind::Corrupt);
    }
}

}  // namespace vault
