// Which snapshots rules keep: cases in the open, and random lists against a model of its own calendar.
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>

#include "store/base/text.h"
#include "store/civil_time.h"
#include "store/retention.h"
#include "tests/support/retention_model.h"

using namespace vault;

namespace {

const Time kNow = parse_civil_time("2030-01-01", RoundTo::Start);

Snapshot snapshot_of(const ModelSnapshot& model) {
    Snapshot snapshot;
    std::string hex = model.id;
    hex.resize(32, '0');
    snapshot.sid = SessionId::from_hex(hex);
    snapshot.record.sid = snapshot.sid;
    snapshot.record.time = {model.time_s, 0};
    snapshot.record.started = {model.started_s, 0};
    snapshot.record.series = model.series;
    snapshot.record.incomplete = model.incomplete;
    snapshot.tags = model.tags;
    snapshot.held = model.held;
    snapshot.may_be_held = model.may_be_held;
    snapshot.tombstone_unreadable = model.tombstone_unreadable;
    return snapshot;
}

struct Run {
    std::set<std::string> keeps;    // "<id>: <reason>"
    std::vector<std::string> kept;  // ids, newest first, series after series
    std::size_t decided = 0;
};

Run decide(const std::vector<ModelSnapshot>& models, const KeepRules& rules, const TimeZone& zone = {},
           const Time& now = kNow) {
    std::vector<Snapshot> snapshots;
    for (const ModelSnapshot& model : models) snapshots.push_back(snapshot_of(model));
    std::vector<const Snapshot*> pointers;
    for (const Snapshot& snapshot : snapshots) pointers.push_back(&snapshot);
    Run run;
    for (const RetentionGroup& group : apply_keep_rules(pointers, rules, zone, now)) {
        for (const RetentionDecision& decision : group.decisions) {
            const std::string id = models[static_cast<std::size_t>(decision.snapshot - snapshots.data())].id;
            ++run.decided;
            if (decision.keep()) run.kept.push_back(id);
            for (const Kept& kept : decision.reasons) run.keeps.insert(id + ": " + to_text(kept));
        }
    }
    return run;
}

// Snapshots of one series at these times (UTC), with the ids 00, 01, …
std::vector<ModelSnapshot> at(const std::vector<std::string>& times) {
    std::vector<ModelSnapshot> models;
    for (const std::string& text : times) {
        const std::int64_t time = parse_civil_time(text, RoundTo::Start).seconds;
        const auto number = static_cast<std::uint8_t>(models.size());
        models.push_back({to_hex(ByteView(&number, 1)), "s", time, time, {}});
    }
    return models;
}

using Ids = std::vector<std::string>;
using Keeps = std::set<std::string>;

KeepRules rule(std::uint64_t KeepRules::*count, std::uint64_t value) {
    KeepRules rules;
    rules.*count = value;
    return rules;
}

}  // namespace

TEST_CASE("each rule keeps the newest of each of its newest periods", "[retention]") {
    const auto list = at({"2025-12-31T10:00", "2026-01-01T10:00", "2026-01-01T10:59", "2026-01-01T11:00",
                          "2026-01-02T00:00", "2026-02-01T00:00"});
    CHECK(decide(list, rule(&KeepRules::last, 2)).kept == Ids{"05", "04"});
    CHECK(decide(list, rule(&KeepRules::hourly, 4)).kept == Ids{"05", "04", "03", "02"});
    CHECK(decide(list, rule(&KeepRules::daily, 3)).kept == Ids{"05", "04", "03"});
    CHECK(decide(list, rule(&KeepRules::weekly, 9)).kept == Ids{"05", "04"});
    CHECK(decide(list, rule(&KeepRules::monthly, 2)).kept == Ids{"05", "04"});
    CHECK(decide(list, rule(&KeepRules::yearly, 2)).kept == Ids{"05", "00"});
    CHECK(decide(list, rule(&KeepRules::last, kKeepAll)).kept.size() == list.size());
}

