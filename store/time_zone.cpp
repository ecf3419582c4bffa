// Calendars by the date library.
#include "store/time_zone.h"

#include <date/date.h>
#include <date/tz.h>

#include <algorithm>
#include <optional>

#include "store/base/error.h"
#include "store/base/text.h"

namespace vault {

namespace {

using std::chrono::seconds;

constexpr std::size_t kDigitsMax = 9;

// Zones shift the clock by less than a day: what is a day inside has a local time inside the library's calendar.
const date::sys_seconds kFirst = date::sys_days(date::year{1} / 1 / 2);
const date::sys_seconds kLast = date::sys_days(date::year{9999} / 12 / 31);

date::sys_seconds clamped(const Time& time) {
    return std::clamp(date::sys_seconds(seconds(time.seconds)), kFirst, kLast);
}

// The same day that many months earlier; nothing where that is before the calendar of civil().
std::optional<date::local_days> months_before(date::local_days day, std::uint64_t months) {
    const date::year_month_day from(day);
    const std::int64_t month = std::int64_t{static_cast<int>(from.year())} * 12 +
                               static_cast<unsigned>(from.month()) - 1 - static_cast<std::int64_t>(months);
    if (month < 12) return std::nullopt;
    const date::year_month to =
        date::year{static_cast<int>(month / 12)} / date::month{static_cast<unsigned>(month % 12) + 1};
    const date::day last = (to / date::last).day();
    return date::local_days(to / std::min(from.day(), last));
}

}  // namespace

CivilDuration parse_civil_duration(const std::string& text) {
    const auto refuse = [&]() -> void {
        throw Error(ErrorKind::Usage, escaped(text) + " is no duration: write numbers with y, m, d or h behind them, " +
                                          "each unit once, as in 2y5m7d3h; m is months, and stands before d and h");
    };
    CivilDuration duration;
    std::string seen;
    for (std::size_t at = 0; at < text.size() || seen.empty();) {
        const std::size_t start = at;
        std::uint32_t number = 0;
        for (; at < text.size() && text[at] >= '0' && text[at] <= '9' && at - start < kDigitsMax; ++at)
            number = number * 10 + static_cast<std::uint32_t>(text[at] - '0');
        if (at == start || at == text.size() || seen.find(text[at]) != std::string::npos) refuse();
        const char unit = text[at++];
        // Who writes 1h30m means minutes.
        if (unit == 'm' && seen.find_first_of("dh") != std::string::npos) refuse();
        seen += unit;
        switch (unit) {
            case 'y': duration.years = number; break;
            case 'm': duration.months = number; break;
            case 'd': duration.days = number; break;
            case 'h': duration.hours = number; break;
            default: refuse();
        }
    }
    return duration;
}

std::string to_text(const CivilDuration& duration) {
    std::string text;
    const auto add = [&](std::uint32_t number, char unit) {
        if (number != 0) text += std::to_string(number) + unit;
    };
    add(duration.years, 'y');
    add(duration.months, 'm');
    add(duration.days, 'd');
    add(duration.hours, 'h');
    return text.empty() ? "0h" : text;
}

TimeZone TimeZone::named(const std::string& name) {
    TimeZone zone;
    if (name == "UTC") return zone;
    try {
        zone.zone_ = date::locate_zone(name);
    } catch (const std::exception&) {
        // The library says the same of an unknown name and of a missing database, in many words.
        bool any = false;
        try {
            any = !date::get_tzdb().zones.empty();
        } catch (const std::exception&) {
            any = false;
        }
        if (!any)
            throw Error(ErrorKind::Io, "the system's time zone database cannot be read: install tzdata, or use UTC");
        throw Error(ErrorKind::Usage, escaped(name) + " is no time zone: write one as in Europe/Berlin, or UTC");
    }
    zone.name_ = zone.zone_->name();
    return zone;
}

CivilTime TimeZone::civil(const Time& time) const {
    const date::sys_seconds at = clamped(time);
    const seconds offset = zone_ == nullptr ? seconds(0) : zone_->get_info(at).offset;
    const date::local_seconds local{at.time_since_epoch() + offset};
    const date::local_days day = date::floor<date::days>(local);
    const date::year_month_day ymd(day);
    const date::local_days thursday = day - (date::weekday(day) - date::Monday) + date::days(3);
    const date::year iso_year = date::year_month_day(thursday).year();
    CivilTime civil;
    civil.year = static_cast<int>(ymd.year());
    civil.month = static_cast<unsigned>(ymd.month());
    civil.day = static_cast<unsigned>(ymd.day());
    civil.hour = static_cast<std::uint32_t>(date::floor<std::chrono::hours>(local - day).count());
    civil.iso_year = static_cast<int>(iso_year);
    civil.iso_week = static_cast<std::uint32_t>((thursday - date::local_days(iso_year / 1 / 1)).count()) / 7 + 1;
    civil.offset_seconds = static_cast<std::int32_t>(offset.count());
    return civil;
}

Time TimeZone::before(const Time& time, const CivilDuration& span) const {
    const Time first{kFirst.time_since_epoch().count(), 0};
    const date::sys_seconds at = clamped(time);
    const seconds offset = zone_ == nullptr ? seconds(0) : zone_->get_info(at).offset;
    const date::local_seconds local{at.time_since_epoch() + offset};
    const date::local_days day = date::floor<date::days>(local);
    const auto moved = months_before(day, std::uint64_t{span.years} * 12 + span.months);
    if (!moved) return first;
    const date::local_days target = *moved - date::days(span.days);
    if (target.time_since_epoch() < kFirst.time_since_epoch()) return first;
    const date::local_seconds then = target + (local - day);
    // With nothing to move the offset is known, and the later of two equal clock times stays what it is.
    const bool same = then == local;
    date::sys_seconds result = same ? at
                               : zone_ == nullptr ? date::sys_seconds(then.time_since_epoch())
                                                  : zone_->to_sys(then, date::choose::earliest);
    result -= std::chrono::hours(span.hours);
    return result < kFirst ? first : Time{result.time_since_epoch().count(), time.nanoseconds};
}

}  // namespace vault
