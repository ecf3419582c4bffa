// Calendars of zones, and spans of time as people write them.
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <cstdlib>
#include <functional>
#include <ctime>
#include <limits>

#include "store/base/error.h"
#include "store/civil_time.h"
#include "store/time_zone.h"
#include "tests/support/retention_model.h"

using namespace vault;

namespace {

Time at(const std::string& text) {
    return parse_civil_time(text, RoundTo::Start);
}

std::string before(const std::string& zone, const std::string& time, const std::string& span) {
    std::string text = rfc3339(TimeZone::named(zone).before(at(time), parse_civil_duration(span)));
    return text.substr(0, text.find('.'));
}

bool is_usage(const std::function<void()>& action) {
    try {
        action();
        return false;
    } catch (const Error& error) {
        return error.kind() == ErrorKind::Usage;
    }
}

}  // namespace

TEST_CASE("a duration is numbers with units, each once", "[time_zone]") {
    CHECK(parse_civil_duration("2y5m7d3h") == CivilDuration{2, 5, 7, 3});
    CHECK(parse_civil_duration("3h7d") == CivilDuration{0, 0, 7, 3});
    CHECK(parse_civil_duration("14d") == CivilDuration{0, 0, 14, 0});
    CHECK(parse_civil_duration("0d").is_zero());
    CHECK(to_text(parse_civil_duration("3h2y")) == "2y3h");
    for (const char* text : {"", "d", "7", "7d7", "7w", "7d3d", "-7d", "7 d", "7D", "1.5d", "1234567890d", "7d ",
                             "1h30m", "1d6m"})
        CHECK(is_usage([&] { parse_civil_duration(text); }));
}

TEST_CASE("an unknown zone is refused, also one that tries to name a file", "[time_zone]") {
    for (const char* name : {"", "Nowhere/Town", "../../etc/passwd", "europe/berlin", "utc"})
        CHECK(is_usage([&] { TimeZone::named(name); }));
    CHECK(TimeZone::named("UTC").name() == "UTC");
    CHECK(TimeZone::named("Europe/Berlin").name() == "Europe/Berlin");
}

TEST_CASE("a week belongs to the year of its Thursday", "[time_zone]") {
    const auto week = [](const std::string& day) {
        const CivilTime civil = TimeZone().civil(at(day));
        return std::pair(civil.iso_year, civil.iso_week);
    };
    CHECK(week("2020-12-31") == std::pair(2020, 53u));
    CHECK(week("2021-01-03") == std::pair(2020, 53u));
    CHECK(week("2021-01-04") == std::pair(2021, 1u));
    CHECK(week("2024-12-30") == std::pair(2025, 1u));
    CHECK(week("2027-01-01") == std::pair(2026, 53u));
    CHECK(week("1969-12-28") == std::pair(1969, 52u));
}