TEST_CASE("a snapshot goes only if no rule keeps it, and each says so", "[retention]") {
    KeepRules rules;
    rules.last = 1;
    rules.yearly = 2;
    const auto run = decide(at({"2024-06-01", "2025-06-01", "2025-07-01", "2026-06-01"}), rules);
    CHECK(run.keeps == Keeps{"03: last snapshot", "03: yearly snapshot", "03: newest of its series",
                             "02: yearly snapshot"});
    CHECK(run.decided == 4);
}

TEST_CASE("counts of zero keep nothing but the newest of each series", "[retention]") {
    auto list = at({"2026-01-01", "2026-01-02", "2026-01-03"});
    list[0].series = list[1].series = "t";
    CHECK(KeepRules{}.is_empty());
    const auto run = decide(list, {});
    CHECK(run.keeps == Keeps{"02: newest of its series", "01: newest of its series"});
}

TEST_CASE("rules count in each series by itself, by name of the series alone", "[retention]") {
    auto list = at({"2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"});
    list[0].series = list[1].series = "t";
    CHECK(decide(list, rule(&KeepRules::last, 1)).kept == Ids{"03", "01"});
}

TEST_CASE("a week over new year is one week, and a year may have 53", "[retention]") {
    // Monday 28 December 2020 to Sunday 3 January 2021 is week 53 of 2020.
    const auto list = at({"2020-12-27T12:00", "2020-12-28T12:00", "2021-01-03T12:00", "2021-01-04T12:00"});
    CHECK(decide(list, rule(&KeepRules::weekly, 3)).kept == Ids{"03", "02", "00"});
    // 30 December 2024 is of week 1 of 2025: the same number as 1 January 2024's, and another week.
    const auto two = at({"2024-01-01", "2024-12-30"});
    CHECK(decide(two, rule(&KeepRules::weekly, 2)).kept == Ids{"01", "00"});
}

TEST_CASE("of equal times the later start is newer, then the greater id", "[retention]") {
    auto list = at({"2026-01-01", "2026-01-01", "2026-01-01"});
    list[0].started_s += 5;
    CHECK(decide(list, rule(&KeepRules::last, 1)).kept == Ids{"00"});
    CHECK(decide(list, rule(&KeepRules::last, 2)).kept == Ids{"00", "02"});
    CHECK(decide(list, rule(&KeepRules::daily, 5)).kept == Ids{"00"});
}

TEST_CASE("the zone says what a day is", "[retention]") {
    const auto list = at({"2026-06-30T21:30", "2026-06-30T22:30", "2026-07-01T10:00"});
    CHECK(decide(list, rule(&KeepRules::daily, 9)).kept == Ids{"02", "01"});
    CHECK(decide(list, rule(&KeepRules::daily, 9), TimeZone::named("Europe/Berlin")).kept == Ids{"02", "00"});
}

TEST_CASE("an hour that the clock shows twice is two hours, a day that comes in two pieces is one", "[retention]") {
    const auto twice = at({"2026-10-25T00:30", "2026-10-25T01:30"});
    CHECK(decide(twice, rule(&KeepRules::hourly, 9), TimeZone::named("Europe/Berlin")).kept == Ids{"01", "00"});
    // Newfoundland, 29 October 2006: at 00:01 (02:31 UTC) clocks went back to 23:01 of the day before.
    const auto pieces = at({"2006-10-29T02:00", "2006-10-29T02:30:30", "2006-10-29T03:00", "2006-10-29T04:00"});
    CHECK(decide(pieces, rule(&KeepRules::daily, 9), TimeZone::named("America/St_Johns")).kept == Ids{"03", "02"});
}

TEST_CASE("within counts from the newest of the series, and exactly that age is out", "[retention]") {
    KeepRules rules;
    rules.within = CivilDuration{0, 0, 2, 0};
    const auto list = at({"2026-01-01T11:00", "2026-01-01T12:00", "2026-01-01T12:00:01", "2026-01-03T12:00"});
    const auto run = decide(list, rules);
    CHECK(run.kept == Ids{"03", "02"});
    CHECK(run.keeps.contains("02: within 2d"));
}

