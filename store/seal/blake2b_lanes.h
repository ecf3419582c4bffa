// Keyed BLAKE2b-256 (RFC 7693) of many messages at once: each SIMD lane holds another message, and takes the next one
// when its own is done, so that messages of any lengths keep all lanes busy. Same bytes as libsodium's
// crypto_generichash, its oracle in tests.
#pragma once

#include <array>
#include <span>

#include "store/base/bytes.h"

namespace vault {

enum class LaneWidth { None, Four, Eight };  // no SIMD, AVX2, AVX-512

// The widest that this machine has.
LaneWidth lane_width();

using Blake2b256 = std::array<std::uint8_t, 32>;

// hashes[i] is that of messages[i] under `key` (1 to 64 bytes). The spans are equally long. Thread-safe. `width` must
// not exceed lane_width(), and is not None.
void blake2b_256_lanes(ByteView key, std::span<const ByteView> messages, std::span<Blake2b256> hashes, LaneWidth width);

}  // namespace vault
