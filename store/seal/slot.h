// Key slots: a password, a key file or both open the keyring key. docs/format.md, section 5.
#pragma once

#include <optional>
#include <string>

#include "store/format/slot_record.h"
#include "store/seal/primitives.h"

namespace vault {

// What a caller has: at least one of both. The views stay the caller's.
struct Credentials {
    std::optional<ByteView> password;
    std::optional<ByteView> key_file;  // the 32 bytes, decoded
};

struct SlotStrength {
    std::uint32_t memory_kib = 65'536;
    std::uint32_t passes = 3;
};

struct NewSlot {
    SlotId id;
    Bytes object;
};

// Makes a slot for these credentials. Throws Usage for an empty password or a strength below the floor.
NewSlot make_slot(const RepositoryId& repository, ByteView keyring_key, const Credentials& credentials, SlotPurpose purpose,
                  const std::string& label, Time created, SlotStrength strength = {});

struct OpenedSlot {
    Secret keyring_key;
    SlotPurpose purpose = SlotPurpose::Password;
    std::string label;
    Time created;
};

// Nothing where the credentials are not this slot's (others may be). Throws Corrupt where `object` is damaged (its SHA-256 is
// not `id`: known before Argon2id runs) or demands more than the limits.
std::optional<OpenedSlot> open_slot(const SlotId& id, ByteView object, const Credentials& credentials);

// The text of a key file or recovery key, and back. Throws WrongKey for a text that is none or has a wrong checksum.
std::string key_text(ByteView key32);
Secret parse_key_text(std::string_view text);

}  // namespace vault
