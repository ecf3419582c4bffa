// What a misspelt word may have meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vault {

// The nearest candidate by edit distance (Levenshtein; swapped neighbours count once), or "" where none is near.
std::string closest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace vault
