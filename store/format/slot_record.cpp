// Key slots: the clear header and the sealed record.
#include "store/format/slot_record.h"

#include <cstring>

#include "store/format/checks.h"
#include "store/format/limits.h"

namespace vault {

namespace {

constexpr std::uint8_t kSecretPassword = 1, kSecretKeyFile = 2;
constexpr std::uint8_t kKdfNone = 0, kKdfArgon2id = 1;
constexpr std::uint32_t kMemoryKibMin = 8, kMemoryKibMax = 4'194'304;
constexpr std::uint32_t kPassesMax = 16;
constexpr std::uint64_t kLabelBytesMax = 255;
constexpr Envelope kSlotEnvelope{ObjectKind::Slot, 0, 0};

void check(const SlotHeader& header) {
    require(header.has_password || header.has_key_file, "key slot", "no secret");
    if (header.has_password) {
        require(header.memory_kib >= kMemoryKibMin && header.memory_kib <= kMemoryKibMax, "key slot",
                "memory out of bounds");
        require(header.passes >= 1 && header.passes <= kPassesMax, "key slot", "passes out of bounds");
    } else {
        require(header.memory_kib == 0 && header.passes == 0, "key slot", "memory or passes without a password");
    }
}

void check(const SlotRecord& record) {
    require_time(record.created, "slot record");
    require(is_record_text(record.label, 0, kLabelBytesMax), "slot record", "a label that is not short text");
}

}  // namespace

std::array<std::uint8_t, kSlotHeaderBytes> encode(const SlotHeader& header) {
    check(header);
    Writer out(kSlotHeaderBytes);
    out.raw(encode(kSlotEnvelope)).id(header.repository);
    out.u8(static_cast<std::uint8_t>((header.has_password ? kSecretPassword : 0) |
                                     (header.has_key_file ? kSecretKeyFile : 0)));
    out.u8(header.has_password ? kKdfArgon2id : kKdfNone).zeros(2);
    out.u32(header.memory_kib).u32(header.passes).zeros(4).raw(header.salt).raw(header.commitment);
    std::array<std::uint8_t, kSlotHeaderBytes> bytes;
    require(out.size() == bytes.size(), "key slot", "not of its fixed size");
    std::memcpy(bytes.data(), out.view().data(), bytes.size());
    return bytes;
}

SlotHeader decode_slot_header(ByteView slot) {
    Cursor in(slot, "key slot");
    if (slot.size() != kSlotBytes) in.corrupt(std::to_string(slot.size()) + " bytes instead of 4096");
    if (decode_envelope(in.raw(kEnvelopeBytes)) != kSlotEnvelope) in.corrupt("an envelope of something else");
    SlotHeader header;
    header.repository = in.id<RepositoryId>();
    const std::uint8_t secrets = in.u8();
    if ((secrets & ~(kSecretPassword | kSecretKeyFile)) != 0) in.unsupported("secrets " + std::to_string(secrets));
    header.has_password = (secrets & kSecretPassword) != 0;
    header.has_key_file = (secrets & kSecretKeyFile) != 0;
    const std::uint8_t kdf = in.u8();
    if (kdf > kKdfArgon2id) in.unsupported("key derivation " + std::to_string(kdf));
    if ((kdf == kKdfArgon2id) != header.has_password) in.corrupt("a key derivation that does not fit the secrets");
    in.zeros(2, "a reserved field");
    header.memory_kib = in.u32();
    header.passes = in.u32();
    in.zeros(4, "a reserved field");
    header.salt = in.array<16>();
    header.commitment = in.array<32>();
    check(header);
    return header;
}

Bytes encode(const SlotRecord& record) {
    check(record);
    Writer out;
    out.raw(record.keyring_key).time(record.created).u8(static_cast<std::uint8_t>(record.purpose));
    out.text(record.label).extensions(record.extensions);
    return out.take();
}

SlotRecord decode_slot_record(Cursor& in) {
    SlotRecord record;
    record.keyring_key = in.array<32>();
    record.created = in.time();
    const std::uint8_t purpose = in.u8();
    if (purpose < 1 || purpose > 3) in.unsupported("slots of purpose " + std::to_string(purpose));
    record.purpose = static_cast<SlotPurpose>(purpose);
    record.label = in.text(kLabelBytesMax, "label");
    record.extensions = in.extensions();
    check(record);
    return record;
}

}  // namespace vault
