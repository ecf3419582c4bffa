// The head of every object, and the associated data.
#include "store/format/envelope.h"

#include <cstring>
#include <string>

#include "store/format/checks.h"

namespace vault {

namespace {

constexpr std::array<std::uint8_t, 8> kMagic = {0x56, 0x41, 0x55, 0x4C, 0x54, 0x0D, 0x0A, 0x1A};
constexpr std::uint16_t kKindMax = static_cast<std::uint16_t>(ObjectKind::Decision);

bool is_kind(std::uint16_t number) {
    return number >= 1 && number <= kKindMax;
}

bool under_master_key(const Envelope& envelope) {
    return envelope.wrap() == KeyWrap::MasterKey;
}

std::string_view domain_text(Domain domain) {
    switch (domain) {
        case Domain::BoxData: return "vault-box-data";
        case Domain::BoxTree: return "vault-box-tree";
        case Domain::Directory: return "vault-directory";
        case Domain::Trailer: return "vault-trailer";
        case Domain::Object: return "vault-object";
        case Domain::Slot: return "vault-slot";
    }
    refuse("associated data", "an unknown domain");
}

template <std::size_t Size>
std::array<std::uint8_t, Size> exactly(const Writer& writer) {
    require(writer.size() == Size, "envelope", "not of its fixed size");
    std::array<std::uint8_t, Size> bytes;
    std::memcpy(bytes.data(), writer.view().data(), Size);
    return bytes;
}

}  // namespace

KeyWrap Envelope::wrap() const {
    switch (kind) {
        case ObjectKind::Config:
        case ObjectKind::Keyring: return KeyWrap::KeyringKey;
        case ObjectKind::Slot: return KeyWrap::SlotKey;
        default: return KeyWrap::MasterKey;
    }
}

std::array<std::uint8_t, kEnvelopeBytes> encode(const Envelope& envelope) {
    require(is_kind(static_cast<std::uint16_t>(envelope.kind)) && envelope.domain == 0 &&
                under_master_key(envelope) == (envelope.generation != 0),
            "envelope", "a kind, domain or generation that no reader takes");
    Writer out(kEnvelopeBytes);
    out.raw(kMagic).u16(static_cast<std::uint16_t>(envelope.kind)).u16(kFormatVersion);
    out.u8(static_cast<std::uint8_t>(envelope.wrap())).zeros(3);
    out.u32(envelope.domain).u32(envelope.generation).zeros(32);
    return exactly<kEnvelopeBytes>(out);
}

Envelope decode_envelope(ByteView object) {
    Cursor in(object, "envelope");
    if (!equal(in.raw(kMagic.size()), kMagic)) in.corrupt("not an object of vault: the magic is missing");
    const std::uint16_t kind = in.u16();
    // The version before the kind: a later version may have made both, and it is the version that tells the reader so.
    const std::uint16_t version = in.u16();
    if (version == 0) in.corrupt("format version 0");
    if (version > kFormatVersion) in.unsupported("format version " + std::to_string(version));
    if (!is_kind(kind)) in.unsupported("objects of kind " + std::to_string(kind));
    const std::uint8_t wrap = in.u8();
    if (wrap == static_cast<std::uint8_t>(KeyWrap::X25519) || wrap > static_cast<std::uint8_t>(KeyWrap::SlotKey))
        in.unsupported("key wrap " + std::to_string(wrap));
    in.zeros(3, "a reserved field");
    Envelope envelope;
    envelope.kind = static_cast<ObjectKind>(kind);
    if (wrap != static_cast<std::uint8_t>(envelope.wrap())) in.corrupt("a key wrap that does not fit the kind");
    envelope.domain = in.u32();
    if (envelope.domain != 0) in.unsupported("dedup domain " + std::to_string(envelope.domain));
    envelope.generation = in.u32();
    if (under_master_key(envelope) && envelope.generation == 0) in.corrupt("generation 0 of the master key");
    if (!under_master_key(envelope) && envelope.generation != 0)
        in.unsupported("generation " + std::to_string(envelope.generation) + " of another key than the master key");
    in.zeros(32, "the ephemeral public key");
    return envelope;
}

std::array<std::uint8_t, kAssociatedDataBytes> associated_data(const SealContext& context) {
    const std::string_view domain = domain_text(context.domain);
    Writer out(kAssociatedDataBytes);
    out.raw(as_bytes(domain)).zeros(16 - domain.size());
    out.raw(encode(context.envelope)).id(context.repository).u32(context.envelope.generation);
    out.u32(context.plain_bytes).u8(static_cast<std::uint8_t>(context.codec)).id(context.identity);
    return exactly<kAssociatedDataBytes>(out);
}

}  // namespace vault