TEST_CASE("tags keep, held ones stay, and so does one that may be held", "[retention]") {
    auto list = at({"2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04", "2026-01-05"});
    list[0].held = true;
    list[1].tags = {"a", "b"};
    list[2].may_be_held = true;
    KeepRules rules;
    rules.tags = {"b", "c"};
    CHECK(decide(list, rules).keeps == Keeps{"00: held", "01: has tag b",
                                             "02: may be held: a mark on it is damaged or was deleted",
                                             "04: newest of its series"});
}

TEST_CASE("a snapshot of a clock that was ahead stays and takes no other's place", "[retention]") {
    auto list = at({"2026-01-01", "2026-01-02", "2090-01-01"});
    KeepRules rules = rule(&KeepRules::last, 1);
    rules.within = CivilDuration{0, 0, 1, 1};
    const auto run = decide(list, rules);
    CHECK(run.kept == Ids{"02", "01", "00"});
    CHECK(run.keeps.contains("01: newest of its series"));
    CHECK(run.keeps.contains("02: its clock was ahead of ours"));
    CHECK_FALSE(run.keeps.contains("02: last snapshot"));
    // A time to come that the user claimed for a run of today is the user's business.
    list[2].started_s = list[1].started_s;
    CHECK(decide(list, rules).kept == Ids{"02"});
}

TEST_CASE("a snapshot that may be forgotten stays and takes no other's place", "[retention]") {
    auto list = at({"2026-01-01", "2026-01-02", "2026-01-03"});
    list[2].tombstone_unreadable = true;
    CHECK(decide(list, rule(&KeepRules::last, 1)).keeps ==
          Keeps{"02: may be forgotten: its tombstone is damaged", "01: last snapshot", "01: newest of its series"});
}

TEST_CASE("an incomplete snapshot takes no place in a count, and as the newest it stays beside the newest complete one",
          "[retention]") {
    auto list = at({"2026-01-01", "2026-01-02", "2026-01-03T10:00", "2026-01-03T11:00"});
    list[1].incomplete = list[3].incomplete = true;
    const auto run = decide(list, rule(&KeepRules::daily, 2));
    CHECK(run.keeps == Keeps{"00: daily snapshot", "02: daily snapshot", "02: newest of its series",
                             "03: newest of its series"});
}

