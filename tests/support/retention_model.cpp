// Periods by strftime in the zone, grouped, sorted, cut off.
#include "tests/support/retention_model.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <limits>
#include <map>

namespace vault {

namespace {

void enter(const std::string& zone) {
    ::setenv("TZ", zone.c_str(), 1);
    ::tzset();
}

std::string shown(std::int64_t time, const char* format) {
    const std::time_t at = time;
    std::tm wall{};
    ::localtime_r(&at, &wall);
    char text[64];
    return std::string(text, std::strftime(text, sizeof text, format, &wall));
}

// What the clock on the wall shows, as seconds that can be compared.
std::int64_t wall_clock(std::int64_t time) {
    const std::time_t at = time;
    std::tm wall{};
    ::localtime_r(&at, &wall);
    return ::timegm(&wall);
}

int days_of_month(int year, int month) {
    static const int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return kDays[month] + (month == 1 && leap ? 1 : 0);
}

// The first moment at which the wall shows `target` or, where it never does, has gone past it. Zones change at whole
// minutes in the years that the tests speak of.
std::int64_t first_moment_showing(std::int64_t target) {
    constexpr std::int64_t kDay = 86'400, kStep = 60;
    std::int64_t from = target - 27 * 3'600;
    from -= ((from % kStep) + kStep) % kStep;
    for (std::int64_t at = from; at < target + 2 * kDay; at += kStep) {
        const std::int64_t wall = wall_clock(at);
        if (wall >= target) return at;
        if (wall + kStep > target) return at + (target - wall);
    }
    std::abort();
}

std::int64_t moment_before(std::int64_t time, const ModelSpan& span) {
    const std::time_t at = time;
    std::tm wall{};
    ::localtime_r(&at, &wall);
    if (span.years != 0 || span.months != 0 || span.days != 0) {
        for (int i = 0; i < span.years * 12 + span.months; ++i) {
            if (--wall.tm_mon < 0) {
                wall.tm_mon = 11;
                --wall.tm_year;
            }
        }
        wall.tm_mday = std::min(wall.tm_mday, days_of_month(wall.tm_year + 1900, wall.tm_mon));
        const std::int64_t target = ::timegm(&wall) - std::int64_t{span.days} * 86'400;
        // Less days than none: the clock may show the same again, and that is no move.
        if (target != wall_clock(time)) time = first_moment_showing(target);
    }
    return time - std::int64_t{span.hours} * 3'600;
}

std::string text_of(const ModelSpan& span) {
    std::string text;
    if (span.years > 0) text += std::to_string(span.years) + "y";
    if (span.months > 0) text += std::to_string(span.months) + "m";
    if (span.days > 0) text += std::to_string(span.days) + "d";
    if (span.hours > 0) text += std::to_string(span.hours) + "h";
    return text.empty() ? "0h" : text;
}

// The newest of each of the newest `count` periods.
void keep_periods(const std::vector<ModelSnapshot>& newest_first, std::uint64_t count, const std::string& reason,
                  const std::function<std::string(const ModelSnapshot&)>& period_of, std::set<std::string>& keeps) {
    std::map<std::string, std::size_t> newest_of;  // period -> its newest
    for (std::size_t i = newest_first.size(); i-- > 0;) newest_of[period_of(newest_first[i])] = i;
    std::vector<std::size_t> chosen;
    for (const auto& [period, at] : newest_of) chosen.push_back(at);
    std::sort(chosen.begin(), chosen.end());
    if (count < chosen.size()) chosen.resize(count);
    for (const std::size_t at : chosen) keeps.insert(newest_first[at].id + ": " + reason);
}

void keep_of_series(std::vector<ModelSnapshot> all, const ModelRules& rules, std::int64_t now_s,
                    std::set<std::string>& keeps) {
    for (const ModelSnapshot& one : all) {
        if (one.held) keeps.insert(one.id + ": held");
        if (one.may_be_held) keeps.insert(one.id + ": may be held: a mark on it is damaged or was deleted");
        for (const std::string& tag : one.tags)
            if (std::count(rules.tags.begin(), rules.tags.end(), tag) > 0) keeps.insert(one.id + ": has tag " + tag);
        if (one.tombstone_unreadable) keeps.insert(one.id + ": may be forgotten: its tombstone is damaged");
        if (one.started_s > now_s + 86'400) keeps.insert(one.id + ": its clock was ahead of ours");
    }
    std::erase_if(all, [&](const ModelSnapshot& one) { return one.started_s > now_s + 86'400; });
    std::erase_if(all, [](const ModelSnapshot& one) { return one.tombstone_unreadable; });
    if (all.empty()) return;
    std::sort(all.begin(), all.end(), [](const ModelSnapshot& a, const ModelSnapshot& b) {
        if (a.time_s != b.time_s) return a.time_s > b.time_s;
        return a.started_s != b.started_s ? a.started_s > b.started_s : a.id > b.id;
    });
    keeps.insert(all.front().id + ": newest of its series");
    if (rules.within) {
        const std::int64_t after = moment_before(all.front().time_s, *rules.within);
        for (const ModelSnapshot& one : all)
            if (one.time_s > after) keeps.insert(one.id + ": within " + text_of(*rules.within));
    }
    std::erase_if(all, [](const ModelSnapshot& one) { return one.incomplete; });
    if (all.empty()) return;
    keeps.insert(all.front().id + ": newest of its series");
    const auto by = [&](std::uint64_t count, const std::string& reason, const char* format) {
        keep_periods(
            all, count, reason, [&](const ModelSnapshot& one) { return shown(one.time_s, format); }, keeps);
    };
    keep_periods(
        all, rules.last, "last snapshot", [](const ModelSnapshot& one) { return one.id; }, keeps);
    by(rules.hourly, "hourly snapshot", "%Y-%m-%d %H %z");
    by(rules.daily, "daily snapshot", "%Y-%j");
    by(rules.weekly, "weekly snapshot", "%G week %V");
    by(rules.monthly, "monthly snapshot", "%Y-%m");
    by(rules.yearly, "yearly snapshot", "%Y");
}

}  // namespace

std::int64_t model_before(std::int64_t time_s, const ModelSpan& span, const std::string& zone) {
    enter(zone);
    return moment_before(time_s, span);
}

std::set<std::string> model_keeps(const std::vector<ModelSnapshot>& snapshots, const ModelRules& rules,
                                  const std::string& zone, std::int64_t now_s) {
    enter(zone);
    std::map<std::string, std::vector<ModelSnapshot>> by_series;
    for (const ModelSnapshot& one : snapshots) by_series[one.series].push_back(one);
    std::set<std::string> keeps;
    for (const auto& [series, members] : by_series) keep_of_series(members, rules, now_s, keeps);
    return keeps;
}

}  // namespace vault
