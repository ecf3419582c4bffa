// Which snapshots rules of retention keep, and why. Pure: no store, no clock. docs/cli.md, "Retention".
//
// Rules apply to each series by itself; a snapshot goes only if no rule keeps it. Within a series snapshots are ordered
// by (time, start, id); of all in one hour, day, ISO week, month or year of the zone, the newest stands for it.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/snapshots.h"
#include "store/time_zone.h"

namespace vault {

constexpr std::uint64_t kKeepAll = std::numeric_limits<std::uint64_t>::max();

// A run whose clock stood so far ahead of ours had a wrong clock, or we have.
constexpr std::int64_t kClockAheadNs = 24ll * 3'600 * 1'000'000'000;

struct KeepRules {
    std::uint64_t last = 0;  // the newest so many snapshots
    // The newest snapshot of each of the newest so many hours, days … that have one.
    std::uint64_t hourly = 0, daily = 0, weekly = 0, monthly = 0, yearly = 0;
    // All that are younger than this beside the newest snapshot of the series: strictly, so that one of exactly that
    // age goes.
    std::optional<CivilDuration> within;
    std::vector<std::string> tags;  // all that have any of these

    // No rule that could keep anything: all counts are zero.
    bool is_empty() const;
};

enum class KeepReason {
    Last,
    Hourly,
    Daily,
    Weekly,
    Monthly,
    Yearly,
    Within,
    Tag,
    Newest,          // of its series; of the complete ones too, where that is another
    Held,            // vault hold
    MayBeHeld,  // a mark on it is damaged or was deleted
    ClockAhead,      // its run started more than kClockAheadNs after `now`
    TombstoneUnreadable,  // it may be forgotten
};

struct Kept {
    KeepReason reason{};
    std::string detail;  // Within: the span; Tag: the tag
    bool operator==(const Kept&) const = default;
};

// As it stands in restic's `matches` where restic has the reason: "daily snapshot", "within 7d".
std::string to_text(const Kept& kept);

struct RetentionDecision {
    const Snapshot* snapshot = nullptr;
    std::vector<Kept> reasons;  // in the order of KeepReason
    bool keep() const { return !reasons.empty(); }
};

struct RetentionGroup {
    std::string series;
    std::vector<RetentionDecision> decisions;  // newest first
};

// One group for each series among `snapshots`, by name; of these snapshots alone, in any order, none twice. They
// outlive the result. What takes no place, so that it pushes out no good one: incomplete snapshots in the counted
// rules; those whose clock was ahead, or that may be forgotten, in all of them.
std::vector<RetentionGroup> apply_keep_rules(std::span<const Snapshot* const> snapshots, const KeepRules& rules,
                                             const TimeZone& zone, const Time& now);

}  // namespace vault
