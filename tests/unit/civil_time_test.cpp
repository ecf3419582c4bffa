// Times as people write them.
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <limits>

#include "store/base/error.h"
#include "store/civil_time.h"

using namespace vault;

namespace {

bool is_usage(const std::string& text) {
    try {
        parse_civil_time(text, RoundTo::Start);
        return false;
    } catch (const Error& error) {
        return error.kind() == ErrorKind::Usage;
    }
}

constexpr std::uint32_t kLast = 999'999'999;

}  // namespace

TEST_CASE("a day is its first or last instant", "[civil_time]") {
    CHECK(parse_civil_time("1970-01-01", RoundTo::Start) == Time{0, 0});
    CHECK(parse_civil_time("1970-01-01", RoundTo::End) == Time{86'399, kLast});
    CHECK(parse_civil_time("2026-11-21Z", RoundTo::Start) == Time{1'795'219'200, 0});
}

TEST_CASE("minutes, seconds and fractions are the first or last instant of what they name", "[civil_time]") {
    CHECK(parse_civil_time("1970-01-01T01:02", RoundTo::Start) == Time{3'720, 0});
    CHECK(parse_civil_time("1970-01-01T01:02", RoundTo::End) == Time{3'779, kLast});
    CHECK(parse_civil_time("1970-01-01 01:02:03Z", RoundTo::Start) == Time{3'723, 0});
    CHECK(parse_civil_time("1970-01-01T01:02:03Z", RoundTo::End) == Time{3'723, kLast});
    CHECK(parse_civil_time("1970-01-01T01:02:03.25Z", RoundTo::Start) == Time{3'723, 250'000'000});
    // As the name of a snapshot's folder has it: milliseconds.
    CHECK(parse_civil_time("1970-01-01T01:02:03.250Z", RoundTo::End) == Time{3'723, 250'999'999});
    CHECK(parse_civil_time("1970-01-01T01:02:03.123456789", RoundTo::End) == Time{3'723, 123'456'789});
}

TEST_CASE("a time before 1970 and a leap day are times", "[civil_time]") {
    CHECK(parse_civil_time("1969-12-31T23:59:59", RoundTo::Start) == Time{-1, 0});
    CHECK(parse_civil_time("2024-02-29", RoundTo::Start) == Time{1'709'164'800, 0});
}

TEST_CASE("days that do not exist and other texts are refused", "[civil_time]") {
    for (const char* text :
         {"", "2026", "2026-1-1", "2026-02-29", "2026-13-01", "2026-00-01", "2026-01-32", "2026-01-00", "26-01-01",
          "2026-01-01T", "2026-01-01T24:00", "2026-01-01T12", "2026-01-01T12:60", "2026-01-01T12:00:60",
          "2026-01-01T12:00:", "2026-01-01T12:00:00.", "2026-01-01T12:00:00.1234567890", "2026-01-01ZZ",
          "2026-01-01T12:00+01:00", "2026-01-01x", "-026-01-01", "2026-01-01T-1:00", "yesterday"})
        CHECK(is_usage(text));
}

TEST_CASE("what rfc3339 writes is read as the same time", "[civil_time]") {
    CHECK(rfc3339({0, 5}) == "1970-01-01T00:00:00.000000005Z");
    CHECK(rfc3339({-1, 0}) == "1969-12-31T23:59:59.000000000Z");
    REQUIRE(rc::check([] {
        // Years 0 to 9999.
        const Time time{*rc::gen::inRange<std::int64_t>(-62'167'219'200, 253'402'300'800),
                        *rc::gen::inRange<std::uint32_t>(0, 1'000'000'000)};
        RC_ASSERT(parse_civil_time(rfc3339(time), RoundTo::Start) == time);
        RC_ASSERT(parse_civil_time(rfc3339(time), RoundTo::End) == time);
    }));
}

TEST_CASE("times beyond the calendar are shown as its nearest day, without a crash", "[civil_time]") {
    CHECK(rfc3339({std::numeric_limits<std::int64_t>::max(), 0}).substr(0, 10) == "9999-12-31");
    CHECK(rfc3339({std::numeric_limits<std::int64_t>::min(), 0}).substr(0, 10) == "0000-01-01");
}
