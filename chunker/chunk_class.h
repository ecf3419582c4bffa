// The chunk classes: how finely a file's content is cut. Small chunks where a small part changes inside, large ones
// where a file changes as a whole.
#pragma once

#include <cstdint>

namespace vault {

// On disk: never renumber.
enum class ChunkClass : std::uint8_t {
    General = 1,
    Database = 2,   // SQL text, uncompressed dumps, database pages
    Media = 3,      // compressed already, whatever it is
    FixedGrid = 4,  // reserved: never classified, has no average
};

// The averages, in bytes, that a new repository's config starts from. Ten nightly dumps take 150 MiB at 4 KiB, 506 MiB
// at 64 KiB and 640 MiB at 1 MiB; two kernel source trees 266 MiB at 64 KiB and 251 MiB at 16 KiB.
inline constexpr std::uint32_t kGeneralAverageBytes = 64U << 10;
inline constexpr std::uint32_t kDatabaseAverageBytes = 4U << 10;
inline constexpr std::uint32_t kMediaAverageBytes = 1U << 20;

}  // namespace vault
