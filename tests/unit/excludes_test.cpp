// Exclude patterns: gitignore's rules as git itself applies them, absolute patterns, and what is refused. What the
// patterns of the first test leave out was taken from `git check-ignore --no-index`.
#include "store/excludes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

#include "store/base/error.h"
#include "tests/support/temporary_folder.h"

using namespace vault;

namespace {

struct Case {
    std::vector<std::string> patterns;
    std::string path;
    bool is_directory;
    bool excluded;
};

constexpr bool kFile = false, kFolder = true;

ErrorKind refusal(const std::string& pattern) {
    try {
        Excludes({pattern}, {"/src"});
    } catch (const Error& error) {
        return error.kind();
    }
    return ErrorKind::Io;
}

}  // namespace

TEST_CASE("patterns leave out what git leaves out, relative to the source root", "[excludes]") {
    const Case example = GENERATE(values<Case>({
        {{"*.o"}, "a/b/c.o", kFile, true},
        {{"*.o"}, "a/b/c.on", kFile, false},
        {{"cache"}, "x/cache", kFile, true},
        {{"cache/"}, "x/cache", kFile, false},
        {{"cache/"}, "x/cache", kFolder, true},
        {{"/cache"}, "cache", kFolder, true},
        {{"/cache"}, "x/cache", kFolder, false},
        {{"x/cache"}, "x/cache", kFile, true},
        {{"x/cache"}, "y/x/cache", kFile, false},
        {{"**/x/cache"}, "y/x/cache", kFile, true},
        {{"a/**/z"}, "a/z", kFile, true},
        {{"a/**/z"}, "a/b/c/z", kFile, true},
        {{"a/*"}, "a/b", kFile, true},
        {{"a/*/c"}, "a/b/b/c", kFile, false},
        {{"[ab].c"}, "x/a.c", kFile, true},
        {{"[!ab].c"}, "x/a.c", kFile, false},
        {{"*.log", "!keep.log"}, "d/keep.log", kFile, false},
        {{"!keep.log", "*.log"}, "d/keep.log", kFile, true},
        {{"a/**", "!b"}, "a/b", kFile, false},          // libgit2 alone would drop the second rule
        {{"[ab]", "!/x/a"}, "x/a", kFile, false},       // and here
        {{"#cache"}, "#cache", kFile, false},
        {{"\\#cache"}, "#cache", kFile, true},
        {{"\\!x"}, "!x", kFile, true},
        {{"x\\ "}, "x ", kFile, true},
        {{"*.c"}, ".git", kFolder, false},              // libgit2 alone would leave .git out always
        {{".git"}, "a/.git", kFolder, true},
        {{"\xff*"}, "a/\xff\xfe", kFile, true},
        {{"/*", "!/usr"}, "etc", kFolder, true},
        {{"/*", "!/usr"}, "usr", kFolder, false},
    }));
    CAPTURE(example.patterns, example.path, example.is_directory);
    Excludes excludes(example.patterns, {"/some/source"});
    CHECK(excludes.excluded(0, example.path, example.is_directory) == example.excluded);
}

TEST_CASE("an absolute pattern below a source root is read as a path, and only so", "[excludes]") {
    const std::vector<std::string> roots = {"/home/ann", "/srv", "/"};
    auto excluded = [&](const std::string& pattern, std::size_t root, const std::string& path) {
        return Excludes({pattern}, roots).excluded(root, path, true);
    };
    CHECK(excluded("/home/ann/.cache", 0, ".cache"));
    CHECK(excluded("/home/*/.cache", 0, ".cache"));
    CHECK(excluded("/home/**/.cache", 0, ".cache"));
    CHECK(excluded("/home/**/.cache", 0, "x/.cache"));
    CHECK(excluded("/home/ann/.cache/", 0, ".cache"));
    CHECK(excluded("/home/ann/.cache", 2, "home/ann/.cache"));
    CHECK_FALSE(excluded("/home/ann/.cache", 0, "home/ann/.cache"));
    CHECK_FALSE(excluded("/home/ann/.cache", 0, "x/.cache"));
    CHECK_FALSE(excluded("/home/ann/.cache", 1, "home/ann/.cache"));
    CHECK_FALSE(excluded("/home/bob/.cache", 1, ".cache"));
    CHECK_FALSE(excluded("/srv2/x", 1, "x"));
    // Where no root is named the slash means the root's top, as in gitignore.
    CHECK(excluded("/.cache", 0, ".cache"));
    CHECK(excluded("/*/cache", 1, "x/cache"));
    CHECK_FALSE(excluded("/*/cache", 1, "cache"));
}

