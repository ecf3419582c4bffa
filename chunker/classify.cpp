// Chooses the version of the classifier and the order in which its parts look.
#include "chunker/classify.h"

#include <algorithm>
#include <stdexcept>

#include "chunker/database_file.h"
#include "chunker/media.h"
#include "chunker/sql_text.h"

namespace vault {

ChunkClass classify(std::uint32_t version, std::span<const std::uint8_t> head) {
    if (version != kClassifierVersion) throw std::invalid_argument("classify: unknown classifier version");
    const Head first{head.first(std::min(head.size(), kClassifierBytes))};
    if (is_database_file(first) || is_sql_text(first)) return ChunkClass::Database;
    if (is_media(first)) return ChunkClass::Media;
    return ChunkClass::General;
}

}  // namespace vault
