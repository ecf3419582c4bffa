// The parts of the cursor that are not on the shortest path, and extension lists.
#include "store/format/cursor.h"

#include <algorithm>

#include "store/base/error.h"
#include "store/format/checks.h"
#include "store/format/limits.h"

namespace vault {

namespace {


std::size_t encoded_bytes(const Extensions& list) {
    std::size_t bytes = 0;
    for (const Extension& item : list)
        bytes += varint_bytes(item.tag) + varint_bytes(item.value.size()) + item.value.size();
    return bytes;
}

}  // namespace

std::uint64_t Cursor::long_varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        const std::uint8_t byte = u8();
        if (shift == 63 && byte > 1) corrupt("a varint above 2^64 - 1");
        value |= std::uint64_t{byte & 0x7Fu} << shift;
        if (byte < 0x80) {
            if (byte == 0 && shift != 0) corrupt("a varint longer than it need be");
            return value;
        }
    }
}

std::string Cursor::text(std::uint64_t limit, std::string_view field) {
    const ByteView read = bytes(limit, field);
    if (!is_record_text(as_text(read))) corrupt(std::string(field) + " is not UTF-8 text free of control characters");
    return std::string(as_text(read));
}

Time Cursor::time() {
    Time read;
    read.seconds = i64();
    read.nanoseconds = u32();
    if (read.nanoseconds >= 1'000'000'000) corrupt("a time with 10^9 nanoseconds or more");
    return read;
}

Extensions Cursor::extensions() {
    Cursor list(bytes(kExtensionBytesMax, "extension list"), what_);
    Extensions read;
    while (list.remaining() != 0) {
        if (read.size() == kExtensionItemsMax) corrupt("too many extensions");
        const std::uint64_t tag = list.varint();
        if (!read.empty() && tag <= read.back().tag) corrupt("extension tags that do not ascend");
        if (tag % 2 == 0) unsupported("critical extension " + std::to_string(tag));
        read.push_back({tag, to_bytes(list.bytes(list.remaining(), "extension"))});
    }
    return read;
}

std::uint64_t Cursor::count(std::uint64_t limit, std::uint64_t item_bytes_min, std::string_view field) {
    const std::uint64_t items = varint_at_most(limit, field);
    if (items > remaining() / std::max<std::uint64_t>(item_bytes_min, 1))
        corrupt(std::string(field) + ": more items than can follow");
    return items;
}

void Cursor::zeros(std::uint64_t count, std::string_view field) {
    const ByteView read = raw(count);
    if (!std::all_of(read.begin(), read.end(), [](std::uint8_t b) { return b == 0; }))
        corrupt(std::string(field) + " is not zero");
}

void Cursor::corrupt(std::string_view why) const {
    refuse(what_, std::string(why) + " (at byte " + std::to_string(position()) + ")");
}

void Cursor::unsupported(std::string_view what_is_needed) const {
    throw Error(ErrorKind::Unsupported,
                std::string(what_) + ": needs a program that knows " + std::string(what_is_needed));
}

void Cursor::cut_short(std::uint64_t wanted) const {
    corrupt("cut short: " + std::to_string(wanted) + " bytes wanted, " + std::to_string(remaining()) + " left");
}

void Cursor::too_large(std::string_view field, std::uint64_t value, std::uint64_t limit) const {
    corrupt(std::string(field) + " is " + std::to_string(value) + ", above " + std::to_string(limit));
}

void Writer::grow(std::size_t bytes) {
    constexpr std::size_t kRoomMin = 64;
    Bytes larger(std::max({kRoomMin, buffer_.size() * 2, used_ + bytes}));
    if (used_ != 0) std::memcpy(larger.data(), buffer_.data(), used_);
    buffer_ = std::move(larger);
}

Bytes Writer::take() {
    buffer_.resize(std::exchange(used_, 0));
    return std::move(buffer_);
}

Writer& Writer::extensions(const Extensions& list) {
    if (list.empty()) return u8(0);
    const std::size_t bytes = encoded_bytes(list);
    require(bytes <= kExtensionBytesMax && list.size() <= kExtensionItemsMax, "extension list", "too long");
    require(strictly_ascending(list, [](const Extension& item) { return item.tag; }), "extension list",
            "tags that do not ascend");
    for (const Extension& item : list) require(item.tag % 2 == 1, "extension list", "an even tag");
    varint(bytes);
    for (const Extension& item : list) varint(item.tag).bytes(item.value);
    return *this;
}

}  // namespace vault
