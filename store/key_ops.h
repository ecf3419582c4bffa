// Keys of a repository: which slots open it, and how they come and go. A slot wraps the keyring key alone, so nothing
// that is stored changes with it; whoever once opened the repository may have kept the keyring key.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/repository.h"
#include "store/seal/slot.h"

namespace vault {

// What can be said of a slot without opening it, and what the opened one says of itself.
struct KeyInfo {
    SlotId id;
    bool has_password = false, has_key_file = false;
    std::uint32_t memory_kib = 0, passes = 0;
    std::int64_t added_ns = 0;    // by the store's clock
    bool current = false;         // this run opened it
    std::string trouble;          // not empty: it is damaged or of another version, in one line
};

// All slots, by id.
std::vector<KeyInfo> list_keys(const Repository& repository);

struct NewKeyOptions {
    Credentials credentials;
    std::string label;
    SlotStrength strength;
};

// Adds a slot; it counts only after it was read back and opened again. Throws Usage for credentials that no slot takes.
SlotId add_key(const Repository& repository, const NewKeyOptions& options);

struct RecoveryKey {
    SlotId id;
    std::string text;  // shown once and kept nowhere
};

// Adds a slot with a new recovery key. Earlier ones still open the repository.
RecoveryKey add_recovery_key(const Repository& repository);

// Removes the slot whose id starts with `prefix`. Throws NotFound (none, or several), Usage for the slot that this run
// opened: so one that is known to open is always left, also where two clients remove each other's at once.
SlotId remove_key(const Repository& repository, const std::string& prefix);

// Puts a new slot in the place of the one that this run opened, with the same key file if that had one, and a new
// password. Throws Usage where the opened slot has no password. `opened_with` are the credentials that opened it.
SlotId change_password(const Repository& repository, const Credentials& opened_with, ByteView new_password,
                       SlotStrength strength);

}  // namespace vault
