// Calendar days by the date library; the rest is digits.
#include "store/civil_time.h"

#include <date/date.h>

#include <cstdio>
#include <cstdlib>

#include "store/base/error.h"
#include "store/base/text.h"

namespace vault {

namespace {

constexpr std::uint32_t kLastNanosecond = 999'999'999;

[[noreturn]] void refuse(const std::string& text) {
    throw Error(ErrorKind::Usage, escaped(text) + " is no time: write 2026-01-31 or 2026-01-31T23:59:59Z (UTC)");
}

// `count` digits at `at`, moving it on.
int digits(const std::string& text, std::size_t& at, std::size_t count) {
    if (at + count > text.size()) refuse(text);
    int value = 0;
    for (std::size_t i = 0; i < count; ++i, ++at) {
        if (text[at] < '0' || text[at] > '9') refuse(text);
        value = value * 10 + (text[at] - '0');
    }
    return value;
}

bool take(const std::string& text, std::size_t& at, char wanted) {
    if (at >= text.size() || text[at] != wanted) return false;
    ++at;
    return true;
}

std::uint32_t fraction(const std::string& text, std::size_t& at, bool to_end) {
    std::uint32_t value = 0;
    int places = 0;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9' && places < 9; ++at, ++places)
        value = value * 10 + static_cast<std::uint32_t>(text[at] - '0');
    if (places == 0) refuse(text);
    for (; places < 9; ++places) value = value * 10 + (to_end ? 9 : 0);
    return value;
}

}  // namespace

Time parse_civil_time(const std::string& text, RoundTo round) {
    const bool to_end = round == RoundTo::End;
    std::size_t at = 0;
    const int year = digits(text, at, 4);
    if (!take(text, at, '-')) refuse(text);
    const int month = digits(text, at, 2);
    if (!take(text, at, '-')) refuse(text);
    const int day = digits(text, at, 2);
    const date::year_month_day ymd{date::year{year}, date::month{static_cast<unsigned>(month)},
                                   date::day{static_cast<unsigned>(day)}};
    if (!ymd.ok()) refuse(text);
    int hour = to_end ? 23 : 0, minute = to_end ? 59 : 0, second = to_end ? 59 : 0;
    std::uint32_t nanoseconds = to_end ? kLastNanosecond : 0;
    if (take(text, at, 'T') || take(text, at, ' ')) {
        hour = digits(text, at, 2);
        if (!take(text, at, ':')) refuse(text);
        minute = digits(text, at, 2);
        if (take(text, at, ':')) {
            second = digits(text, at, 2);
            if (take(text, at, '.')) nanoseconds = fraction(text, at, to_end);
        }
    }
    take(text, at, 'Z');
    if (at != text.size() || hour > 23 || minute > 59 || second > 59) refuse(text);
    const std::int64_t days = date::sys_days(ymd).time_since_epoch().count();
    return {days * 86'400 + hour * 3'600 + minute * 60 + second, nanoseconds};
}

std::string rfc3339(const Time& time) {
    constexpr std::int64_t kDaySeconds = 86'400;
    std::int64_t days = time.seconds / kDaySeconds, rest = time.seconds % kDaySeconds;
    if (rest < 0) {
        rest += kDaySeconds;
        --days;
    }
    // Beyond the years that the calendar library (and RFC 3339) can write, the nearest of them.
    const std::int64_t last = date::sys_days(date::year{9999} / 12 / 31).time_since_epoch().count();
    const std::int64_t first = date::sys_days(date::year{0} / 1 / 1).time_since_epoch().count();
    const std::int64_t shown = days > last ? last : days < first ? first : days;
    const date::year_month_day ymd{date::sys_days{date::days{static_cast<int>(shown)}}};
    char text[64];
    std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%09uZ", static_cast<int>(ymd.year()),
                  static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()), static_cast<int>(rest / 3600),
                  static_cast<int>(rest / 60 % 60), static_cast<int>(rest % 60), time.nanoseconds);
    return text;
}

}  // namespace vault
