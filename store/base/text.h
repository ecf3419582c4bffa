// Bytes as text: hexadecimal, and escaping of untrusted names for terminals.
#pragma once

#include <string>
#include <string_view>

#include "store/base/bytes.h"

namespace vault {

// Lower-case hexadecimal, two digits a byte.
std::string to_hex(ByteView bytes);

// The bytes of lower-case hexadecimal. Throws Corrupt for an odd length or any other character.
Bytes from_hex(std::string_view hex);

// `name` made safe for a terminal and for one line: control bytes, DEL, invalid UTF-8, backslash and the Unicode
// bidirectional and line-separator controls become \xNN, byte by byte; all else stays as it is.
std::string escaped(std::string_view name);

// `name` as valid UTF-8: each byte that is not part of a well-formed sequence becomes U+FFFD.
std::string with_replacement(std::string_view name);

// Whether `text` is well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF).
bool is_utf8(std::string_view text);

}  // namespace vault
