// What a search's patterns mean, as a table; and that the bounds of keys leave nothing out.
#include "store/path_patterns.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "store/base/error.h"
#include "store/format/manifest_key.h"

using namespace vault;

namespace {

using Patterns = std::vector<std::string>;

// A path that ends in a slash is a folder's.
bool meant(const Patterns& patterns, std::string path) {
    const bool is_directory = path.back() == '/';
    if (is_directory) path.pop_back();
    return PathPatterns(patterns).matches(manifest_key(components_of_path(path)), is_directory);
}

std::string refusal(const Patterns& patterns) {
    try {
        PathPatterns{patterns};
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::Usage);
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("patterns mean what gitignore says, from the root of the snapshot", "[find]") {
    struct Row {
        Patterns patterns;
        std::vector<std::string> hits, misses;
    };
    const std::vector<Row> rows = {
        {{"x"}, {"/x", "/a/x", "/a/b/x/"}, {"/xx", "/x/a", "/a/x/b"}},
        {{"x/"}, {"/x/", "/a/x/"}, {"/x", "/a/x"}},
        {{"/x"}, {"/x", "/x/"}, {"/a/x", "/x/x"}},
        {{"a/x"}, {"/a/x"}, {"/b/a/x", "/a/b/x", "/a"}},
        {{"**/a/x"}, {"/a/x", "/b/a/x", "/a/a/x"}, {"/a/b/x"}},
        {{"/a/**/x"}, {"/a/x", "/a/b/x", "/a/b/c/x"}, {"/b/a/x", "/x"}},
        {{"/a/**"}, {"/a/x", "/a/b/x/"}, {"/a/", "/b/x"}},
        {{"/a/**/"}, {"/a/x/"}, {"/a/x", "/a/"}},
        {{"**"}, {"/x", "/a/b/"}, {}},
        {{"/a/**/**/x"}, {"/a/x", "/a/b/c/x"}, {"/x"}},
        {{"/a/*/c/**/e/*.txt"}, {"/a/b/c/e/f.txt", "/a/b/c/d/e/f.txt", "/a/b/c/e/e/f.txt"}, {"/a/c/e/f.txt"}},
        {{"*.txt"}, {"/a/b.txt", "/.txt"}, {"/a/b.txt.gz"}},
        {{"a**b"}, {"/ab", "/x/axb"}, {"/a/b"}},
        {{"?[a-c]"}, {"/xa", "/y/xc"}, {"/xd", "/a"}},
        {{"\\!x", "\\*"}, {"/!x", "/*"}, {"/x", "/ab"}},
        {{"#x", " x "}, {"/#x", "/ x "}, {"/x"}},
        {{"*.txt", "!b*"}, {"/a.txt", "/b/c.txt"}, {"/b.txt", "/a/b.txt"}},
        {{"!b*", "*.txt"}, {"/b.txt"}, {}},
        {{"x", "!x/"}, {"/x"}, {"/x/", "/a/x/"}},
        {{"//a///x//"}, {"/a/x/"}, {"/a/x"}},
        {{"a\nb", "\xFF*"}, {"/a\nb", "/\xFFz"}, {"/a"}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.patterns);
        std::vector<std::string> hits;
        for (const auto& paths : {row.hits, row.misses})
            std::copy_if(paths.begin(), paths.end(), std::back_inserter(hits),
                         [&](const std::string& path) { return meant(row.patterns, path); });
        CHECK(hits == row.hits);
    }
}

TEST_CASE("a pattern that could never match is refused with one line", "[find]") {
    for (const char* text : {"", "/", "!", "!/", "//", "/a/../b", "./a", "..", "[a", "a/[b", "[a/b]", "a\\", "a\\/b"}) {
        CAPTURE(text);
        const std::string line = refusal({"sound", text});
        CHECK(line.starts_with("the pattern '"));
        CHECK(line.find('\n') == std::string::npos);
    }
    CHECK(refusal({std::string(4'097, 'x')}).ends_with("is longer than 4096 bytes"));
    CHECK(refusal({std::string(4'096, 'x')}).empty());
    CHECK(refusal({"!a", "!b"}).ends_with("each one takes back"));
}

TEST_CASE("stars that would make a backtracking matcher exponential cost next to nothing", "[find]") {
    std::string pattern = "/", path;
    for (int i = 0; i < 200; ++i) pattern += "**/a/";
    for (int i = 0; i < 2'000; ++i) path += "/a";
    CHECK_FALSE(meant({pattern + "b/x"}, path + "/x"));
    CHECK(meant({pattern + "**/x"}, path + "/x"));
}

TEST_CASE("whatever a pattern means lies within its bounds", "[find]") {
    std::mt19937 random(3);
    const auto one_of = [&](const Patterns& texts) { return texts[random() % texts.size()]; };
    std::size_t hits = 0, bounded = 0;
    for (int round = 0; round < 3'000; ++round) {
        Patterns patterns(1 + random() % 3);
        for (std::string& pattern : patterns) {
            for (std::size_t depth = 1 + random() % 4; depth > 0; --depth)
                pattern += "/" + one_of({"a", "b", "a", "\xFF", "*", "**", "[ab]", "a*", "\\a"});
        }
        if (random() % 4 == 0) patterns.push_back("!/a/b");
        const PathPatterns sought(patterns);
        const KeyBounds& bounds = sought.bounds();
        bounded += !bounds.from.empty() || !bounds.to.empty();
        for (int i = 0; i < 60; ++i) {
            std::vector<std::string> components(1 + random() % 4);
            for (std::string& component : components) component = one_of({"a", "b", "ab", "\xFF", "\x01"});
            const std::string key = manifest_key(components);
            if (!sought.matches(key, random() % 2 == 0)) continue;
            ++hits;
            CHECK(key >= bounds.from);
            CHECK((bounds.to.empty() || key < bounds.to));
        }
    }
    CHECK(hits > 5'000);
    CHECK(bounded > 1'000);
}