TEST_CASE("an absolute pattern can be taken back by a later one", "[excludes]") {
    Excludes excludes({"/srv/data/*", "!/srv/data/keep"}, {"/srv"});
    CHECK(excludes.excluded(0, "data/drop", false));
    CHECK_FALSE(excludes.excluded(0, "data/keep", false));
}

TEST_CASE("a source root itself is never left out", "[excludes]") {
    Excludes excludes({"/srv", "/srv/", "srv", "*"}, {"/srv"});
    CHECK_FALSE(excludes.excluded(0, "", true));
    CHECK(excludes.excluded(0, "x", true));
    CHECK_FALSE(Excludes({"/srv"}, {"/srv"}).excluded(0, "x", true));
}

TEST_CASE("without a pattern nothing is asked", "[excludes]") {
    CHECK(Excludes({}, {"/srv"}).empty());
    CHECK(Excludes({"", "# a comment"}, {"/srv"}).empty());
    CHECK_FALSE(Excludes({"x"}, {"/srv"}).empty());
    CHECK_FALSE(Excludes({}, {"/srv"}).excluded(0, "x", false));
}

TEST_CASE("a pattern that could never match is a mistake of the user", "[excludes]") {
    for (const std::string pattern : {"/", "!", "!/", "//", "a[b", "a[]", "x\\", "a\nb", "[[:alpha:]"}) {
        CAPTURE(pattern);
        CHECK(refusal(pattern) == ErrorKind::Usage);
    }
    CHECK(refusal(std::string("a\0b", 3)) == ErrorKind::Usage);
    CHECK(refusal(std::string(4097, 'x')) == ErrorKind::Usage);
    for (const std::string pattern : {"a[]]", "[[:alpha:]]", "\\[", "[!a]", "x\\\\"}) {
        CAPTURE(pattern);
        CHECK_NOTHROW(Excludes({pattern}, {"/src"}));
    }
}

TEST_CASE("the user's git configuration leaves nothing out", "[excludes]") {
    TemporaryFolder home;
    std::ofstream(home.path() + "/ignore") << "*.keep\n";
    std::ofstream(home.path() + "/.gitconfig") << "[core]\n\texcludesFile = " << home.path() << "/ignore\n";
    ::mkdir((home.path() + "/git").c_str(), 0700);
    std::ofstream(home.path() + "/git/ignore") << "*.keep\n";
    ::setenv("HOME", home.path().c_str(), 1);
    ::setenv("XDG_CONFIG_HOME", home.path().c_str(), 1);
    Excludes excludes({"*.drop"}, {"/src"});
    CHECK(excludes.excluded(0, "a.drop", false));
    CHECK_FALSE(excludes.excluded(0, "a.keep", false));
}

TEST_CASE("a name made for it does not keep the matcher busy, and other names match as ever", "[excludes]") {
    Excludes excludes({"*-*-*-*-*-*-*-*-*.log", "*.tmp", "!a-b-c-d-e-f-g-h-keep.log"}, {"/src"});
    const std::string hostile(250, '-');
    for (int i = 0; i < 100; ++i) CHECK_FALSE(excludes.excluded(0, "folder/" + hostile + std::to_string(i), kFile));
    CHECK(excludes.excluded(0, "folder/a-b-c-d-e-f-g-h-i.log", kFile));
    CHECK(excludes.excluded(0, hostile + ".log", kFile));
    CHECK(excludes.excluded(0, hostile + "1.tmp", kFile));
    CHECK_FALSE(excludes.excluded(0, "a-b-c-d-e-f-g-h-keep.log", kFile));
    CHECK_FALSE(excludes.excluded(0, "a-b-c.log", kFile));
}
