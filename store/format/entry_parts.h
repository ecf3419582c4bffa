// What the files that encode and decode entries share. Private to store/format.
#pragma once

#include "store/format/entry.h"

namespace vault {

std::size_t encoded_bytes(const AttributeSet& set);
void check(const AttributeSet& set);  // throws Corrupt
void encode(Writer& out, const AttributeSet& set);

void check(const Extent& extent);  // throws Corrupt

// On disk: never renumber.
enum class ContentForm : std::uint8_t { None = 0, Inline = 1, List = 2, Tree = 3 };
enum class AttributesForm : std::uint8_t { None = 0, Inline = 1, Chunk = 2 };

// Throws Corrupt unless every rule of docs/format.md 8.6 holds but those of lengths that only the encoded form shows.
void check(const Entry& entry);

}  // namespace vault
