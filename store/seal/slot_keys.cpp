// Argon2id, then BLAKE2b over everything that the slot key is bound to.
#include "store/seal/slot_keys.h"

#include <algorithm>

namespace vault {

namespace {

constexpr std::size_t kPasswordKeyBytes = 64, kKeyFileBytes = 32, kLabelBytes = 32, kKeysBytes = 64;

std::array<std::uint8_t, kLabelBytes> padded_label(std::string_view text) {
    std::array<std::uint8_t, kLabelBytes> label{};
    std::copy(text.begin(), text.end(), label.begin());
    return label;
}

}  // namespace

SlotKeys::SlotKeys(const SlotHeader& header, ByteView bound, const Credentials& credentials)
    : bound_(bound), keys_(kKeysBytes) {
    const Secret password_key = header.has_password
                                    ? argon2id(*credentials.password, header.salt, header.memory_kib, header.passes)
                                    : Secret(kPasswordKeyBytes);
    const Secret no_key_file(kKeyFileBytes);
    const ByteView key_file = header.has_key_file ? *credentials.key_file : no_key_file.view();
    blake2b(password_key.view(), {padded_label("vault-slot-key-v1"), bound_, key_file}, keys_.mutable_view());
}

std::array<std::uint8_t, 32> SlotKeys::commitment() const {
    std::array<std::uint8_t, 32> commitment;
    blake2b(keys_.view().last(32), {padded_label("vault-commit-v1"), bound_}, commitment);
    return commitment;
}

}  // namespace vault
