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

// Makes a slot for these credentials. Throws Usage for an empty password, a key file that is not 32 bytes, or a
// strength below the floor of docs/format.md. `strength` counts only where there is a password.
NewSlot make_slot(const RepositoryId& repository, ByteView keyring_key, const Credentials& credentials,
                  SlotPurpose purpose, const std::string& label, Time created, SlotStrength strength = {});

struct OpenedSlot {
    RepositoryId repository;  // whose slot it is
    Secret keyring_key;
    SlotPurpose purpose = SlotPurpose::Password;
    std::string label;
    Time created;
};

// Argon2id takes no more memory than this for a slot unless the caller says so.
constexpr std::uint32_t kSlotMemoryKibDefault = 1'048'576;

// Nothing where the credentials are not this slot's (others may be). Throws Corrupt where `object` is damaged: its
// SHA-256 is not `id`, known before Argon2id runs, or it breaks a rule of the format. Throws Unsupported where it needs
// another program, or demands more than `memory_kib_max`: the caller passes over it.
std::optional<OpenedSlot> open_slot(const SlotId& id, ByteView object, const Credentials& credentials,
                                    std::uint32_t memory_kib_max = kSlotMemoryKibDefault);

}  // namespace vault
