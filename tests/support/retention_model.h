// What docs/cli.md says of retention, written a second time and differently: sets of whole periods, not a pass; the C
// library's calendar, not the program's. The oracle of the tests of store/retention.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace vault {

struct ModelSnapshot {
    std::string id;  // also breaks ties: greater is newer
    std::string series;
    std::int64_t time_s = 0;
    std::int64_t started_s = 0;
    std::vector<std::string> tags;
    bool held = false, incomplete = false, may_be_held = false, tombstone_unreadable = false;
};

struct ModelSpan {
    int years = 0, months = 0, days = 0, hours = 0;
};

struct ModelRules {
    std::uint64_t last = 0, hourly = 0, daily = 0, weekly = 0, monthly = 0, yearly = 0;  // UINT64_MAX: all
    std::optional<ModelSpan> within;
    std::vector<std::string> tags;
};

// "<id>: <reason>" for each rule that keeps a snapshot. `zone` as TZ takes it; changes TZ of the process: one thread.
std::set<std::string> model_keeps(const std::vector<ModelSnapshot>& snapshots, const ModelRules& rules,
                                  const std::string& zone, std::int64_t now_s);

// The moment that lies `span` before, in the zone.
std::int64_t model_before(std::int64_t time_s, const ModelSpan& span, const std::string& zone);

}  // namespace vault
