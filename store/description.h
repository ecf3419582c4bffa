// A decoded object or entry as named fields, for people and programs to read. Not a format: nothing reads it back.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "store/format/cursor.h"

namespace vault {

struct Description;

// Bytes that are a name or text from outside: any bytes.
struct RawName {
    std::string bytes;
};

using DescribedValue =
    std::variant<std::uint64_t, bool, std::string, RawName, Time, Description, std::vector<Description>>;

// Fields in the order in which they stand in the format. `text` values (std::string) are our own words, or were checked
// to be clean when they were decoded.
struct Description {
    std::vector<std::pair<std::string, DescribedValue>> fields;

    template <class Value>
    Description& add(std::string name, Value value) {
        fields.emplace_back(std::move(name), DescribedValue(std::move(value)));
        return *this;
    }
    Description& number(std::string name, std::uint64_t value) { return add(std::move(name), value); }
    template <class AnyId>
    Description& id(std::string name, const AnyId& value) {
        return add(std::move(name), value.is_zero() ? std::string("none") : value.hex());
    }
};

}  // namespace vault
