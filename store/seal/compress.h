// The one zstd frame in a box. docs/format.md 7.2. Thread-safe: contexts are kept per thread.
#pragma once

#include <optional>
#include <string_view>

#include "store/base/bytes.h"

namespace vault {

// The frame, or nothing unless it is shorter than `plain` by at least 1/32 of it (rounded up). Throws Io if zstd fails.
std::optional<Bytes> compress(ByteView plain, int level);

// What the frame holds, exactly `plain_bytes` long. Allocates that and no more (zstd's own context beside). Throws
// Corrupt, naming `what`, for anything but exactly one frame with that content size, a window of at most 2^24 bytes and
// no dictionary, with nothing behind it.
Bytes decompress(ByteView frame, std::size_t plain_bytes, std::string_view what);

}  // namespace vault
