// Time zones and their calendars, for rules that speak of days and weeks as people live them. The only user of the
// zone database (tz of Howard Hinnant's date library over the system's tzdata); UTC needs no database.
#pragma once

#include <cstdint>
#include <string>

#include "store/format/cursor.h"

namespace date {
class time_zone;
}

namespace vault {

// A span as people say it: "2y5m7d3h". Years, months and days are those of the calendar; hours have 3,600 seconds.
struct CivilDuration {
    std::uint32_t years = 0, months = 0, days = 0, hours = 0;
    bool is_zero() const { return years == 0 && months == 0 && days == 0 && hours == 0; }
    bool operator==(const CivilDuration&) const = default;
};

// One or more numbers of at most 9 digits, each with one of y, m, d, h behind it, in any order but m before d and h,
// each unit once, nothing else. Throws Usage.
CivilDuration parse_civil_duration(const std::string& text);
std::string to_text(const CivilDuration& duration);  // "2y5m7d3h"; "0h" for none

// What clock and calendar on a wall of the zone show.
struct CivilTime {
    std::int32_t year = 1970;
    std::uint32_t month = 1, day = 1, hour = 0;
    std::int32_t iso_year = 1970;  // ISO 8601: a week belongs to the year of its Thursday
    std::uint32_t iso_week = 1;
    std::int32_t offset_seconds = 0;  // local time less UTC: tells apart an hour that a clock shows twice
};

// A value; const functions are thread-safe.
class TimeZone {
  public:
    TimeZone() = default;  // UTC
    // A name of the tz database ("Europe/Berlin") or "UTC". Throws Usage for an unknown name, Io without a database.
    static TimeZone named(const std::string& name);

    const std::string& name() const { return name_; }
    // Times before the year 1 or behind 9999 are taken as its first and its last second.
    CivilTime civil(const Time& time) const;
    // The time that lies `span` before: years and months go first (31 March less a month is the last of February), then
    // days, both keeping the clock's time; then hours. Of a clock's time that comes twice, or never, the earlier.
    Time before(const Time& time, const CivilDuration& span) const;

  private:
    std::string name_ = "UTC";
    const date::time_zone* zone_ = nullptr;  // of the process-wide database, which lives for ever; null: UTC
};

}  // namespace vault
