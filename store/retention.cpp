// Rules -> decisions, one pass over each series from its newest snapshot to its oldest.
#include "store/retention.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>

#include "store/clock.h"

namespace vault {

namespace {

// An hour, a day … of the zone. As a set of those met, not as a comparison with the one before: where clocks go back
// over midnight a day comes in two pieces.
using Period = std::array<std::int64_t, 3>;

Period hour_of(const CivilTime& at) {
    return {(std::int64_t{at.year} * 12 + at.month) * 32 + at.day, at.hour, at.offset_seconds};
}
Period day_of(const CivilTime& at) { return {at.year, at.month, at.day}; }
Period week_of(const CivilTime& at) { return {at.iso_year, at.iso_week, 0}; }
Period month_of(const CivilTime& at) { return {at.year, at.month, 0}; }
Period year_of(const CivilTime& at) { return {at.year, 0, 0}; }

// One counted rule on its way through a series.
struct CountedRule {
    KeepReason reason;
    std::uint64_t left;
    Period (*period_of)(const CivilTime&);  // null: every snapshot by itself
    std::set<Period> met = {};

    bool keeps(const CivilTime& at) {
        if (left == 0) return false;
        if (period_of != nullptr && !met.insert(period_of(at)).second) return false;
        if (left != kKeepAll) --left;
        return true;
    }
};

bool is_newer(const Snapshot* a, const Snapshot* b) {
    return std::tie(a->record.time, a->record.started, a->sid) > std::tie(b->record.time, b->record.started, b->sid);
}

bool is_clock_ahead(const Snapshot& snapshot, const Time& now) {
    return nanoseconds_between(now, snapshot.record.started) > kClockAheadNs;
}

// `snapshots` of one series, newest first.
RetentionGroup decide(const std::vector<const Snapshot*>& snapshots, const KeepRules& rules, const TimeZone& zone,
                      const Time& now) {
    std::array<CountedRule, 6> counted{{{KeepReason::Last, rules.last, nullptr},
                                        {KeepReason::Hourly, rules.hourly, hour_of},
                                        {KeepReason::Daily, rules.daily, day_of},
                                        {KeepReason::Weekly, rules.weekly, week_of},
                                        {KeepReason::Monthly, rules.monthly, month_of},
                                        {KeepReason::Yearly, rules.yearly, year_of}}};
    RetentionGroup group;
    group.series = snapshots.front()->record.series;
    std::optional<Time> within_after;
    bool met_any = false, met_complete = false;
    for (const Snapshot* snapshot : snapshots) {
        const CommitRecord& record = snapshot->record;
        RetentionDecision decision{snapshot, {}};
        const auto keep = [&](KeepReason reason, const std::string& detail = "") {
            decision.reasons.push_back({reason, detail});
        };
        const bool ahead = is_clock_ahead(*snapshot, now);
        const bool counts = !ahead && !snapshot->tombstone_unreadable;
        if (counts && !record.incomplete) {
            const CivilTime at = zone.civil(record.time);
            for (CountedRule& rule : counted)
                if (rule.keeps(at)) keep(rule.reason);
        }
        if (counts && rules.within && !within_after) within_after = zone.before(record.time, *rules.within);
        if (counts && within_after && record.time > *within_after) keep(KeepReason::Within, to_text(*rules.within));
        for (const std::string& tag : rules.tags)
            if (std::binary_search(snapshot->tags.begin(), snapshot->tags.end(), tag)) keep(KeepReason::Tag, tag);
        const bool newest = counts && (!met_any || (!met_complete && !record.incomplete));
        if (newest) keep(KeepReason::Newest);
        met_any = met_any || counts;
        met_complete = met_complete || (counts && !record.incomplete);
        if (snapshot->held) keep(KeepReason::Held);
        if (snapshot->may_be_held) keep(KeepReason::MayBeHeld);
        if (ahead) keep(KeepReason::ClockAhead);
        if (snapshot->tombstone_unreadable) keep(KeepReason::TombstoneUnreadable);
        group.decisions.push_back(std::move(decision));
    }
    return group;
}

}  // namespace

bool KeepRules::is_empty() const {
    return last == 0 && hourly == 0 && daily == 0 && weekly == 0 && monthly == 0 && yearly == 0 &&
           (!within || within->is_zero()) && tags.empty();
}

std::string to_text(const Kept& kept) {
    switch (kept.reason) {
        case KeepReason::Last: return "last snapshot";
        case KeepReason::Hourly: return "hourly snapshot";
        case KeepReason::Daily: return "daily snapshot";
        case KeepReason::Weekly: return "weekly snapshot";
        case KeepReason::Monthly: return "monthly snapshot";
        case KeepReason::Yearly: return "yearly snapshot";
        case KeepReason::Within: return "within " + kept.detail;
        case KeepReason::Tag: return "has tag " + kept.detail;
        case KeepReason::Newest: return "newest of its series";
        case KeepReason::Held: return "held";
        case KeepReason::MayBeHeld: return "may be held: a mark on it is damaged or was deleted";
        case KeepReason::ClockAhead: return "its clock was ahead of ours";
        case KeepReason::TombstoneUnreadable: return "may be forgotten: its tombstone is damaged";
    }
    return "";
}

std::vector<RetentionGroup> apply_keep_rules(std::span<const Snapshot* const> snapshots, const KeepRules& rules,
                                             const TimeZone& zone, const Time& now) {
    std::map<std::string, std::vector<const Snapshot*>> by_series;
    for (const Snapshot* snapshot : snapshots) by_series[snapshot->record.series].push_back(snapshot);
    std::vector<RetentionGroup> groups;
    for (auto& [series, members] : by_series) {
        std::sort(members.begin(), members.end(), is_newer);
        groups.push_back(decide(members, rules, zone, now));
    }
    return groups;
}

}  // namespace vault
