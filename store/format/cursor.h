// The only way in for untrusted bytes, and its counterpart out. Every read succeeds or throws Corrupt; lengths are
// checked against what remains and against a limit before anything is allocated. docs/format.md, section 1.
#pragma once

#include <cstdint>
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
using Extensions = std::vector<Extension>;  // tags strictly ascending; only odd ones survive decoding in version 1

// Reads forward through borrowed bytes. `what` names the record in messages and must outlive the cursor.
class Cursor {
  public:
    Cursor(ByteView bytes, std::string_view what) : rest_(bytes), size_(bytes.size()), what_(what) {}

    std::uint8_t u8();
    std::uint16_t u16();
    std::uint32_t u32();
    std::uint64_t u64();
    std::int64_t i64();
    std::uint64_t varint();
    std::uint64_t varint_at_most(std::uint64_t limit, std::string_view field);
    ByteView raw(std::uint64_t count);
    ByteView bytes(std::uint64_t limit, std::string_view field);  // varint length, then the bytes
    std::string text(std::uint64_t limit, std::string_view field);
    Time time();
    Extensions extensions();  // throws Unsupported for an even tag
    // A varint count of items of at least `item_bytes_min` bytes each: at most `limit`, and no more than can remain.
    std::uint64_t count(std::uint64_t limit, std::uint64_t item_bytes_min, std::string_view field);

    template <class AnyId>
    AnyId id() {
        return AnyId::from(raw(AnyId::kBytes));
    }

    std::uint64_t position() const { return size_ - rest_.size(); }
    std::uint64_t remaining() const { return rest_.size(); }
    ByteView rest() const { return rest_; }
    void expect_end() const;                                            // Corrupt if anything remains
    [[noreturn]] void corrupt(std::string_view why) const;              // names the record and the position
    [[noreturn]] void unsupported(std::string_view what_is_needed) const;

  private:
    ByteView rest_;
    std::uint64_t size_;
    std::string_view what_;
};

// Appends to a buffer of its own.
class Writer {
  public:
    Writer& u8(std::uint8_t value);
    Writer& u16(std::uint16_t value);
    Writer& u32(std::uint32_t value);
    Writer& u64(std::uint64_t value);
    Writer& i64(std::int64_t value);
    Writer& varint(std::uint64_t value);
    Writer& raw(ByteView bytes);
    Writer& bytes(ByteView bytes);
    Writer& text(std::string_view text) { return bytes(as_bytes(text)); }
    Writer& time(Time value);
    Writer& extensions(const Extensions& list);
    template <class AnyId>
    Writer& id(const AnyId& id) {
        return raw(id.view());
    }

    std::size_t size() const { return buffer_.size(); }
    ByteView view() const { return buffer_; }
    Bytes take() { return std::move(buffer_); }

  private:
    Bytes buffer_;
};

}  // namespace vault
