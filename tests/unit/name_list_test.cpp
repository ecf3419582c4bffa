// Names of one folder in order, whatever their number, and names in the order of their arrival.
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <deque>

#include "store/name_list.h"

using namespace vault;

namespace {

// File names: any byte but 0 and '/'.
rc::Gen<std::string> names() {
    return rc::gen::container<std::string>(rc::gen::map(rc::gen::inRange(1, 255), [](int byte) {
        return static_cast<char>(byte >= '/' ? byte + 1 : byte);
    }));
}

std::vector<std::string> sorted_by(std::size_t memory_bytes, const std::vector<std::string>& added) {
    SortedNames list(memory_bytes);
    for (const std::string& name : added) list.add(name);
    list.sort();
    std::vector<std::string> out;
    for (std::string_view name; list.next(name);) out.emplace_back(name);
    std::string_view none;
    if (list.next(none)) throw std::logic_error("a name after the last");
    return out;
}

}  // namespace

TEST_CASE("names come in order of their bytes, each as often as it was added, however little memory there is",
          "[name_list]") {
    REQUIRE(rc::check([] {
        auto added = *rc::gen::container<std::vector<std::string>>(names());
        const auto memory = *rc::gen::element<std::size_t>(1, 40, 200, 1'000, 1u << 20);
        const auto out = sorted_by(memory, added);
        std::sort(added.begin(), added.end());
        RC_ASSERT(out == added);
    }));
}

TEST_CASE("bytes above 127 sort after letters", "[name_list]") {
    CHECK(sorted_by(1u << 20, {"\xff", "a", "\x80", "\x01"}) == std::vector<std::string>{"\x01", "a", "\x80", "\xff"});
    CHECK(sorted_by(1, {"\xff", "a", "\x80", "\x01"}) == std::vector<std::string>{"\x01", "a", "\x80", "\xff"});
}

TEST_CASE("an empty list has no names", "[name_list]") {
    CHECK(sorted_by(1, {}).empty());
}

TEST_CASE("a list says whether it went to a file", "[name_list]") {
    SortedNames small(1'000), large;
    for (int i = 0; i < 200; ++i) {
        small.add("a name " + std::to_string(i));
        large.add("a name " + std::to_string(i));
    }
    CHECK(small.spilled());
    CHECK_FALSE(large.spilled());
}

TEST_CASE("runs of more than one read of the file are merged in order", "[name_list]") {
    // About 3 MB in runs of 1 MB: each is read back in several pieces, with names across their seams.
    std::vector<std::string> added;
    for (int i = 0; i < 30'000; ++i) added.push_back(std::to_string(i * 7919 % 30'011) + std::string(90, 'x'));
    const auto out = sorted_by(1u << 20, added);
    std::sort(added.begin(), added.end());
    REQUIRE(out == added);
}

TEST_CASE("a list that was moved goes on", "[name_list]") {
    SortedNames list(10);
    for (const char* name : {"c", "a", "b"}) list.add(name);
    list.sort();
    std::string_view name;
    REQUIRE(list.next(name));
    SortedNames moved = std::move(list);
    REQUIRE(moved.next(name));
    CHECK(name == "b");
}

TEST_CASE("a queue gives names back in the order of their arrival, however pushes and pops are mixed", "[name_list]") {
    REQUIRE(rc::check([] {
        NameQueue queue(*rc::gen::element<std::size_t>(1, 20, 100, 10'000));
        std::deque<std::string> model;
        for (const auto& step : *rc::gen::container<std::vector<std::pair<int, std::string>>>(
                 rc::gen::pair(rc::gen::inRange(0, 3), names()))) {
            if (step.first > 0) {
                queue.push(step.second);
                model.push_back(step.second);
                continue;
            }
            std::string name;
            RC_ASSERT(queue.pop(name) == !model.empty());
            if (model.empty()) continue;
            RC_ASSERT(name == model.front());
            model.pop_front();
        }
        for (std::string name; queue.pop(name); model.pop_front()) RC_ASSERT(name == model.front());
        RC_ASSERT(model.empty());
    }));
}

TEST_CASE("a queue larger than one read of its file loses nothing", "[name_list]") {
    NameQueue queue(1'000);
    for (int i = 0; i < 20'000; ++i) queue.push("subfolder " + std::to_string(i) + std::string(40, 'y'));
    int count = 0;
    for (std::string name; queue.pop(name); ++count)
        REQUIRE(name == "subfolder " + std::to_string(count) + std::string(40, 'y'));
    CHECK(count == 20'000);
}
