// Key files and recovery keys as people copy them: with spaces, in lower case, with O for 0; and as they mistype them.
#include <algorithm>
#include <catch2/catch.hpp>

#include "store/seal/key_text.h"
#include "tests/support/seal_fixtures.h"

using namespace vault;

namespace {

// Of the bytes 00 01 … 1f; computed in Python from docs/format.md.
constexpr std::string_view kText = "000G4-0R40M-30E20-9185G-R38E1-W8124-GK2GA-HC5RR-34D1P-70X3R-FT0ES-BCJNG";

Bytes parsed(std::string_view text) {
    return to_bytes(parse_key_text(text).view());
}

std::optional<ErrorKind> refused(std::string_view text) {
    return thrown([&] { parse_key_text(text); });
}

std::string replaced(std::string_view in, std::string_view from, std::string_view to) {
    std::string out;
    for (const char c : in) {
        const std::size_t at = from.find(c);
        out += at == std::string_view::npos ? c : to[at];
    }
    return out;
}

}  // namespace

TEST_CASE("the text of a key is twelve groups of five characters, and parses to the key", "[seal]") {
    CHECK(key_text(counting_bytes(32)) == kText);
    CHECK(equal(parsed(kText), counting_bytes(32)));
    for (int i = 0; i < 200; ++i) {
        const Bytes key = random_bytes(32);
        REQUIRE(equal(parsed(key_text(key)), key));
    }
    CHECK(equal(parsed(key_text(Bytes(32, 0xff))), Bytes(32, 0xff)));
}

TEST_CASE("case, white space, hyphens and comment lines do not count, O is 0 and I and L are 1", "[seal]") {
    std::string lower(kText);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    CHECK(equal(parsed(lower), counting_bytes(32)));
    CHECK(equal(parsed(replaced(kText, "-", " ")), counting_bytes(32)));
    CHECK(equal(parsed(replaced(kText, "01", "OI")), counting_bytes(32)));
    CHECK(equal(parsed(replaced(kText, "01", "ol")), counting_bytes(32)));
    CHECK(equal(parsed(replaced(kText, "01", "oi")), counting_bytes(32)));
    CHECK(equal(parsed(replaced(kText, "01", "OL")), counting_bytes(32)));
    CHECK(equal(parsed("# vault key file U\r\n\t" + std::string(kText.substr(0, 30)) + "\r\n#\n" +
                       std::string(kText.substr(30)) + "\n\n# end"),
                counting_bytes(32)));
}

TEST_CASE("a text with any character mistyped is refused", "[seal]") {
    for (std::size_t i = 0; i < kText.size(); ++i)
        for (const char c : std::string_view("0123456789ABCDEFGHJKMNPQRSTVWXYZ")) {
            if (kText[i] == '-' || kText[i] == c) continue;
            std::string mistyped(kText);
            mistyped[i] = c;
            REQUIRE(refused(mistyped) == ErrorKind::WrongKey);
        }
}

TEST_CASE("two neighbouring characters swapped are refused", "[seal]") {
    const std::string text = replaced(kText, "-", " ");
    for (std::size_t i = 1; i < text.size(); ++i) {
        std::string swapped(text);
        std::swap(swapped[i - 1], swapped[i]);
        if (swapped[i] == text[i] || swapped[i] == ' ' || text[i] == ' ') continue;
        REQUIRE(refused(swapped) == ErrorKind::WrongKey);
    }
}

TEST_CASE("a text too short, too long, with foreign characters or final bits set is refused", "[seal]") {
    for (std::size_t length = 0; length < kText.size(); ++length)
        REQUIRE(refused(kText.substr(0, length)) == ErrorKind::WrongKey);
    CHECK(refused(std::string(kText) + "0") == ErrorKind::WrongKey);
    CHECK(refused(std::string(kText) + "U") == ErrorKind::WrongKey);
    CHECK(refused("#" + std::string(kText)) == ErrorKind::WrongKey);
    CHECK(refused(" #\n" + std::string(kText)) == ErrorKind::WrongKey);
    CHECK(refused(replaced(kText, "-", "_")) == ErrorKind::WrongKey);
    CHECK(refused(std::string(kText) + std::string(1, '\0')) == ErrorKind::WrongKey);
    CHECK(refused("\xEF\xBB\xBF" + std::string(kText)) == ErrorKind::WrongKey);
    CHECK(refused("hunter2") == ErrorKind::WrongKey);
}

TEST_CASE("what is refused is not repeated in the message", "[seal]") {
    try {
        parse_key_text("secretsecret");
        FAIL("a text that is no key was taken");
    } catch (const Error& error) {
        CHECK(std::string(error.what()).find("secret") == std::string::npos);
    }
}