namespace {

// Around these times calendars do what they do seldom.
const std::vector<std::string> kEdges{
    "2020-12-27T23:59:59", "2021-01-03T23:59:59", "2023-12-31T23:00:00", "2024-02-29T12:00:00", "2024-12-29T22:00:00",
    "2026-01-01T00:00:00", "2026-12-31T12:00:00", "2027-01-03T12:00:00", "2026-03-29T00:30:00", "2026-10-25T00:15:00",
    "2026-03-08T06:30:00", "2026-11-01T05:15:00", "2026-04-04T14:40:00", "2026-10-03T15:10:00", "2011-12-30T09:00:00",
    "2006-10-29T02:15:00", "2018-02-18T01:30:00", "2018-11-04T02:30:00", "1969-12-31T23:00:00", "2025-03-02T01:30:00",
};
const char* const kZones[] = {"UTC",          "Europe/Berlin",     "America/New_York", "Australia/Lord_Howe",
                              "Pacific/Apia", "America/Sao_Paulo", "America/St_Johns", "Africa/Casablanca",
                              "Asia/Kathmandu"};
const std::vector<std::int64_t> kSteps{0,      0,      1,      20,      1'800,     3'600,     5'400,
                               21'600, 86'400, 90'000, 604'800, 2'592'000, 31'536'000};

rc::Gen<std::vector<ModelSnapshot>> run_lists() {
    return rc::gen::exec([] {
        const auto count = *rc::gen::inRange<std::size_t>(0, 40);
        std::int64_t time = 0;
        std::vector<ModelSnapshot> list;
        for (std::size_t i = 0; i < count; ++i) {
            if (i == 0 || *rc::gen::weightedElement<bool>({{1, true}, {6, false}}))
                time = parse_civil_time(*rc::gen::elementOf(kEdges), RoundTo::Start).seconds;
            else
                time += *rc::gen::elementOf(kSteps) * *rc::gen::element(1, 1, 1, 3, -1);
            const auto number = static_cast<std::uint8_t>(i);
            const std::uint8_t mixed = static_cast<std::uint8_t>(number * 37);  // ids not in the order of times
            const std::string series = *rc::gen::element<std::string>("s", "s", "t");
            ModelSnapshot one{to_hex(ByteView(&mixed, 1)), series, time, time, {}};
            if (*rc::gen::inRange(0, 4) == 0) one.started_s += *rc::gen::inRange(0, 3);
            if (*rc::gen::inRange(0, 12) == 0) one.started_s = kNow.seconds + 86'400 + *rc::gen::inRange(0, 2);
            if (*rc::gen::inRange(0, 5) == 0) one.tags = *rc::gen::element(Ids{"a"}, Ids{"a", "b"}, Ids{"c"});
            one.held = *rc::gen::inRange(0, 12) == 0;
            one.incomplete = *rc::gen::inRange(0, 8) == 0;
            one.may_be_held = *rc::gen::inRange(0, 20) == 0;
            one.tombstone_unreadable = *rc::gen::inRange(0, 20) == 0;
            list.push_back(one);
        }
        return list;
    });
}

rc::Gen<ModelRules> rule_sets() {
    return rc::gen::exec([] {
        const auto count = [] { return *rc::gen::element<std::uint64_t>(0, 0, 0, 1, 1, 2, 3, 7, kKeepAll); };
        ModelRules rules{count(), count(), count(), count(), count(), count(), {}, {}};
        if (*rc::gen::inRange(0, 2) == 0)
            rules.within = ModelSpan{*rc::gen::element(0, 0, 0, 1, 2), *rc::gen::element(0, 0, 1, 5, 13),
                                     *rc::gen::element(0, 1, 7, 30), *rc::gen::element(0, 0, 1, 25)};
        if (*rc::gen::inRange(0, 3) == 0) rules.tags = *rc::gen::element(Ids{"a"}, Ids{"b", "c"}, Ids{"d"});
        return rules;
    });
}

KeepRules rules_of(const ModelRules& model) {
    KeepRules rules{model.last, model.hourly, model.daily, model.weekly, model.monthly, model.yearly, {}, model.tags};
    if (model.within)
        rules.within = CivilDuration{
            static_cast<std::uint32_t>(model.within->years), static_cast<std::uint32_t>(model.within->months),
            static_cast<std::uint32_t>(model.within->days), static_cast<std::uint32_t>(model.within->hours)};
    return rules;
}

}  // namespace

TEST_CASE("every reason for every snapshot is the model's, on random lists, rules and zones", "[retention]") {
    for (const char* name : kZones) {
        const TimeZone zone = TimeZone::named(name);
        INFO(name);
        REQUIRE(rc::check([&] {
            const auto list = *run_lists();
            const auto rules = *rule_sets();
            const Run run = decide(list, rules_of(rules), zone);
            RC_ASSERT(run.keeps == model_keeps(list, rules, name, kNow.seconds));
            RC_ASSERT(run.decided == list.size());
        }));
    }
}

TEST_CASE("the order of the list changes nothing, and what is kept is kept again", "[retention]") {
    REQUIRE(rc::check([] {
        auto list = *run_lists();
        const auto rules = rules_of(*rule_sets());
        const Run run = decide(list, rules);
        std::reverse(list.begin(), list.end());
        RC_ASSERT(decide(list, rules).keeps == run.keeps);
        std::erase_if(list, [&](const ModelSnapshot& one) {
            return std::count(run.kept.begin(), run.kept.end(), one.id) == 0;
        });
        RC_ASSERT(decide(list, rules).kept == run.kept);
    }));
}
