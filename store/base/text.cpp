// Hexadecimal and escaping.
#include "store/base/text.h"

#include "store/base/error.h"

namespace vault {

namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

int hex_value(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    return -1;
}

struct CodePoint {
    unsigned value = 0;
    std::size_t length = 0;  // 0: not well-formed
};

// The code point that starts at `at` (Unicode 15, table 3-7).
CodePoint decode_at(std::string_view text, std::size_t at) {
    auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned first = byte(at);
    if (first < 0x80) return {first, 1};
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || at + length > text.size()) return {};
    unsigned value = first & (0xFFu >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(at + i) & 0xC0) != 0x80) return {};
        value = value << 6 | (byte(at + i) & 0x3F);
    }
    constexpr unsigned kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (value < kSmallest[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return {};
    return {value, length};
}

bool is_safe(unsigned code_point) {
    if (code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0) || code_point == '\\') return false;
    if (code_point == 0x061C || code_point == 0x200E || code_point == 0x200F) return false;  // directional marks
    if (code_point >= 0x2028 && code_point <= 0x202E) return false;  // separators, embeddings, overrides
    return !(code_point >= 0x2066 && code_point <= 0x2069);          // isolates
}

}  // namespace

std::string to_hex(ByteView bytes) {
    std::string hex;
    hex.reserve(bytes.size() * 2);
    for (const std::uint8_t byte : bytes) {
        hex += kHexDigits[byte >> 4];
        hex += kHexDigits[byte & 15];
    }
    return hex;
}

Bytes from_hex(std::string_view hex) {
    if (hex.size() % 2 != 0) throw Error(ErrorKind::Corrupt, "hexadecimal text of odd length");
    Bytes bytes;
    bytes.reserve(hex.size() / 2);
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        const int high = hex_value(hex[i]), low = hex_value(hex[i + 1]);
        if (high < 0 || low < 0) throw Error(ErrorKind::Corrupt, "a character that is not a hexadecimal digit");
        bytes.push_back(static_cast<std::uint8_t>(high << 4 | low));
    }
    return bytes;
}

std::string escaped(std::string_view name) {
    std::string text;
    text.reserve(name.size());
    for (std::size_t at = 0; at < name.size();) {
        const CodePoint point = decode_at(name, at);
        const std::size_t length = point.length == 0 ? 1 : point.length;
        if (point.length != 0 && is_safe(point.value)) {
            text += name.substr(at, length);
        } else {
            for (std::size_t i = at; i < at + length; ++i) {
                const auto byte = static_cast<unsigned char>(name[i]);
                text += "\\x";
                text += kHexDigits[byte >> 4];
                text += kHexDigits[byte & 15];
            }
        }
        at += length;
    }
    return text;
}

std::string with_replacement(std::string_view name) {
    std::string text;
    text.reserve(name.size());
    for (std::size_t at = 0; at < name.size();) {
        const CodePoint point = decode_at(name, at);
        if (point.length == 0) {
            text += "\xEF\xBF\xBD";
            ++at;
        } else {
            text += name.substr(at, point.length);
            at += point.length;
        }
    }
    return text;
}

bool is_utf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const CodePoint point = decode_at(text, at);
        if (point.length == 0) return false;
        at += point.length;
    }
    return true;
}

}  // namespace vault
