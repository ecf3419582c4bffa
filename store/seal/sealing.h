// sealed(…) of docs/format.md 4.4 under any key. For this house: who has a repository's keys uses Keys::seal.
#pragma once

#include <optional>

#include "store/format/envelope.h"
#include "store/seal/primitives.h"

namespace vault {

constexpr std::size_t kNonceBytes = 24;
constexpr std::size_t kHedgeRandomBytes = 32;

// The nonce of these bytes: BLAKE2b-192 under the hedge key of randomness, associated data and frame. With a broken
// source of randomness it repeats only where all the rest is the same too, and then the ciphertext is.
// `hedge` has an output of kNonceBytes.
std::array<std::uint8_t, kNonceBytes> hedged_nonce(const KeyedHash& hedge, ByteView random, const SealContext& context,
                                                   ByteView frame);

// nonce | ciphertext | tag with this nonce, which no other bytes may ever have under this key.
Bytes seal_with_nonce(ByteView key, ByteView nonce, const SealContext& context, ByteView frame);

// The same with a fresh hedged nonce. Both throw std::logic_error where context.plain_bytes is not the length of a raw
// frame.
Bytes seal_with(ByteView key, const KeyedHash& hedge, const SealContext& context, ByteView frame);

// The frame, or nothing where it does not verify.
std::optional<Bytes> open_with(ByteView key, const SealContext& context, ByteView sealed);

}  // namespace vault
