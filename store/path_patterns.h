// Which entries of a snapshot patterns name: for searches. What leaves things out of a snapshot is store/excludes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/glob.h"

namespace vault {

// Keys with from <= key < to; an empty `to`: to the end.
struct KeyBounds {
    std::string from, to;
};

// What gitignore(5) says, the root of the snapshot standing where a repository's top would: `x` is any entry of that
// name, `x/` a folder, `/x` and `x/y` count from the root, `**` spans folders, `!x` takes back, and the last that
// matches counts. Other than there, an entry is meant only where a pattern matches it itself, not where it matches a
// folder that the entry lies in; and nothing is a comment, and spaces at the end count. Bytes are compared; time is
// bounded by the product of the lengths, however many stars there are. Thread-safe.
class PathPatterns {
  public:
    // Throws Usage for a pattern that could never match (a path component `.` or `..`, an unclosed `[`, a backslash at
    // its end, nothing but `/` and `!`) or is over 4,096 bytes, and where every pattern takes back.
    explicit PathPatterns(const std::vector<std::string>& patterns);

    // `key` is of a manifest, not the root's.
    bool matches(std::string_view key, bool is_directory) const;
    // Whether it is meant as a folder or as anything else: what most entries are refused by before they are decoded.
    bool may_match(std::string_view key) const {
        return matches(key, true) || (any_only_directories_ && matches(key, false));
    }
    // No key outside of these is meant.
    const KeyBounds& bounds() const { return bounds_; }

  private:
    struct Pattern {
        bool negative = false, only_directories = false;
        std::vector<std::optional<Glob>> parents;  // nullopt: any number of folders
        Glob name;
        bool matches(std::string_view key) const;
    };

    std::vector<Pattern> patterns_;
    bool any_only_directories_ = false;
    KeyBounds bounds_;
};

}  // namespace vault