TEST_CASE("what a clock shows follows the zone, and an hour shown twice has two offsets", "[time_zone]") {
    const TimeZone berlin = TimeZone::named("Europe/Berlin");
    const CivilTime first = berlin.civil(at("2026-10-25T00:30")), second = berlin.civil(at("2026-10-25T01:30"));
    CHECK(first.hour == 2);
    CHECK(second.hour == 2);
    CHECK(first.offset_seconds == 7'200);
    CHECK(second.offset_seconds == 3'600);
    CHECK(berlin.civil(at("2025-12-31T23:30")).year == 2026);
    CHECK(TimeZone::named("Asia/Kathmandu").civil(at("2026-01-01T18:15")).day == 2);
}

TEST_CASE("years and months go back in the calendar, to the last day of a shorter month", "[time_zone]") {
    CHECK(before("UTC", "2026-03-31T12:00", "1m") == "2026-02-28T12:00:00");
    CHECK(before("UTC", "2024-02-29T12:00", "1y") == "2023-02-28T12:00:00");
    CHECK(before("UTC", "2024-02-29T12:00", "4y") == "2020-02-29T12:00:00");
    CHECK(before("UTC", "2026-01-15T12:00", "13m") == "2024-12-15T12:00:00");
    CHECK(before("UTC", "2026-01-15T12:00", "1m15d2h") == "2025-11-30T10:00:00");
}

TEST_CASE("a day back keeps the clock's time over a change of offset, an hour is an hour", "[time_zone]") {
    CHECK(before("Europe/Berlin", "2026-03-29T10:00Z", "1d") == "2026-03-28T11:00:00");
    CHECK(before("Europe/Berlin", "2026-03-29T10:00Z", "24h") == "2026-03-28T10:00:00");
    // 02:30 did not exist on 29 March, and came twice on 25 October.
    CHECK(before("Europe/Berlin", "2026-03-30T00:30Z", "1d") == "2026-03-29T01:00:00");
    CHECK(before("Europe/Berlin", "2026-10-26T01:30Z", "1d") == "2026-10-25T00:30:00");
    CHECK(before("Europe/Berlin", "2026-10-25T01:30Z", "0d") == "2026-10-25T01:30:00");
    // Samoa left out 30 December 2011.
    CHECK(before("Pacific/Apia", "2011-12-31T00:00Z", "1d") == "2011-12-30T10:00:00");
}

TEST_CASE("times and spans beyond every calendar end at its edge", "[time_zone]") {
    const TimeZone apia = TimeZone::named("Pacific/Apia");
    CHECK(apia.civil({std::numeric_limits<std::int64_t>::max(), 0}).year >= 9999);
    CHECK(apia.civil({std::numeric_limits<std::int64_t>::min(), 0}).year == 1);
    for (const char* span : {"999999999y", "999999999m", "999999999d", "999999999h", "2026y", "30000m"}) {
        const Time then = apia.before(at("2026-01-01"), parse_civil_duration(span));
        CHECK(then < at("0002-01-01"));
    }
    CHECK(apia.before({std::numeric_limits<std::int64_t>::max(), 0}, {1, 0, 0, 0}) > at("9998-01-01"));
}

TEST_CASE("calendar and week are those of the C library, in many zones and years", "[time_zone]") {
    for (const char* name : {"UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia",
                             "America/Sao_Paulo", "Africa/Casablanca", "Asia/Tehran"}) {
        const TimeZone zone = TimeZone::named(name);
        ::setenv("TZ", name, 1);
        ::tzset();
        REQUIRE(rc::check([&] {
            const auto seconds = *rc::gen::inRange<std::int64_t>(-1'000'000'000, 2'145'916'800);  // 1938 to 2037
            const CivilTime civil = zone.civil({seconds, 0});
            const std::time_t time = seconds;
            std::tm wall{};
            ::localtime_r(&time, &wall);
            char text[64], expected[64];
            std::strftime(expected, sizeof expected, "%Y-%m-%d %H %G-%V", &wall);
            std::snprintf(text, sizeof text, "%04d-%02u-%02u %02u %04d-%02u", civil.year, civil.month, civil.day,
                          civil.hour, civil.iso_year, civil.iso_week);
            RC_ASSERT(std::string(text) == expected);
            RC_ASSERT(civil.offset_seconds == wall.tm_gmtoff);
        }));
    }
}

TEST_CASE("a moment some time before is the model's, close to changes of clocks and ends of months", "[time_zone]") {
    // In each zone a moment at which its clocks change; spans lead back to it and to the like of it in other years.
    const std::vector<std::pair<std::string, std::string>> changes{
        {"Europe/Berlin", "2026-03-29T01:00"},   {"Europe/Berlin", "2026-10-25T01:00"},
        {"America/New_York", "2026-11-01T06:00"}, {"Australia/Lord_Howe", "2026-04-04T15:00"},
        {"Pacific/Apia", "2011-12-30T10:00"},    {"America/Sao_Paulo", "2018-11-04T03:00"},
        {"America/St_Johns", "2006-10-29T02:31"}, {"UTC", "2024-02-29T12:00"}};
    for (const auto& [name, change] : changes) {
        const TimeZone zone = TimeZone::named(name);
        INFO(name + " " + change);
        REQUIRE(rc::check([&, zone_name = name, moment = at(change).seconds] {
            ModelSpan span{*rc::gen::element(0, 0, 1), *rc::gen::element(0, 0, 1, 13), *rc::gen::element(0, 0, 1, 30),
                           *rc::gen::element(0, 0, 1, 25)};
            const auto days_on = span.years * 365 + (span.months * 61 + 1) / 2 + span.days + *rc::gen::inRange(-2, 3);
            const std::int64_t from = moment + std::int64_t{days_on} * 86'400 + span.hours * 3'600 +
                                      *rc::gen::inRange<std::int64_t>(-4 * 3'600, 4 * 3'600);
            const auto unsign = [](int number) { return static_cast<std::uint32_t>(number); };
            const CivilDuration duration{unsign(span.years), unsign(span.months), unsign(span.days),
                                         unsign(span.hours)};
            RC_ASSERT(zone.before({from, 7}, duration) == (Time{model_before(from, span, zone_name), 7}));
        }));
    }
}
