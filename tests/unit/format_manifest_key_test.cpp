// Paths as manifest keys: docs/format.md 8.5.
#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

#include "store/format/manifest_key.h"
#include "tests/support/codec_laws.h"
#include "tests/support/format_random.h"

namespace vault {
namespace {

using Components = std::vector<std::string>;

std::string bytes(std::string_view text_with_bars) {
    std::string key(text_with_bars);
    for (char& c : key)
        if (c == '|') c = '\0';
    return key;
}

// The order of a walk, told without keys: a directory's own entries by name, then the subtrees of its subdirectories by
// name. True where `a` comes before `b`.
bool walked_before(const Components& a, const Components& b) {
    if (a == b) return false;
    if (a.empty() || b.empty()) return a.empty();  // the root is first
    const bool a_is_entry = a.size() == 1, b_is_entry = b.size() == 1;
    if (a_is_entry != b_is_entry) return a_is_entry;  // the block of entries comes before all subtrees
    if (a.front() != b.front()) return a.front() < b.front();
    return walked_before({a.begin() + 1, a.end()}, {b.begin() + 1, b.end()});
}

std::optional<ErrorKind> error_of_key(std::string_view text_with_bars) {
    return error_of([&] { components_of_key(bytes(text_with_bars)); });
}

std::optional<ErrorKind> error_of_components(const Components& components) {
    return error_of([&] { manifest_key(components); });
}

}  // namespace

TEST_CASE("keys are parents with a zero byte behind each, a zero byte, the name", "[format][key]") {
    CHECK(manifest_key({}) == "");
    CHECK(manifest_key({"etc"}) == bytes("|etc"));
    CHECK(manifest_key({"etc", "hosts"}) == bytes("etc||hosts"));
    CHECK(manifest_key({"usr", "share", "doc"}) == bytes("usr|share||doc"));
}

TEST_CASE("a key gives back its components, path, name and parent", "[format][key]") {
    const std::string key = manifest_key({"usr", "share", "doc"});
    CHECK(components_of_key(key) == Components{"usr", "share", "doc"});
    CHECK(path_of_key(key) == "/usr/share/doc");
    CHECK(name_of_key(key) == "doc");
    CHECK(parent_key(key) == manifest_key({"usr", "share"}));
    CHECK(parent_key(manifest_key({"usr", "share"})) == manifest_key({"usr"}));
    CHECK(parent_key(manifest_key({"usr"})) == "");
    CHECK(path_of_key("") == "/");
    CHECK(path_of_key(manifest_key({"usr"})) == "/usr");
    CHECK(name_of_key("") == "");
}

TEST_CASE("keys of random paths sort as a walk meets them", "[format][key]") {
    rc::prop("order", [] {
        Components a = random_path(6), b = random_path(6);
        if (random_bool()) b.insert(b.begin(), a.begin(), a.begin() + static_cast<std::ptrdiff_t>(
                                                                       random_number(a.size())));
        RC_ASSERT((manifest_key(a) < manifest_key(b)) == walked_before(a, b));
        RC_ASSERT((manifest_key(b) < manifest_key(a)) == walked_before(b, a));
    });
}

TEST_CASE("every path comes back from its key", "[format][key]") {
    rc::prop("round trip", [] {
        const Components path = random_path(12);
        const std::string key = manifest_key(path);
        RC_ASSERT(components_of_key(key) == path);
        RC_ASSERT(components_of_path(path_of_key(key)) == path);
        if (path.empty()) return;
        RC_ASSERT(parent_key(key) == manifest_key({path.begin(), path.end() - 1}));
        RC_ASSERT(name_of_key(key) == path.back());
    });
}

TEST_CASE("prefixes pick exactly the subtree and exactly the children", "[format][key]") {
    rc::prop("prefixes", [] {
        const Components directory = random_path(3);
        Components other = random_path(4);
        if (random_bool()) other.insert(other.begin(), directory.begin(), directory.end());
        const std::string key = manifest_key(other);
        const bool below = other.size() > directory.size() &&
                           std::equal(directory.begin(), directory.end(), other.begin());
        // What lies below has the subtree's prefix, but so has D's own entry where D is the root, and only there.
        if (!other.empty()) RC_ASSERT(key.starts_with(subtree_prefix(directory)) == below);
        RC_ASSERT(key.starts_with(children_prefix(directory)) == (below && other.size() == directory.size() + 1));
    });
}

TEST_CASE("names may have any byte but zero and slash", "[format][key]") {
    for (unsigned byte = 1; byte < 256; ++byte) {
        if (byte == '/') continue;
        const std::string name = std::string(1, static_cast<char>(byte)) + "x";
        CHECK(components_of_key(manifest_key({name, name})) == Components{name, name});
    }
}

TEST_CASE("components that no directory can hold are Corrupt", "[format][key]") {
    CHECK(error_of_components({std::string(255, 'x')}) == std::nullopt);
    for (const std::string& bad : {std::string(), std::string("."), std::string(".."), std::string("a/b"),
                                   std::string("a\0b", 3), std::string(256, 'x')}) {
        CHECK(error_of_components({bad}) == ErrorKind::Corrupt);
        CHECK(error_of_components({bad, "x"}) == ErrorKind::Corrupt);
        CHECK(error_of_components({"x", bad}) == ErrorKind::Corrupt);
    }
    CHECK(error_of_components({"..."}) == std::nullopt);
}

TEST_CASE("a key of more than 16 KiB is Corrupt", "[format][key]") {
    Components components(64, std::string(255, 'x'));  // 64 x 256 = 16,384
    const std::string longest = manifest_key(components);
    CHECK(longest.size() == 16'384);
    CHECK(components_of_key(longest) == components);
    components.push_back("y");
    CHECK(error_of_components(components) == ErrorKind::Corrupt);
    CHECK(error_of([&] { components_of_key(longest + "y"); }) == ErrorKind::Corrupt);
}

TEST_CASE("bytes that are the key of no path are Corrupt", "[format][key]") {
    CHECK(error_of_key("a||b") == std::nullopt);
    for (const char* bad : {"a", "a|", "a||", "|", "||", "a|b", "|a|b", "||a", "a|||b", "a||b|c", "a||b||c", "..||a",
                            "a||.", "a/b||c", "|a/b"}) {
        CAPTURE(bad);
        CHECK(error_of_key(bad) == ErrorKind::Corrupt);
    }
}

TEST_CASE("any bytes are the key of one path or Corrupt", "[format][key]") {
    rc::prop("canonical", [] {
        std::string key;
        for (const std::uint8_t pick : random_bytes(0, 12)) key += bytes("|ab/.").at(pick % 5);
        Components components;
        const auto kind = error_of([&] { components = components_of_key(key); });
        RC_ASSERT((kind ? kind == ErrorKind::Corrupt : manifest_key(components) == key));
    });
}

TEST_CASE("a typed path may have spare slashes and dots, but no way up", "[format][key]") {
    CHECK(components_of_path("/") == Components{});
    CHECK(components_of_path("//usr/./share///") == Components{"usr", "share"});
    CHECK(components_of_path("/...") == Components{"..."});
    for (const std::string& bad : {std::string(), std::string("usr"), std::string("/usr/../etc"), std::string("/.."),
                                   "/" + std::string(256, 'x'), std::string("/a\0b", 4)})
        CHECK(error_of([&] { components_of_path(bad); }) == ErrorKind::Usage);
}

}  // namespace vault
