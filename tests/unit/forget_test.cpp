// Plans of what to forget, tombstones, marks: what a client puts, and what every reader makes of it.
#include <catch2/catch.hpp>

#include <functional>

#include "store/civil_time.h"
#include "store/clock.h"
#include "store/forget.h"
#include "store/marks.h"
#include "store/tagging.h"
#include "store/tombstones.h"
#include "tests/support/failures.h"
#include "tests/support/faulty_backend.h"
#include "tests/support/test_repository.h"

using namespace vault;

namespace {

struct Store {
    TestRepository test;
    FaultyBackend faulty{test.backend()};
    std::unique_ptr<Repository> repository = test.open(borrowed(faulty));

    void commit(const std::string& id, const std::string& time, const std::string& series = "s",
                std::vector<std::string> tags = {}) {
        CommitRecord record;
        record.sid = sid_of(id);
        record.time = record.started = record.ended = parse_civil_time(time, RoundTo::Start);
        record.host = "host";
        record.series = series;
        record.tags = std::move(tags);
        record.source_roots = {"/x"};
        test.put(ObjectKind::Commit, "snapshots/" + record.sid.hex(), record);
    }
    SnapshotListing list(Forgotten forgotten = Forgotten::Skip) {
        return list_snapshots(*repository, {}, forgotten);
    }
    Snapshot find(const std::string& id) { return resolve(list(), sid_of(id).hex()); }
    std::vector<std::string> names(const std::string& prefix) {
        std::vector<std::string> found;
        for (const ObjectInfo& info : test.backend().list(prefix)) found.push_back(info.name);
        return found;
    }
    void damage(const std::string& name) {
        Bytes object = test.backend().get(name);
        object[100] ^= 1;
        test.memory().overwrite(name, object);
    }
};

std::string hex_start(const SessionId& sid) {
    std::string hex = sid.hex();
    hex.erase(hex.find_last_not_of('0') + 1);
    return hex;
}

std::vector<std::string> ids(const std::vector<const Snapshot*>& snapshots) {
    std::vector<std::string> found;
    for (const Snapshot* snapshot : snapshots) found.push_back(hex_start(snapshot->sid));
    return found;
}

std::vector<std::string> ids(const std::vector<Snapshot>& snapshots) {
    std::vector<std::string> found;
    for (const Snapshot& snapshot : snapshots) found.push_back(hex_start(snapshot.sid));
    return found;
}

KeepRules keep_last(std::uint64_t count) {
    KeepRules rules;
    rules.last = count;
    return rules;
}

using Names = std::vector<std::string>;

ForgetPlan by_name(const SnapshotListing& listing, const Names& names) {
    return plan_forget(listing, names, {});
}

}  // namespace

TEST_CASE("a plan by rules considers what the filter takes, and forgetting leaves the rest", "[forget]") {
    Store store;
    store.commit("aaaa", "2026-01-01");
    store.commit("bbbb", "2026-01-02");
    store.commit("cccc", "2026-01-03", "t");
    store.commit("dddd", "2026-01-04", "t");
    const SnapshotListing listing = store.list();
    const ForgetPlan plan = plan_forget(listing, {{"t"}, {}, {}}, keep_last(1), {}, now());
    CHECK(ids(plan.remove()) == Names{"cccc"});
    CHECK(plan.considered() == 2);
    carry_out(*store.repository, plan);
    CHECK(ids(store.list().live) == Names{"aaaa", "bbbb", "dddd"});
    CHECK(store.names("tombstones/") == Names{"tombstones/" + sid_of("cccc").hex()});
    CHECK(store.names("snapshots/").size() == 4);
    CHECK(ids(store.list(Forgotten::Read).forgotten) == Names{"cccc"});
    const auto tombstone =
        store.repository->read_record("tombstones/" + sid_of("cccc").hex(), decode_tombstone);
    CHECK(tombstone.sid == sid_of("cccc"));
    CHECK_FALSE(tombstone.by.host.empty());
}

