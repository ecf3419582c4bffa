// What encoders and decoders of records both refuse: each record has one check, so that nothing can be written that no
// reader takes. Private to store/format.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "store/format/cursor.h"

namespace vault {

constexpr std::uint64_t kU32Max = std::numeric_limits<std::uint32_t>::max();

// Throws Corrupt: "`record`: `why`".
[[noreturn]] void refuse(std::string_view record, std::string_view why);

inline void require(bool holds, std::string_view record, std::string_view why) {
    if (!holds) [[unlikely]] refuse(record, why);
}

// Well-formed UTF-8 without U+0000 to U+001F and U+007F to U+009F.
bool is_record_text(std::string_view text);

// Text of `bytes_min` to `bytes_max` bytes.
bool is_record_text(std::string_view text, std::size_t bytes_min, std::size_t bytes_max);

inline void require_time(const Time& time, std::string_view record) {
    require(time.nanoseconds < 1'000'000'000, record, "a time with 10^9 nanoseconds or more");
}

// Chunk classes that version 1 names: general, database, media. docs/format.md, 8.2.
constexpr std::uint8_t kChunkClassMax = 3;
inline bool is_chunk_class(std::uint8_t value) {
    return value >= 1 && value <= kChunkClassMax;
}

// A number in a name: generations, heartbeats, copies of directories. docs/format.md, section 2.
inline bool is_name_number(std::uint64_t number) {
    return number >= 1 && number <= kU32Max;
}

// Whether `items` ascend strictly by what `key` makes of them.
template <class Items, class Key>
bool strictly_ascending(const Items& items, Key key) {
    for (std::size_t i = 1; i < items.size(); ++i)
        if (!(key(items[i - 1]) < key(items[i]))) return false;
    return true;
}

template <class Items>
bool strictly_ascending(const Items& items) {
    return strictly_ascending(items, [](const auto& item) -> const auto& { return item; });
}

}  // namespace vault
