// Listing snapshots, and what SNAP means.
#include <catch2/catch.hpp>

#include "store/civil_time.h"
#include "store/format/control_records.h"
#include "store/snapshots.h"
#include "tests/support/test_repository.h"

using namespace vault;

namespace {

struct Made {
    std::string series = "s", host = "host";
    std::vector<std::string> tags = {};
    bool incomplete = false;
};

struct Store {
    TestRepository test;

    void commit(const std::string& id, const std::string& time, const Made& made = {}) {
        CommitRecord record;
        record.sid = sid_of(id);
        record.time = record.started = record.ended = parse_civil_time(time, RoundTo::Start);
        record.host = made.host;
        record.series = made.series;
        record.tags = made.tags;
        record.incomplete = made.incomplete;
        record.source_roots = {"/x"};
        test.put(ObjectKind::Commit, "snapshots/" + record.sid.hex(), record);
    }
    void forget(const std::string& id) {
        TombstoneRecord tombstone;
        tombstone.sid = sid_of(id);
        test.put(ObjectKind::Tombstone, "tombstones/" + tombstone.sid.hex(), tombstone);
    }
    void mark(const std::string& id, MarkAction action, MarkSubject subject, const std::string& text,
              std::uint64_t sequence, std::uint8_t random = 1) {
        MarkRecord mark;
        mark.sid = sid_of(id);
        mark.random.bytes = {random, static_cast<std::uint8_t>(sequence), ++marks_};
        mark.action = action;
        mark.subject = subject;
        mark.text = text;
        mark.sequence = sequence;
        test.put(ObjectKind::Mark, "marks/" + mark.sid.hex() + "-" + mark.random.hex(), mark);
    }
    SnapshotListing list() { return list_snapshots(*test.open()); }
    std::string resolved(const std::string& reference, const SnapshotFilter& filter = {}) {
        const SnapshotListing listing = list();
        std::string hex = resolve(listing, reference, filter).sid.hex();
        hex.erase(hex.find_last_not_of('0') + 1);
        return hex;
    }
    ErrorKind refusal(const std::string& reference, const SnapshotFilter& filter = {}) {
        try {
            resolved(reference, filter);
        } catch (const Error& error) {
            message = error.what();
            return error.kind();
        }
        return ErrorKind::Exists;
    }
    std::string message;