TEST_CASE("rules that keep nothing and filters that take nothing are refused, an empty repository is fine",
          "[forget]") {
    Store store;
    CHECK(plan_forget(store.list(), SnapshotFilter{}, keep_last(1), {}, now()).considered() == 0);
    store.commit("aaaa", "2026-01-01");
    const SnapshotListing listing = store.list();
    CHECK(kind_of([&] { plan_forget(listing, SnapshotFilter{}, KeepRules{}, {}, now()); }) == ErrorKind::Usage);
    CHECK(kind_of([&] { plan_forget(listing, {{"nobody"}, {}, {}}, keep_last(1), {}, now()); }) ==
          ErrorKind::NotFound);
}

TEST_CASE("the last snapshots of a repository do not go unasked", "[forget]") {
    Store store;
    store.commit("aaaa", "2026-01-01");
    store.commit("bbbb", "2026-01-02", "t");
    const SnapshotListing listing = store.list();
    const ForgetPlan one = by_name(listing, {"aaaa", "aaaa"});
    CHECK(ids(one.remove()) == Names{"aaaa"});
    require_some_left(listing, one);
    const ForgetPlan both = by_name(listing, {"bbbb", "aaaa"});
    CHECK(kind_of([&] { require_some_left(listing, both); }) == ErrorKind::Usage);
}

TEST_CASE("a held snapshot stays: by rules, by name, and until it is released", "[forget]") {
    Store store;
    store.commit("aaaa", "2026-01-01");
    store.commit("bbbb", "2026-01-02");
    CHECK(put_hold(*store.repository, store.find("aaaa"), true));
    CHECK_FALSE(put_hold(*store.repository, store.find("aaaa"), true));
    CHECK(store.find("aaaa").held);
    SnapshotListing listing = store.list();
    CHECK(plan_forget(listing, SnapshotFilter{}, keep_last(1), {}, now()).remove().empty());
    CHECK(kind_of([&] { by_name(listing, {"aaaa"}); }) == ErrorKind::Usage);
    CHECK(put_hold(*store.repository, store.find("aaaa"), false));
    CHECK(put_hold(*store.repository, store.find("aaaa"), true));
    CHECK(put_hold(*store.repository, store.find("aaaa"), false));
    listing = store.list();
    CHECK(ids(plan_forget(listing, SnapshotFilter{}, keep_last(1), {}, now()).remove()) == Names{"aaaa"});
    CHECK(store.names("marks/").size() == 4);
}

TEST_CASE("a damaged mark keeps its snapshot until a younger one says what it is", "[forget]") {
    Store store;
    store.commit("aaaa", "2026-01-01");
    store.commit("bbbb", "2026-01-02");
    put_hold(*store.repository, store.find("aaaa"), true);
    store.damage(store.names("marks/").at(0));
    SnapshotListing listing = store.list();
    CHECK(listing.damaged.size() == 1);
    CHECK_FALSE(listing.live[0].held);
    CHECK(listing.live[0].may_be_held);
    CHECK_FALSE(listing.live[1].may_be_held);
    CHECK(plan_forget(listing, SnapshotFilter{}, keep_last(1), {}, now()).remove().empty());
    CHECK(kind_of([&] { by_name(listing, {"aaaa"}); }) == ErrorKind::Corrupt);
    CHECK(put_hold(*store.repository, store.find("aaaa"), false));
    listing = store.list();
    CHECK(ids(by_name(listing, {"aaaa"}).remove()) == Names{"aaaa"});
}

TEST_CASE("a hold whose own mark is damaged is not undone by a release before it", "[forget]") {
    Store store;
    store.commit("aaaa", "2026-01-01");
    put_hold(*store.repository, store.find("aaaa"), true);
    put_hold(*store.repository, store.find("aaaa"), false);
    const Names before = store.names("marks/");
    put_hold(*store.repository, store.find("aaaa"), true);
    for (const std::string& name : store.names("marks/"))
        if (std::find(before.begin(), before.end(), name) == before.end()) store.damage(name);
    CHECK(store.find("aaaa").may_be_held);
}

