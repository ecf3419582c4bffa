// Which paths of a source the user's patterns leave out: gitignore's syntax, matched by libgit2. This header is the
// fence around libgit2: only excludes.cpp includes it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace vault {

// What gitignore(5) says, with these readings of our own:
// - A source root stands where a repository's top would: `/x` is `x` directly in a source root, `x/y` likewise, `x` is
//   any entry of that name at any depth, `x/` only a directory; `!x` takes back; of several that match the last counts.
// - A pattern may also be an absolute path. It is read so, for all roots and in no other way, if its leading components
//   match a whole source root and the first of them is, as text, that root's first: with the root /home/ann both
//   `/home/ann/.cache` and `/home/*/.cache` mean `.cache` directly in it. (The other reading would leave out more than
//   was meant.) Below the root `/` both readings are one.
// - A source root itself is never left out: it was named.
// - Lines that are empty or start with `#` count nothing.
// No file is read: neither .gitignore files nor the user's git configuration.
//
// Not thread-safe. A path costs 1 to 5 us; nothing where there are no patterns.
class Excludes {
  public:
    // Source roots are absolute paths without `.`, `..`, and doubled or trailing slashes. Throws Usage for a pattern
    // that could never match or is not one line: with a newline or 0, an unclosed `[`, a backslash at its end, nothing
    // but `/` and `!`, or over 4,096 bytes.
    Excludes(const std::vector<std::string>& patterns, const std::vector<std::string>& source_roots);
    ~Excludes();
    Excludes(Excludes&&) noexcept;
    Excludes& operator=(Excludes&&) noexcept;

    // No pattern at all: excluded() is false for everything.
    bool empty() const { return matchers_.empty(); }

    // `path` is relative to the source root of that number, without a leading or trailing slash. Nothing below an
    // excluded directory can come back, so the caller asks top-down and does not enter what is excluded.
    bool excluded(std::size_t source_root, std::string_view path, bool is_directory);

  private:
    class Matcher;
    std::vector<std::unique_ptr<Matcher>> matchers_;  // by source root
};

}  // namespace vault
