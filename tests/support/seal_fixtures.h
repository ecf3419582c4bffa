// Fixed keys, and what a call throws, for the tests of the seal house.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/base/error.h"
#include "store/format/config_record.h"
#include "store/seal/keys.h"

namespace vault {

inline Bytes counting_bytes(std::size_t count, std::uint8_t first = 0) {
    Bytes bytes(count);
    for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::uint8_t>(first + i);
    return bytes;
}

inline Bytes random_bytes(std::size_t count) {
    Bytes bytes(count);
    fill_random(bytes);
    return bytes;
}

template <std::size_t Size>
std::array<std::uint8_t, Size> counting_array(std::uint8_t first) {
    std::array<std::uint8_t, Size> bytes;
    for (std::size_t i = 0; i < Size; ++i) bytes[i] = static_cast<std::uint8_t>(first + i);
    return bytes;
}

// Master keys 1 and 3 (2 was given up), the id root and the repository id are counting bytes.
inline KeyringRecord fixed_keyring() {
    KeyringRecord keyring;
    keyring.repository.bytes = counting_array<32>(0x10);
    keyring.id_root = counting_array<32>(0x30);
    for (const std::uint32_t number : {1u, 3u}) {
        KeyringRecord::MasterKey master;
        master.number = number;
        master.key = counting_array<32>(static_cast<std::uint8_t>(0x50 + 0x20 * number));
        keyring.master_keys.push_back(master);
    }
    return keyring;
}

// The kind of the Error that `call` throws, or nothing where it throws none.
template <class Call>
std::optional<ErrorKind> thrown(Call call) {
    try {
        call();
    } catch (const Error& error) {
        return error.kind();
    }
    return std::nullopt;
}

}  // namespace vault
