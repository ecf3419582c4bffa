// X25519 public keys (RFC 7748) for the pairs that write-only clients will seal to.
#include <sodium.h>

#include "store/seal/primitives.h"

namespace vault {

std::array<std::uint8_t, 32> x25519_public_key(ByteView secret32) {
    if (secret32.size() != crypto_scalarmult_SCALARBYTES)
        throw Error(ErrorKind::Io, "an X25519 secret key has 32 bytes");
    std::array<std::uint8_t, 32> key;
    if (crypto_scalarmult_base(key.data(), secret32.data()) != 0) throw Error(ErrorKind::Io, "X25519 failed");
    return key;
}

}  // namespace vault