  private:
    std::uint8_t marks_ = 0;
};

std::vector<std::string> ids(const SnapshotListing& listing) {
    std::vector<std::string> found;
    for (const Snapshot& snapshot : listing.live) {
        found.push_back(snapshot.sid.hex());
        found.back().erase(found.back().find_last_not_of('0') + 1);
    }
    return found;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("snapshots are listed by time, then start, then id; forgotten ones and fences are not", "[snapshots]") {
    Store store;
    store.commit("cccc", "2026-01-01");
    store.commit("aaaa", "2026-01-03");
    store.commit("bbbb", "2026-01-02");
    store.commit("9999", "2026-01-02");
    store.commit("dddd", "2026-01-04");
    store.forget("dddd");
    FenceRecord fence;
    fence.sid = sid_of("eeee");
    store.test.put(ObjectKind::Fence, "snapshots/" + fence.sid.hex(), fence);
    const SnapshotListing listing = store.list();
    CHECK(ids(listing) == Names{"cccc", "9999", "bbbb", "aaaa"});
    CHECK(listing.damaged.empty());
}

TEST_CASE("what a bundle names is forgotten, and a damaged bundle is told without taking the rest away",
          "[snapshots]") {
    Store store;
    store.commit("aaaa", "2026-01-01");
    store.commit("bbbb", "2026-01-02");
    BundleRecord bundle;
    bundle.number.bytes[0] = 7;
    bundle.items = {{sid_of("aaaa"), {}}};
    const std::string name = "tombstones/bundle-" + bundle.number.hex();
    store.test.put(ObjectKind::Bundle, name, bundle);
    CHECK(ids(store.list()) == Names{"bbbb"});
    Bytes object = store.test.backend().get(name);
    object[100] ^= 1;
    store.test.memory().overwrite(name, object);
    const SnapshotListing listing = store.list();
    CHECK(ids(listing) == Names{"aaaa", "bbbb"});
    REQUIRE(listing.damaged.size() == 1);
    CHECK(listing.damaged[0].find(name) != std::string::npos);
}

TEST_CASE("a damaged snapshot object is told, and the others are listed", "[snapshots]") {
    for (const std::size_t at : {3u, 20u, 300u}) {  // magic, generation, ciphertext
        Store store;
        store.commit("aaaa", "2026-01-01");
        store.commit("bbbb", "2026-01-02");
        const std::string name = "snapshots/" + sid_of("aaaa").hex();
        Bytes object = store.test.backend().get(name);
        object[at == 20 ? 14 : at] ^= 1;
        store.test.memory().overwrite(name, object);
        const SnapshotListing listing = store.list();
        CHECK(ids(listing) == Names{"bbbb"});
        REQUIRE(listing.damaged.size() == 1);
        CHECK(listing.damaged[0].find(name) != std::string::npos);
        // It may be the newest, and the one that was meant: nothing is guessed.
        CHECK(store.refusal("latest") == ErrorKind::Corrupt);
        CHECK(store.refusal("s@2026-02-01") == ErrorKind::Corrupt);
        CHECK(store.refusal("aaaa") == ErrorKind::Corrupt);
        CHECK(store.resolved("bbbb") == "bbbb");
    }
    Store store;
    store.commit("aaaa", "2026-01-01");
    store.commit("bbbb", "2026-01-02");
    // Each under the other's name, whole as they are.
    const std::string a = "snapshots/" + sid_of("aaaa").hex(), b = "snapshots/" + sid_of("bbbb").hex();
    const Bytes of_a = store.test.backend().get(a), of_b = store.test.backend().get(b);
    store.test.memory().overwrite(a, of_b);
    store.test.memory().overwrite(b, ByteView(of_a).first(0));
    CHECK(store.list().live.empty());
    CHECK(store.list().damaged.size() == 2);
}

TEST_CASE("marks change tags and holds; of several on one subject the last in order counts", "[snapshots]") {
    Store store;
    store.commit("aaaa", "2026-01-01", {.tags = {"made", "old"}});
    store.commit("bbbb", "2026-01-02");
    store.mark("aaaa", MarkAction::Add, MarkSubject::Tag, "new", 1);
    store.mark("aaaa", MarkAction::Remove, MarkSubject::Tag, "old", 1);
    store.mark("aaaa", MarkAction::Remove, MarkSubject::Tag, "made", 2, 9);  // listed last, earlier in order
    store.mark("aaaa", MarkAction::Add, MarkSubject::Tag, "made", 3);
    store.mark("aaaa", MarkAction::Remove, MarkSubject::Tag, "new", 0, 9);
    store.mark("aaaa", MarkAction::Add, MarkSubject::Comment, "a word", 1);
    store.mark("aaaa", MarkAction::Add, MarkSubject::Hold, "", 1);
    store.mark("bbbb", MarkAction::Add, MarkSubject::Hold, "", 4);
    store.mark("bbbb", MarkAction::Remove, MarkSubject::Hold, "", 5);
    // Two writers at once chose one number: the greater random number counts.
    store.mark("bbbb", MarkAction::Add, MarkSubject::Tag, "tie", 6, 2);
    store.mark("bbbb", MarkAction::Remove, MarkSubject::Tag, "tie", 6, 9);
    store.mark("cccc", MarkAction::Add, MarkSubject::Tag, "of nobody", 1);
    const SnapshotListing listing = store.list();
    REQUIRE(listing.live.size() == 2);
    CHECK(listing.live[0].tags == Names{"made", "new"});
    CHECK(listing.live[0].held);
    CHECK(listing.live[1].tags.empty());
    CHECK_FALSE(listing.live[1].held);
}

TEST_CASE("latest is the newest, latest~N the Nth before it, and incomplete ones do not count", "[snapshots]") {
    Store store;
    CHECK(store.refusal("latest") == ErrorKind::NotFound);
    store.commit("aaaa", "2026-01-01");
    store.commit("bbbb", "2026-01-02", {.series = "other"});
    store.commit("cccc", "2026-01-03", {.tags = {"x"}});
    store.commit("dddd", "2026-01-04", {.incomplete = true});
    CHECK(store.resolved("latest") == "cccc");
    CHECK(store.resolved("latest~0") == "cccc");
    CHECK(store.resolved("latest~2") == "aaaa");
    CHECK(store.refusal("latest~3") == ErrorKind::NotFound);
    CHECK(store.refusal("latest~") == ErrorKind::Usage);
    CHECK(store.refusal("latest~x") == ErrorKind::Usage);
    CHECK(store.refusal("latest~-1") == ErrorKind::Usage);
    CHECK(store.resolved("latest~1", {.series = {"s"}, .hosts = {}, .tags = {}}) == "aaaa");
    CHECK(store.resolved("latest", {.series = {"other", "none"}, .hosts = {}, .tags = {}}) == "bbbb");
    CHECK(store.resolved("latest", {.series = {}, .hosts = {}, .tags = {"x", "y"}}) == "cccc");
    CHECK(store.refusal("latest", {.series = {}, .hosts = {"elsewhere"}, .tags = {}}) == ErrorKind::NotFound);
    CHECK(store.resolved("dddd") == "dddd");  // named, it counts
}

TEST_CASE("a prefix of at least four digits names a snapshot if it is the only one", "[snapshots]") {
    Store store;
    store.commit("abcd1", "2026-01-01");
    store.commit("abcd2", "2026-01-02");
    CHECK(store.resolved("abcd1") == "abcd1");
    CHECK(store.resolved(sid_of("abcd2").hex()) == "abcd2");
    CHECK(store.refusal("abcd") == ErrorKind::NotFound);
    CHECK(store.message.find("abcd10000000") != std::string::npos);
    CHECK(store.message.find("abcd20000000") != std::string::npos);
    CHECK(store.refusal("beef") == ErrorKind::NotFound);
    for (const char* text : {"", "abc", "ABCD1", "xyz1", "abcd1/", " abcd1"})
        CHECK(store.refusal(text) == ErrorKind::Usage);
    CHECK(store.refusal(std::string(33, 'a')) == ErrorKind::Usage);
    store.forget("abcd2");
    CHECK(store.resolved("abcd") == "abcd1");
}

TEST_CASE("SERIES@TIME is the newest of the series at or before the time", "[snapshots]") {
    Store store;
    const std::string series = "web:/srv,/home@x/y:/z";
    store.commit("aaaa", "2026-01-01T10:00:00.5", {.series = series});
    store.commit("bbbb", "2026-01-01T12:00", {.series = series});
    store.commit("cccc", "2026-01-01T11:00");
    store.commit("dddd", "2026-01-01T13:00", {.series = series, .incomplete = true});
    CHECK(store.resolved(series + "@2026-01-01") == "bbbb");
    CHECK(store.resolved(series + "@2026-01-01T11:59Z") == "aaaa");
    CHECK(store.resolved(series + "@2026-01-01T12:00:00Z") == "bbbb");
    CHECK(store.resolved(series + "@2026-01-01T10:00:00") == "aaaa");
    CHECK(store.refusal(series + "@2026-01-01T09:59") == ErrorKind::NotFound);
    CHECK(store.refusal("none@2026-01-01") == ErrorKind::NotFound);
    CHECK(store.refusal(series + "@yesterday") == ErrorKind::Usage);
    CHECK(store.resolved("s@2030-01-01") == "cccc");
}

TEST_CASE("a reference is split into snapshot and path", "[snapshots]") {
    const auto split = [](const std::string& text) {
        const SnapshotReference reference = parse_reference(text);
        return std::pair(reference.snapshot, reference.path);
    };
    using Two = std::pair<std::string, std::string>;
    CHECK(split("latest") == Two{"latest", "/"});
    CHECK(split("latest~2:/etc") == Two{"latest~2", "/etc"});
    CHECK(split("abcd1234:/") == Two{"abcd1234", "/"});
    CHECK(split("abcd1234:/a:/b") == Two{"abcd1234", "/a:/b"});
    // A path with '@' in it is no time.
    CHECK(split("latest:/home/ann@example.org/x") == Two{"latest", "/home/ann@example.org/x"});
    CHECK(split("latest:/snap@2026-01-01") == Two{"latest", "/snap@2026-01-01"});
    CHECK(split("abcd1234:/mail/a@b") == Two{"abcd1234", "/mail/a@b"});
    CHECK(split(std::string(32, 'a') + ":/x@2026-01-01") == Two{std::string(32, 'a'), "/x@2026-01-01"});
    CHECK(split("db@2026-01-01:/x") == Two{"db@2026-01-01", "/x"});
    CHECK(split("db@2026-01-01T12:30:/x/y") == Two{"db@2026-01-01T12:30", "/x/y"});
    CHECK(split("host:/srv,/etc@2026-01-01") == Two{"host:/srv,/etc@2026-01-01", "/"});
    CHECK(split("host:/srv@2026-01-01T12:30:00Z:/srv/a@b") == Two{"host:/srv@2026-01-01T12:30:00Z", "/srv/a@b"});
    CHECK(split("ann@host:/home@2026-01-01:/home") == Two{"ann@host:/home@2026-01-01", "/home"});
    CHECK(split("host:/srv@tomorrow") == Two{"host:/srv@tomorrow", "/"});
}
