// Wildcards in bounded time, with fnmatch as the oracle where it is quick.
#include "store/glob.h"

#include <fnmatch.h>

#include <catch2/catch.hpp>
#include <random>

using namespace vault;

TEST_CASE("a glob matches what fnmatch matches", "[glob]") {
    std::mt19937 random(7);
    const auto text = [&](const std::vector<std::string>& parts, std::size_t longest) {
        std::string out;
        for (std::size_t n = random() % longest; n > 0; --n) out += parts[random() % parts.size()];
        return out;
    };
    std::size_t matches = 0;
    for (int i = 0; i < 200'000; ++i) {
        const std::string pattern = text({"a", "b", "*", "*", "?", "[ab]", "[!a]", "\\*", "[[:digit:]]", "[a-c]"}, 8);
        const std::string name = text({"a", "b", "c", "*", "1", "]"}, 9);
        const bool expected = ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
        if (Glob(pattern).matches(name) != expected) FAIL(pattern << " on " << name << ", fnmatch: " << expected);
        matches += expected;
    }
    CHECK(matches > 5'000);
}

TEST_CASE("many stars on a name made for it cost next to nothing", "[glob]") {
    std::string pattern;
    for (int i = 0; i < 100; ++i) pattern += "*-";
    CHECK_FALSE(Glob(pattern + "x").matches(std::string(255, '-')));
    CHECK(Glob(pattern + "*").matches(std::string(255, '-')));
}

TEST_CASE("a bracket that nothing closes is a byte like others", "[glob]") {
    CHECK(Glob("[a").matches("[a"));
    CHECK_FALSE(Glob("[a").matches("a"));
}
