// The primitives of docs/format.md 4.1: bulk work through OpenSSL, the rest through libsodium, which in tests is the
// oracle for what OpenSSL does. All functions are thread-safe and throw Io only if a library fails.
// Wrong lengths of keys, nonces and outputs are programming errors and stop the run.
#pragma once

#include <array>
#include <initializer_list>
#include <memory>

#include "store/base/bytes.h"
#include "store/format/id.h"
#include "store/seal/secret.h"

namespace vault {

void fill_random(MutableByteView bytes);

// Keyed BLAKE2b (RFC 7693) of the parts one after the other, into all of `out` (1 to 64 bytes); key of 1 to 64 bytes.
void blake2b(ByteView key, std::initializer_list<ByteView> parts, MutableByteView out);

// Keyed BLAKE2b with a key fixed for many messages: contexts are reused. Thread-safe; small messages
// cost a quarter of a microsecond.
class KeyedHash {
  public:
    // `out_bytes`: 1 to 64.
    KeyedHash(ByteView key, std::size_t out_bytes);
    KeyedHash(KeyedHash&&) noexcept;
    KeyedHash& operator=(KeyedHash&&) noexcept;
    ~KeyedHash();
    void operator()(std::initializer_list<ByteView> parts, MutableByteView out) const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

std::array<std::uint8_t, 32> sha256(ByteView bytes);

// SHA-256 of a stream.
class Sha256 {
  public:
    Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;
    ~Sha256();
    void add(ByteView bytes);
    std::array<std::uint8_t, 32> finish();  // once

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// XChaCha20-Poly1305-IETF: HChaCha20 of libsodium, then OpenSSL's ChaCha20-Poly1305.
// `out` gets ciphertext and 16 bytes of tag: exactly plain.size() + 16 bytes.
void aead_encrypt(ByteView key, ByteView nonce24, ByteView associated, ByteView plain, MutableByteView out);
// False where the tag does not verify; `out` is then wiped. `out` has sealed.size() - 16 bytes.
[[nodiscard]] bool aead_decrypt(ByteView key, ByteView nonce24, ByteView associated, ByteView sealed,
                                MutableByteView out);

// The first out.size() bytes of the ChaCha20 key stream, nonce zero, counter 0.
void chacha20_stream(ByteView key, MutableByteView out);

// crypto_kdf: BLAKE2b-256, context "vault-v1".
Secret derive_key(ByteView key, std::uint64_t number);

// The X25519 public key (RFC 7748) of a secret key.
std::array<std::uint8_t, 32> x25519_public_key(ByteView secret32);

// Argon2id v1.3, one lane, 64 bytes. Throws Io where the memory cannot be had.
Secret argon2id(ByteView password, ByteView salt16, std::uint32_t memory_kib, std::uint32_t passes);

}  // namespace vault
