// Arguments reach a command as they were given, whatever the library beneath makes of brackets and commas.
#include "cli/option_parser.h"

#include <catch2/catch.hpp>

#include "store/base/error.h"

using namespace vault;

namespace {

struct Parsed {
    std::string text;
    std::optional<std::string> maybe;
    std::vector<std::string> repeated, arguments;
};

Parsed parsed(const std::vector<std::string>& words) {
    Parsed parsed;
    OptionParser parser("Does nothing.", "vault test");
    parser.add_option("--text", parsed.text, "");
    parser.add_option("--maybe", parsed.maybe, "");
    parser.add_repeated("--repeated", parsed.repeated, "");
    parser.add_option("ARGUMENT", parsed.arguments, "");
    REQUIRE_FALSE(parser.parse(words));
    return parsed;
}

}  // namespace

TEST_CASE("brackets and commas of an argument are its own", "[cli]") {
    for (const std::string word : {"[ab]", "[a,b]", "[]", "[[a]]", "[a]\x01", "[a]\x01\x01", "a,b", "[a", "a]", "{}",
                                   "[a],[b]", "\x01"}) {
        CAPTURE(word);
        CHECK(parsed({word, "x", word}).arguments == std::vector<std::string>{word, "x", word});
        CHECK(parsed({"--", word}).arguments == std::vector<std::string>{word});
        const Parsed values = parsed({"--text", word, "--maybe", word, "--repeated", word, "x", "--repeated", word});
        CHECK(values.text == word);
        CHECK(values.maybe == word);
        CHECK(values.repeated == std::vector<std::string>{word, word});
        CHECK(values.arguments == std::vector<std::string>{"x"});
    }
}

TEST_CASE("an argument that nothing takes is named as it was given", "[cli]") {
    std::string one;
    OptionParser parser("Does nothing.", "vault test");
    parser.add_option("ONE", one, "");
    try {
        parser.parse({"a", "[b]"});
        FAIL("taken");
    } catch (const Error& error) {
        CHECK(std::string(error.what()).starts_with("unexpected argument [b];"));
    }
}
