// The text of a key file or recovery key. docs/format.md, section 5.
#pragma once

#include <string>
#include <string_view>

#include "store/seal/secret.h"

namespace vault {

// 12 groups of five characters joined by `-`, without a line end. The caller shows or writes it and wipes it.
std::string key_text(ByteView key32);

// The 32 bytes. Throws WrongKey for a text that is none or has a wrong checksum; no message repeats any of it.
Secret parse_key_text(std::string_view text);

}  // namespace vault
