// What holds for the codec of every record of store/format, whatever the record is: checked on one value that sets
// every field.
#pragma once

#include <catch2/catch.hpp>

#include <algorithm>
#include <functional>
#include <optional>

#include "store/base/error.h"
#include "store/format/cursor.h"

namespace vault {

template <class Record>
struct RecordCodec {
    std::function<Bytes(const Record&)> encode;
    std::function<Record(ByteView)> decode;  // of exactly these bytes
};

// The codec of a record whose decoder leaves its cursor behind it.
template <class Record>
RecordCodec<Record> cursor_codec(Record (*decode)(Cursor&)) {
    return {[](const Record& record) { return encode(record); },
            [decode](ByteView bytes) {
                Cursor cursor(bytes, "test");
                Record record = decode(cursor);
                cursor.expect_end();
                return record;
            }};
}

// The kind of the Error that `act` throws; nothing if it throws none.
template <class Act>
std::optional<ErrorKind> error_of(Act act) {
    try {
        act();
    } catch (const Error& error) {
        return error.kind();
    }
    return std::nullopt;
}

// Whether `bytes` are refused as hostile bytes must be, or are the one encoding of what they decode to.
template <class Record>
bool canonical_or_refused(const RecordCodec<Record>& codec, ByteView bytes) {
    std::optional<Record> record;
    const auto kind = error_of([&] { record = codec.decode(bytes); });
    if (kind) return kind == ErrorKind::Corrupt || kind == ErrorKind::Unsupported;
    return equal(codec.encode(*record), bytes);
}

// `bytes` with the one place where they hold `was` holding `is`.
inline Bytes patched(ByteView bytes, std::string_view was_hex, std::string_view is_hex) {
    const Bytes was = from_hex(was_hex), is = from_hex(is_hex);
    const auto found = std::search(bytes.begin(), bytes.end(), was.begin(), was.end());
    REQUIRE(found != bytes.end());
    REQUIRE(std::search(found + 1, bytes.end(), was.begin(), was.end()) == bytes.end());
    Bytes result(bytes.begin(), found);
    append(result, is);
    result.insert(result.end(), found + static_cast<std::ptrdiff_t>(was.size()), bytes.end());
    return result;
}

// `record` ends in an empty extension list: what each possible content of that list leads to.
template <class Record>
void check_extension_laws(const RecordCodec<Record>& codec, ByteView record) {
    const auto with_list = [&](std::string_view list_hex) {
        Bytes bytes = to_bytes(record.first(record.size() - 1));
        append(bytes, from_hex(list_hex));
        return bytes;
    };
    const auto kind = [&](std::string_view list_hex) {
        return error_of([&] { codec.decode(with_list(list_hex)); });
    };
    // Kept: an odd tag with two bytes, then a higher odd tag without any.
    CHECK(equal(codec.encode(codec.decode(with_list("060102aabb0700"))), with_list("060102aabb0700")));
    CHECK(kind("020200") == ErrorKind::Unsupported);        // tag 2
    CHECK(kind("020000") == ErrorKind::Unsupported);        // tag 0
    CHECK(kind("0407000100") == ErrorKind::Corrupt);        // tags descend
    CHECK(kind("0407000700") == ErrorKind::Corrupt);        // a tag twice
    CHECK(kind("0301020a") == ErrorKind::Corrupt);          // an item that ends behind the list
    CHECK(kind("03010100") == std::nullopt);                // the same, long enough
    CHECK(kind("0101") == ErrorKind::Corrupt);              // a tag without a length
    CHECK(kind("0701") == ErrorKind::Corrupt);              // a list that ends behind the record
    CHECK(kind("8000") == ErrorKind::Corrupt);              // a length in more bytes than it needs
}

// `record` must set every field, with an empty extension list at its end.
template <class Record>
void check_codec_laws(const RecordCodec<Record>& codec, const Record& record) {
    const Bytes bytes = codec.encode(record);
    CHECK(codec.decode(bytes) == record);

    for (std::size_t length = 0; length < bytes.size(); ++length) {
        CAPTURE(length);
        const auto kind = error_of([&] { codec.decode(ByteView(bytes).first(length)); });
        if (kind != ErrorKind::Corrupt) FAIL("a record that is cut short is not Corrupt");
    }

    Bytes longer = bytes;
    longer.push_back(0);
    CHECK(error_of([&] { codec.decode(longer); }) == ErrorKind::Corrupt);

    Bytes changed = bytes;
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        for (unsigned difference = 1; difference < 256; ++difference) {
            changed[at] = static_cast<std::uint8_t>(bytes[at] ^ difference);
            if (!canonical_or_refused(codec, changed)) {
                CAPTURE(at, unsigned{changed[at]});
                FAIL("one changed byte gives a second encoding of a value, or a wrong kind of error");
            }
        }
        changed[at] = bytes[at];
    }
}

}  // namespace vault