TEST_CASE("tags are added, removed and set by marks, each later than those before", "[forget]") {
    Store store;
    store.commit("aaaa", "2026-01-01", "s", {"own"});
    const auto change = [&](const TagChange& wanted) {
        const Snapshot snapshot = store.find("aaaa");
        return put_tags(*store.repository, snapshot, changed_tags(snapshot, wanted));
    };
    CHECK(change({std::nullopt, {"a", "b"}, {"own"}}));
    CHECK(store.find("aaaa").tags == Names{"a", "b"});
    CHECK_FALSE(change({std::nullopt, {"a"}, {"own", "none"}}));
    CHECK(change({Names{"own"}, {}, {}}));
    CHECK(store.find("aaaa").tags == Names{"own"});
    CHECK(change({std::nullopt, {"a"}, {"a"}}));
    CHECK(store.find("aaaa").tags == Names{"a", "own"});
    std::uint64_t highest = 0;
    for (const std::string& name : store.names("marks/"))
        highest = std::max(highest, store.repository->read_record(name, decode_mark).sequence);
    CHECK(highest == 3);  // of a: added, removed, added
}

TEST_CASE("a tag that is no label, and one too many, are refused before anything is put", "[forget]") {
    Store store;
    store.commit("aaaa", "2026-01-01");
    const Snapshot snapshot = store.find("aaaa");
    for (const std::string& tag : Names{"", std::string(256, 'x'), "a\nb", "\xff"})
        CHECK(kind_of([&] { changed_tags(snapshot, {std::nullopt, {tag}, {}}); }) == ErrorKind::Usage);
    Names many;
    for (int i = 0; i < 1'025; ++i) many.push_back("tag" + std::to_string(i));
    CHECK(kind_of([&] { changed_tags(snapshot, {many, {}, {}}); }) == ErrorKind::Usage);
    many.pop_back();
    CHECK(changed_tags(snapshot, {many, {}, {}}).size() == 1'024);
}

TEST_CASE("a damaged bundle of tombstones stops rules, since forgotten ones would take places", "[forget]") {
    Store store;
    store.commit("aaaa", "2026-01-01");
    store.commit("bbbb", "2026-01-02");
    BundleRecord bundle;
    bundle.number.bytes[0] = 7;
    bundle.items = {{sid_of("bbbb"), {}}};
    const std::string name = "tombstones/bundle-" + bundle.number.hex();
    store.test.put(ObjectKind::Bundle, name, bundle);
    CHECK(list_tombstones(*store.repository).forgotten.contains(sid_of("bbbb")));
    store.damage(name);
    const SnapshotListing listing = store.list();
    CHECK(kind_of([&] { plan_forget(listing, SnapshotFilter{}, keep_last(1), {}, now()); }) == ErrorKind::Corrupt);
    CHECK(ids(by_name(listing, {"aaaa"}).remove()) == Names{"aaaa"});
}

TEST_CASE("a damaged tombstone neither hides its snapshot nor lets it take a place", "[forget]") {
    Store store;
    store.commit("aaaa", "2026-01-01");
    store.commit("bbbb", "2026-01-02");
    store.commit("cccc", "2026-01-03");
    put_tombstone(*store.repository, sid_of("cccc"));
    store.damage("tombstones/" + sid_of("cccc").hex());
    const SnapshotListing listing = store.list();
    CHECK(ids(listing.live) == Names{"aaaa", "bbbb", "cccc"});
    CHECK(listing.damaged.size() == 1);
    CHECK(ids(plan_forget(listing, SnapshotFilter{}, keep_last(1), {}, now()).remove()) == Names{"aaaa"});
    // A listing that knows the snapshot from before sees the damage too, and sees it go.
    const SnapshotListing again = list_snapshots(*store.repository, listing.live);
    CHECK(again.live[2].tombstone_unreadable);
    // Forgotten again, it is: by a bundle, since nothing is ever replaced.
    put_tombstone(*store.repository, sid_of("cccc"));
    CHECK(ids(store.list().live) == Names{"aaaa", "bbbb"});
    CHECK(store.list().damaged == Names{});
    for (const std::string& name : store.names("tombstones/bundle-")) store.test.backend().remove(name);
    store.test.backend().remove("tombstones/" + sid_of("cccc").hex());
    CHECK_FALSE(list_snapshots(*store.repository, again.live).live[2].tombstone_unreadable);
}

TEST_CASE("a tombstone whose reply was lost, or that another client put, is made durable and counts", "[forget]") {
    Store store;
    store.faulty.inject({.effect = Effect::ReplyLost, .call = Call::PutNew, .name_prefix = "tombstones/"});
    store.faulty.forget_calls();
    put_tombstone(*store.repository, sid_of("aaaa"));
    CHECK(store.faulty.calls(Call::Sync) == 1);
    put_tombstone(*store.repository, sid_of("aaaa"));
    CHECK(store.faulty.calls(Call::Sync) == 2);
    CHECK(store.names("tombstones/").size() == 1);
}

TEST_CASE("a forget that fails half way says how far it came, and repeated it ends", "[forget]") {
    Store store;
    for (const char* id : {"aaaa", "bbbb", "cccc", "dddd"}) store.commit(id, "2026-01-01");
    SnapshotListing listing = store.list();
    const ForgetPlan plan = plan_forget(listing, SnapshotFilter{}, keep_last(1), {}, now());
    store.faulty.inject({.call = Call::PutNew, .name_prefix = "tombstones/", .nth = 3, .kind = ErrorKind::Io});
    const Error error = failure_of([&] { carry_out(*store.repository, plan); });
    CHECK(error.kind() == ErrorKind::Io);
    CHECK(std::string(error.what()).find("forgotten: 2 of 3") != std::string::npos);
    listing = store.list();
    carry_out(*store.repository, plan_forget(listing, SnapshotFilter{}, keep_last(1), {}, now()));
    CHECK(store.list().live.size() == 1);
}

TEST_CASE("on a full disk many snapshots are forgotten by one object, and the reserve keeps the rest", "[forget]") {
    const auto test = TestRepository::local();
    FaultyBackend faulty(test->backend());
    const auto repository = test->open(borrowed(faulty));
    faulty.restore_reserve();
    const std::vector<SessionId> sids{sid_of("eeee"), sid_of("bbbb"), sid_of("dddd"), sid_of("aaaa"), sid_of("cccc")};
    faulty.inject({.call = Call::PutNew, .name_prefix = "tombstones/", .nth = 3, .kind = ErrorKind::NoSpace});
    std::size_t done = 0;
    put_tombstones(*repository, sids, done);
    CHECK(done == sids.size());
    CHECK(test->backend().list("tombstones/").size() == 3);
    CHECK(test->backend().list("tombstones/bundle-").size() == 1);
    const Tombstones found = list_tombstones(*repository);
    for (const SessionId& sid : sids) {
        CHECK(found.forgotten.contains(sid));
        CHECK(has_tombstone(*repository, sid));
    }
}

TEST_CASE("on a full disk a tombstone takes the room of the reserve, once", "[forget]") {
    const auto test = TestRepository::local();
    FaultyBackend faulty(test->backend());
    const auto repository = test->open(borrowed(faulty));
    faulty.restore_reserve();
    const Fault full{.call = Call::PutNew, .name_prefix = "tombstones/", .kind = ErrorKind::NoSpace};
    faulty.inject(full);
    put_tombstone(*repository, sid_of("aaaa"));
    CHECK(test->backend().list("tombstones/").size() == 1);
    CHECK(test->backend().list("reserve/").empty());
    // Nothing is left to give.
    faulty.inject(full);
    CHECK(kind_of([&] { put_tombstone(*repository, sid_of("bbbb")); }) == ErrorKind::NoSpace);
    faulty.restore_reserve();
    CHECK(test->backend().list("reserve/").size() == 65);
}
