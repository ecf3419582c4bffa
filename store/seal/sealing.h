// sealed(…) of docs/format.md 4.4 under any key. For this house: who has a repository's keys uses Keys::seal.
#pragma once

#include <optional>

#include "store/format/envelope.h"
#include "store/seal/blake2b_lanes.h"
#include "store/seal/primitives.h"

namespace vault {

constexpr std::size_t kNonceBytes = 24;
constexpr std::size_t kHedgeRandomBytes = 32;

// Nonces of what is sealed, under one nonce-hedge key. Thread-safe.
class NonceHedge {
  public:
    // `width` must not exceed lane_width(): another than that is for tests.
    explicit NonceHedge(Secret key, LaneWidth width = lane_width());

    // BLAKE2b-192 of randomness, associated data, length, and the frame or, of a long one, the hashes of its slices:
    // these are made several at once, which is worth most of the time that encrypting takes. With a broken source of
    // randomness a nonce repeats only where all the rest is the same too, and then the ciphertext is.
    std::array<std::uint8_t, kNonceBytes> nonce(ByteView random, const SealContext& context, ByteView frame) const;

  private:
    Bytes hashes_of_slices(ByteView frame) const;

    Secret key_;
    LaneWidth width_;
    KeyedHash whole_, slices_;
};

// nonce | ciphertext | tag with this nonce, which no other bytes may ever have under this key.
Bytes seal_with_nonce(ByteView key, ByteView nonce, const SealContext& context, ByteView frame);

// The same with a fresh hedged nonce. Both throw std::logic_error where context.plain_bytes is not the length of a raw
// frame.
Bytes seal_with(ByteView key, const NonceHedge& hedge, const SealContext& context, ByteView frame);

// The frame, or nothing where it does not verify.
std::optional<Bytes> open_with(ByteView key, const SealContext& context, ByteView sealed);

}  // namespace vault
