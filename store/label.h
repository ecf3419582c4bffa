// Names that users give: hosts, series, tags.
#pragma once

#include <cstddef>
#include <string>

namespace vault {

constexpr std::size_t kLabelBytesMax = 255;
constexpr std::size_t kTagsMax = 1'024;  // of one snapshot; docs/format.md, section 9

// Throws Usage unless `text` has 1 to 255 bytes of UTF-8 without control characters. `what` names the option.
void require_label(const std::string& text, const char* what);

// Also throws where it has a comma, for elsewhere that stands between two tags: who means two and makes one rule that
// keeps nothing finds that out too late.
void require_tag(const std::string& text, const char* what);

}  // namespace vault
