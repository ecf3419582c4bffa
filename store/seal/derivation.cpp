// Where keys come from: random numbers, key derivation and passwords, through libsodium.
#include <sodium.h>

#include <cassert>

#include "store/base/error.h"
#include "store/seal/primitives.h"

namespace vault {

namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr char kKdfContext[] = "vault-v1";
static_assert(sizeof kKdfContext - 1 == crypto_kdf_CONTEXTBYTES && kKeyBytes == crypto_kdf_KEYBYTES);

}  // namespace

void fill_random(MutableByteView bytes) {
    require_sodium();
    if (bytes.empty()) return;  // libsodium takes no null
    randombytes_buf(bytes.data(), bytes.size());  // ends the process where the system has no random numbers
}

Secret derive_key(ByteView key, std::uint64_t number) {
    assert(key.size() == kKeyBytes);
    Secret subkey(kKeyBytes);
    if (crypto_kdf_derive_from_key(subkey.mutable_view().data(), kKeyBytes, number, kKdfContext, key.data()) != 0)
        throw Error(ErrorKind::Io, "key derivation failed");
    return subkey;
}

Secret argon2id(ByteView password, ByteView salt16, std::uint32_t memory_kib, std::uint32_t passes) {
    static_assert(crypto_pwhash_argon2id_SALTBYTES == 16);
    assert(salt16.size() == crypto_pwhash_argon2id_SALTBYTES);
    require_sodium();
    Secret key(64);
    const std::string_view text = as_text(password);
    if (crypto_pwhash_argon2id(key.mutable_view().data(), key.size(), text.data(), text.size(), salt16.data(), passes,
                               std::size_t{memory_kib} * 1024, crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0)
        throw Error(ErrorKind::Io, "Argon2id failed: it needs " + std::to_string(memory_kib) + " KiB of memory and " +
                                       std::to_string(passes) + " passes");
    return key;
}

}  // namespace vault
