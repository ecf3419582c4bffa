// Key slots: derive, commit, seal; and back.
#include "store/seal/slot.h"

#include <sodium.h>

#include <stdexcept>

#include "store/format/limits.h"
#include "store/seal/sealing.h"
#include "store/seal/slot_keys.h"
#include "store/seal/slot_strength.h"

namespace vault {

namespace {

constexpr std::uint32_t kMemoryKibFloor = 65'536, kPassesFloor = 2;
constexpr std::uint64_t kNonceHedgeKey = 34;  // of the keyring key, docs/format.md 4.2
constexpr std::size_t kKeyFileBytes = 32;
constexpr std::size_t kPlainBytes = kSlotBytes - kSlotHeaderBytes - kSealOverheadBytes;

SealContext slot_context(const RepositoryId& repository, ByteView header) {
    SealContext context;
    context.domain = Domain::Slot;
    context.envelope.kind = ObjectKind::Slot;
    context.repository = repository;
    context.plain_bytes = static_cast<std::uint32_t>(kPlainBytes);
    context.identity.bytes = sha256(header);
    return context;
}

void check_key_file(const Credentials& credentials) {
    if (credentials.key_file && credentials.key_file->size() != kKeyFileBytes)
        throw Error(ErrorKind::Usage, "a key file or recovery key has 32 bytes");
}

}  // namespace

NewSlot make_slot_below_floor(const RepositoryId& repository, ByteView keyring_key, const Credentials& credentials,
                              SlotPurpose purpose, const std::string& label, Time created, SlotStrength strength) {
    if (!credentials.password && !credentials.key_file)
        throw Error(ErrorKind::Usage, "a key slot needs a password or a key file");
    if (credentials.password && credentials.password->empty()) throw Error(ErrorKind::Usage, "the password is empty");
    check_key_file(credentials);
    SlotRecord record;
    if (keyring_key.size() != record.keyring_key.size()) throw std::logic_error("a keyring key has 32 bytes");

    SlotHeader header;
    header.repository = repository;
    header.has_password = credentials.password.has_value();
    header.has_key_file = credentials.key_file.has_value();
    if (header.has_password) {
        header.memory_kib = strength.memory_kib;
        header.passes = strength.passes;
    }
    fill_random(header.salt);
    const auto uncommitted = encode(header);
    const SlotKeys keys(header, ByteView(uncommitted).first(kSlotDerivationBytes), credentials);
    header.commitment = keys.commitment();

    const WipedAtEnd record_wiped(record.keyring_key);
    std::copy(keyring_key.begin(), keyring_key.end(), record.keyring_key.begin());
    record.created = created;
    record.purpose = purpose;
    record.label = label;
    Bytes encoded = encode(record);
    const WipedAtEnd encoded_wiped(encoded);
    Secret plain(kPlainBytes);
    if (encoded.size() > plain.size()) throw std::logic_error("a slot record longer than a slot");
    std::copy(encoded.begin(), encoded.end(), plain.mutable_view().begin());

    NewSlot slot;
    append(slot.object, encode(header));
    const NonceHedge hedge(derive_key(keyring_key, kNonceHedgeKey));
    append(slot.object, seal_with(keys.slot_key(), hedge, slot_context(repository, slot.object), plain.view()));
    slot.id.bytes = sha256(slot.object);
    return slot;
}

NewSlot make_slot(const RepositoryId& repository, ByteView keyring_key, const Credentials& credentials,
                  SlotPurpose purpose, const std::string& label, Time created, SlotStrength strength) {
    if (credentials.password && (strength.memory_kib < kMemoryKibFloor || strength.passes < kPassesFloor))
        throw Error(ErrorKind::Usage, "Argon2id takes at least " + std::to_string(kMemoryKibFloor) + " KiB and " +
                                          std::to_string(kPassesFloor) + " passes");
    return make_slot_below_floor(repository, keyring_key, credentials, purpose, label, created, strength);
}

std::optional<OpenedSlot> open_slot(const SlotId& id, ByteView object, const Credentials& credentials,
                                    std::uint32_t memory_kib_max) {
    const std::string what = "key slot " + id.hex();
    check_key_file(credentials);
    if (SlotId{sha256(object)} != id)
        throw Error(ErrorKind::Corrupt, what + ": damaged: its bytes do not fit its name");
    const SlotHeader header = decode_slot_header(object);
    if (header.memory_kib > memory_kib_max)
        throw Error(ErrorKind::Unsupported, what + ": demands " + std::to_string(header.memory_kib) +
                                                " KiB of memory, more than " + std::to_string(memory_kib_max));
    if (header.has_password && (!credentials.password || credentials.password->empty())) return std::nullopt;
    if (header.has_key_file && !credentials.key_file) return std::nullopt;

    const SlotKeys keys(header, object.first(kSlotDerivationBytes), credentials);
    const auto commitment = keys.commitment();
    if (sodium_memcmp(commitment.data(), header.commitment.data(), commitment.size()) != 0) return std::nullopt;
    const SealContext context = slot_context(header.repository, object.first(kSlotHeaderBytes));
    std::optional<Bytes> plain = open_with(keys.slot_key(), context, object.subspan(kSlotHeaderBytes));
    if (!plain) throw Error(ErrorKind::Corrupt, what + ": damaged or forged: its seal does not verify");
    const WipedAtEnd plain_wiped(*plain);

    Cursor cursor(*plain, what);
    SlotRecord record = decode_slot_record(cursor);
    const WipedAtEnd record_wiped(record.keyring_key);
    for (const std::uint8_t byte : cursor.rest())
        if (byte != 0) cursor.corrupt("padding that is not zero");
    OpenedSlot opened;
    opened.repository = header.repository;
    opened.keyring_key = Secret::copy_of(record.keyring_key);
    opened.purpose = record.purpose;
    opened.label = record.label;
    opened.created = record.created;
    return opened;
}

}  // namespace vault
