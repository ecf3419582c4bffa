// The 56 bytes at the head of every object and the associated data: docs/format.md, 3 and 4.4.
#include <catch2/catch.hpp>

#include "store/format/envelope.h"
#include "tests/support/codec_laws.h"
#include "tests/support/format_values.h"

namespace vault {
namespace {

constexpr Envelope kPack{ObjectKind::Pack, 0, 7};

Bytes bytes_of(const Envelope& envelope) {
    return to_bytes(encode(envelope));
}

std::optional<ErrorKind> error_with(std::size_t offset, std::uint8_t value, const Envelope& envelope = kPack) {
    Bytes bytes = bytes_of(envelope);
    bytes.at(offset) = value;
    return error_of([&] { decode_envelope(bytes); });
}

}  // namespace

TEST_CASE("an envelope of every kind comes back, with the key wrap that its kind demands", "[format][envelope]") {
    for (std::uint16_t kind = 1; kind <= 16; ++kind) {
        Envelope envelope{static_cast<ObjectKind>(kind), 0, kind <= 3 ? 0u : 4'294'967'295u};
        CAPTURE(kind);
        CHECK(decode_envelope(encode(envelope)) == envelope);
        const int wrap = kind == 3 ? 3 : kind <= 2 ? 2 : 0;
        CHECK(encode(envelope)[12] == wrap);
    }
}

TEST_CASE("an envelope lies as the table says", "[format][envelope]") {
    CHECK(to_hex(encode(kPack)) == "5641554c540d0a1a" "0400" "0100" "00" "000000" "00000000" "07000000" +
                                       std::string(64, '0'));
}

TEST_CASE("an envelope is read from the head of an object, and one that is cut short is Corrupt",
          "[format][envelope]") {
    Bytes object = bytes_of(kPack);
    append(object, as_bytes("what follows"));
    CHECK(decode_envelope(object) == kPack);
    for (std::size_t length = 0; length < kEnvelopeBytes; ++length) {
        CAPTURE(length);
        CHECK(error_of([&] { decode_envelope(ByteView(object).first(length)); }) == ErrorKind::Corrupt);
    }
}

TEST_CASE("every changed byte of an envelope is refused or is the one encoding of another", "[format][envelope]") {
    const RecordCodec<Envelope> codec{[](const Envelope& envelope) { return bytes_of(envelope); },
                                [](ByteView bytes) { return decode_envelope(bytes); }};
    for (const Envelope& envelope : {kPack, Envelope{ObjectKind::Config, 0, 0}, Envelope{ObjectKind::Slot, 0, 0}}) {
        Bytes bytes = bytes_of(envelope);
        for (std::size_t at = 0; at < bytes.size(); ++at) {
            for (unsigned value = 0; value < 256; ++value) {
                Bytes changed = bytes;
                changed[at] = static_cast<std::uint8_t>(value);
                if (!canonical_or_refused(codec, changed)) FAIL("byte " << at << " as " << value);
            }
        }
    }
    CHECK(canonical_or_refused(codec, bytes_of(kPack)));
}

TEST_CASE("a missing magic, version 0 and reserved bytes are Corrupt", "[format][envelope]") {
    CHECK(error_with(0, 'v') == ErrorKind::Corrupt);
    CHECK(error_with(6, '\r') == ErrorKind::Corrupt);
    CHECK(error_with(10, 0) == ErrorKind::Corrupt);
    for (const std::size_t offset : {13, 14, 15, 24, 55}) CHECK(error_with(offset, 1) == ErrorKind::Corrupt);
}

TEST_CASE("a later version, an unknown kind, wrap or domain is Unsupported", "[format][envelope]") {
    CHECK(error_with(10, 2) == ErrorKind::Unsupported);
    CHECK(error_with(8, 0) == ErrorKind::Unsupported);
    CHECK(error_with(8, 17) == ErrorKind::Unsupported);
    CHECK(error_with(12, 1) == ErrorKind::Unsupported);
    CHECK(error_with(12, 4) == ErrorKind::Unsupported);
    CHECK(error_with(16, 1) == ErrorKind::Unsupported);
    CHECK(error_with(20, 1, {ObjectKind::Config, 0, 0}) == ErrorKind::Unsupported);
}

TEST_CASE("a later version is Unsupported whatever stands behind it", "[format][envelope]") {
    Bytes bytes = bytes_of(kPack);
    bytes[10] = 2;
    for (std::size_t at = 12; at < bytes.size(); ++at) bytes[at] = 0xFF;
    CHECK(error_of([&] { decode_envelope(bytes); }) == ErrorKind::Unsupported);
}

TEST_CASE("a wrap that does not fit the kind and generation 0 of a master key are Corrupt", "[format][envelope]") {
    CHECK(error_with(12, 2) == ErrorKind::Corrupt);
    CHECK(error_with(12, 0, {ObjectKind::Config, 0, 0}) == ErrorKind::Corrupt);
    CHECK(error_with(12, 3, {ObjectKind::Keyring, 0, 0}) == ErrorKind::Corrupt);
    CHECK(error_with(20, 0) == ErrorKind::Corrupt);
}

TEST_CASE("no envelope is written that no reader takes", "[format][envelope]") {
    for (const Envelope& bad : {Envelope{ObjectKind::Pack, 0, 0}, Envelope{ObjectKind::Config, 0, 1},
                                Envelope{ObjectKind::Pack, 1, 1}, Envelope{static_cast<ObjectKind>(0), 0, 1},
                                Envelope{static_cast<ObjectKind>(17), 0, 1}})
        CHECK(error_of([&] { encode(bad); }) == ErrorKind::Corrupt);
}

TEST_CASE("the associated data lie as the table says", "[format][envelope]") {
    SealContext context;
    context.domain = Domain::BoxTree;
    context.envelope = kPack;
    context.repository = id_of<RepositoryId>(0xA1);
    context.plain_bytes = 0x01020304;
    context.codec = Codec::Zstd;
    context.identity = id_of<ObjectHash>(0xB2);
    std::string repository, identity;
    for (int i = 0; i < 32; ++i) repository += "a1", identity += "b2";
    CHECK(to_hex(associated_data(context)) == to_hex(as_bytes("vault-box-tree")) + "0000" + to_hex(encode(kPack)) +
                                                  repository + "07000000" + "04030201" + "01" + identity);
}

TEST_CASE("each domain has its own text in the associated data", "[format][envelope]") {
    const std::pair<Domain, const char*> domains[] = {
        {Domain::BoxData, "vault-box-data"},    {Domain::BoxTree, "vault-box-tree"},
        {Domain::Directory, "vault-directory"}, {Domain::Trailer, "vault-trailer"},
        {Domain::Object, "vault-object"},       {Domain::Slot, "vault-slot"}};
    for (const auto& [domain, text] : domains) {
        SealContext context;
        context.domain = domain;
        context.envelope = kPack;
        const auto bytes = associated_data(context);
        std::string expected(text);
        expected.resize(16, '\0');
        CHECK(as_text(ByteView(bytes).first(16)) == expected);
    }
}

}  // namespace vault
