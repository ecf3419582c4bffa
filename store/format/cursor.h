// The only way in for untrusted bytes, and its counterpart out. Every read succeeds or throws Corrupt; lengths are
// checked against what remains and against a limit before anything is allocated. docs/format.md, section 1.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "store/base/bytes.h"
#include "store/format/id.h"

namespace vault {

// Seconds since 1970-01-01 UTC and nanoseconds below 10^9.
struct Time {
    std::int64_t seconds = 0;
    std::uint32_t nanoseconds = 0;
    auto operator<=>(const Time&) const = default;
};

struct Extension {
    std::uint64_t tag = 0;
    Bytes value;
    bool operator==(const Extension&) const = default;
};
using Extensions = std::vector<Extension>;  // tags strictly ascending and odd: version 1 knows no critical one

// Reads forward through borrowed bytes. `what` names the record in messages and must outlive the cursor. The short
// reads stand here in full: a snapshot of ten million files makes hundreds of millions of them.
class Cursor {
  public:
    Cursor(ByteView bytes, std::string_view what) : rest_(bytes), size_(bytes.size()), what_(what) {}

    std::uint8_t u8() { return raw(1)[0]; }
    std::uint16_t u16() { return little_endian<std::uint16_t>(); }
    std::uint32_t u32() { return little_endian<std::uint32_t>(); }
    std::uint64_t u64() { return little_endian<std::uint64_t>(); }
    std::int64_t i64() { return static_cast<std::int64_t>(u64()); }
    std::uint64_t varint() { return !rest_.empty() && rest_[0] < 0x80 ? u8() : long_varint(); }
    // The same, refused where it is above `limit`.
    std::uint64_t varint_at_most(std::uint64_t limit, std::string_view field) {
        const std::uint64_t value = varint();
        if (value > limit) too_large(field, value, limit);
        return value;
    }
    ByteView raw(std::uint64_t count) {
        if (count > rest_.size()) cut_short(count);
        const ByteView read = rest_.first(count);
        rest_ = rest_.subspan(count);
        return read;
    }
    // A varint length of at most `limit`, then that many bytes.
    ByteView bytes(std::uint64_t limit, std::string_view field) { return raw(varint_at_most(limit, field)); }
    std::string byte_string(std::uint64_t limit, std::string_view field) {
        return std::string(as_text(bytes(limit, field)));
    }
    std::string text(std::uint64_t limit, std::string_view field);  // byte_string() that is_record_text()
    Time time();
    Extensions extensions();  // throws Unsupported for an even tag
    // A varint count of items of at least `item_bytes_min` bytes each: at most `limit`, and no more than can remain.
    std::uint64_t count(std::uint64_t limit, std::uint64_t item_bytes_min, std::string_view field);

    template <class AnyId>
    AnyId id() {
        return AnyId::from(raw(AnyId::kBytes));
    }
    template <std::size_t Size>
    std::array<std::uint8_t, Size> array() {
        std::array<std::uint8_t, Size> read;
        std::memcpy(read.data(), raw(Size).data(), Size);
        return read;
    }
    // `count` reserved bytes: Corrupt unless all are zero.
    void zeros(std::uint64_t count, std::string_view field);

    std::uint64_t position() const { return size_ - rest_.size(); }
    std::uint64_t remaining() const { return rest_.size(); }
    ByteView rest() const { return rest_; }
    // Corrupt if anything remains.
    void expect_end() const {
        if (!rest_.empty()) corrupt("bytes behind the end");
    }
    [[noreturn]] void corrupt(std::string_view why) const;  // names the record and the position
    [[noreturn]] void unsupported(std::string_view what_is_needed) const;

  private:
    template <class Integer>
    Integer little_endian() {
        const ByteView from = raw(sizeof(Integer));
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < sizeof(Integer); ++i) value |= std::uint64_t{from[i]} << (8 * i);
        return static_cast<Integer>(value);
    }
    std::uint64_t long_varint();
    [[noreturn]] void cut_short(std::uint64_t wanted) const;
    [[noreturn]] void too_large(std::string_view field, std::uint64_t value, std::uint64_t limit) const;

    ByteView rest_;
    std::uint64_t size_;
    std::string_view what_;
};

// Appends to a buffer of its own. Values are checked by the encoders that use it, not here.
class Writer {
  public:
    Writer() = default;
    explicit Writer(std::size_t expected_bytes) : buffer_(expected_bytes) {}

    Writer& u8(std::uint8_t value) {
        *extend(1) = value;
        return *this;
    }
    Writer& u16(std::uint16_t value) { return little_endian(value); }
    Writer& u32(std::uint32_t value) { return little_endian(value); }
    Writer& u64(std::uint64_t value) { return little_endian(value); }
    Writer& i64(std::int64_t value) { return u64(static_cast<std::uint64_t>(value)); }
    Writer& varint(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7) u8(static_cast<std::uint8_t>(value | 0x80));
        return u8(static_cast<std::uint8_t>(value));
    }
    Writer& raw(ByteView bytes) {
        if (!bytes.empty()) std::memcpy(extend(bytes.size()), bytes.data(), bytes.size());
        return *this;
    }
    Writer& bytes(ByteView bytes) { return varint(bytes.size()).raw(bytes); }
    Writer& text(std::string_view text) { return bytes(as_bytes(text)); }
    Writer& time(Time value) { return i64(value.seconds).u32(value.nanoseconds); }
    Writer& zeros(std::size_t count) {
        if (count != 0) std::memset(extend(count), 0, count);
        return *this;
    }
    // Throws Corrupt for a list that no reader would take.
    Writer& extensions(const Extensions& list);
    template <class AnyId>
    Writer& id(const AnyId& id) {
        return raw(id.view());
    }

    std::size_t size() const { return used_; }
    ByteView view() const { return {buffer_.data(), used_}; }
    // All that was written; the writer is empty then.
    Bytes take();

  private:
    // The place of `bytes` more bytes, not yet written.
    std::uint8_t* extend(std::size_t bytes) {
        if (buffer_.size() - used_ < bytes) [[unlikely]] grow(bytes);
        used_ += bytes;
        return buffer_.data() + used_ - bytes;
    }
    void grow(std::size_t bytes);
    template <class Integer>
    Writer& little_endian(Integer value) {
        std::array<std::uint8_t, sizeof(Integer)> bytes;
        for (std::size_t i = 0; i < sizeof(Integer); ++i)
            bytes[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * i));
        return raw(bytes);
    }

    Bytes buffer_;  // the room; its first used_ bytes are written
    std::size_t used_ = 0;
};

constexpr std::size_t varint_bytes(std::uint64_t value) {
    std::size_t bytes = 1;
    for (; value >= 0x80; value >>= 7) ++bytes;
    return bytes;
}

}  // namespace vault
