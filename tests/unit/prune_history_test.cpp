// More than a year of nights: a snapshot, retention and a prune each, against the model of retention and the size of a
// fresh repository.
#include <catch2/catch.hpp>

#include <iostream>

#include "store/civil_time.h"
#include "store/clock.h"
#include "store/forget.h"
#include "store/prune.h"
#include "store/time_zone.h"
#include "tests/support/prune_store.h"
#include "tests/support/retention_model.h"

using namespace vault;

namespace {

constexpr std::int64_t kDay = 86'400;
constexpr int kDays = 400;
constexpr int kFiles = 60;

std::uint64_t stored_bytes(MemoryBackend& store) {
    std::uint64_t bytes = 0;
    for (const char* folder : {"packs/", "dirs/"})
        for (const ObjectInfo& info : store.list(folder)) bytes += info.size;
    return bytes;
}

// What the source is on a day: most files are as old as their number says, one in twenty is new.
std::string content(int file, int day) {
    const int changed = (day + file * 7) / 20;
    return noise(static_cast<std::uint64_t>(file * 10'000 + changed), 20'000 + static_cast<std::size_t>(file) * 1'000);
}

}  // namespace

TEST_CASE("400 nights of snapshot, forget and prune keep what the model keeps, in little more than it needs",
          "[prune]") {
    const PruneSource source;
    PruneStore store;
    const TimeZone utc;
    KeepRules rules;
    ModelRules model_rules;
    rules.daily = model_rules.daily = 7;
    rules.weekly = model_rules.weekly = 5;
    rules.monthly = model_rules.monthly = 12;
    rules.yearly = model_rules.yearly = 2;
    const Time first = parse_civil_time("2024-11-20T02:00:00", RoundTo::Start);  // over a year's edge and a leap year's
    std::vector<ModelSnapshot> model;
    std::uint64_t removed = 0;
    std::map<SessionId, int> day_of;
    for (int day = 0; day < kDays; ++day) {
        for (int file = 0; file < kFiles; ++file)
            if (day == 0 || content(file, day) != content(file, day - 1)) {
                if (day > 0) source.remove("f" + std::to_string(file));
                source.file("f" + std::to_string(file), content(file, day));
            }
        SnapshotOptions options = options_for(source.top);
        options.time = Time{first.seconds + day * kDay, 0};
        const SnapshotReport taken = take_snapshot(*store.repository, options);
        day_of[taken.record.sid] = day;
        ModelSnapshot& added = model.emplace_back();
        added.id = taken.record.sid.hex();
        added.series = "s";
        added.time_s = options.time->seconds;
        added.started_s = taken.record.started.seconds;

        const SnapshotListing listing = list_snapshots(*store.repository);
        const ForgetPlan plan = plan_forget(listing, {}, rules, utc, now());
        carry_out(*store.repository, plan);
        removed += plan.remove().size();
        PruneProgress progress;
        prune(*store.repository, {}, progress, [] { return false; });

        std::set<std::string> kept;
        for (const std::string& line : model_keeps(model, model_rules, "UTC", now().seconds))
            kept.insert(line.substr(0, line.find(':')));
        std::erase_if(model, [&](const ModelSnapshot& one) { return !kept.contains(one.id); });
        std::set<std::string> live;
        for (const Snapshot& one : list_snapshots(*store.repository).live) live.insert(one.sid.hex());
        REQUIRE(live == kept);
    }
    // Forgotten commits are gone as well. What else lies there are fences of prunes, which are bundled now and then.
    CHECK(store.names("snapshots/").size() < model.size() + 64);
    CHECK(model.size() >= 20);
    CHECK(removed == kDays - model.size());

    // What is live reads back as it was on its day; the same snapshots in a fresh repository are the measure of size.
    TestRepository fresh;
    const auto fresh_repository = fresh.open();
    for (const Snapshot& one : list_snapshots(*store.repository).live) {
        const ReadTree tree = read_back(*store.repository, one.record);
        const int day = day_of.at(one.sid);
        for (int file = 0; file < kFiles; ++file)
            REQUIRE(tree.at("/t/f" + std::to_string(file)).content == content(file, day));
        const PruneSource again;
        for (int file = 0; file < kFiles; ++file) again.file("f" + std::to_string(file), content(file, day));
        take_snapshot(*fresh_repository, again.top);
    }
    const std::uint64_t held = stored_bytes(store.test.memory()), needed = stored_bytes(fresh.memory());
    std::cout << kDays << " nights: " << model.size() << " snapshots, " << held << " bytes stored, " << needed
              << " in a fresh repository\n";
    CHECK(held <= needed + needed / 10);
}
