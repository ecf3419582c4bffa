// Which class a file's content belongs to, by its first bytes alone: never by name or size, since the same content must
// get the same class everywhere or it does not deduplicate.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "chunker/chunk_class.h"

namespace vault {

inline constexpr std::size_t kClassifierBytes = 4096;

// Stands in config. A change that gives any content another class is a new version, and the old one stays beside it.
inline constexpr std::uint32_t kClassifierVersion = 1;

// `head` is the first kClassifierBytes of the content, or all of it where it is shorter; what lies beyond is not looked
// at. Throws std::invalid_argument for a version that this program does not have. Any thread.
//
// Version 1, in this order:
// Database  page files and dumps with a signature (database_file.h), SQL text (sql_text.h)
// Media     a signature of something compressed or encrypted as a whole (media.h)
// General   all else: among it an empty file, and dumps whose tables are compressed
ChunkClass classify(std::uint32_t version, std::span<const std::uint8_t> head);

}  // namespace vault
