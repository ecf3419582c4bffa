// A forgotten snapshot comes back: whole, under a new id, and independent of packs that are to be deleted.
#include <catch2/catch.hpp>

#include <sys/xattr.h>

#include <algorithm>
#include <filesystem>
#include <functional>

#include "store/backend/object_names.h"
#include "store/clock.h"
#include "store/format/control_records.h"
#include "store/process_identity.h"
#include "store/tagging.h"
#include "store/tombstones.h"
#include "store/undelete.h"
#include "tests/support/failures.h"
#include "tests/support/faulty_backend.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_repository.h"

using namespace vault;

namespace {

const std::function<bool()> kNever = [] { return false; };

struct Store {
    TestRepository test;
    TemporaryFolder files;
    std::unique_ptr<Repository> repository = test.open();

    Store() {
        std::filesystem::create_directory(files.path() + "/d");
        for (int i = 0; i < 20; ++i)
            write_new(files.path() + "/d/small" + std::to_string(i), noise(static_cast<std::uint64_t>(i), 3'000));
        // Long enough for a tree of extents.
        write_new(files.path() + "/large", noise(99, 6'000'000));
        write_new(files.path() + "/empty", "");
        // Too long to stand in the entry: a chunk of its own.
        const std::string value = noise(5, 2'000);
        REQUIRE(::setxattr((files.path() + "/empty").c_str(), "user.long", value.data(), value.size(), 0) == 0);
    }
    SessionId take() { return take_snapshot(*repository, files.path()).record.sid; }
    Snapshot forget(const SessionId& sid) {
        put_tombstone(*repository, sid);
        return resolve_forgotten(list_snapshots(*repository, {}, Forgotten::Read), sid.hex());
    }
    std::vector<std::string> names(const std::string& prefix) {
        std::vector<std::string> found;
        for (const ObjectInfo& info : test.backend().list(prefix)) found.push_back(info.name);
        return found;
    }
    // As a prune that has chosen these packs, and not decided yet.
    void condemn(const std::vector<std::string>& packs) {
        CondemnedRecord record;
        fill_random(record.number.bytes);
        record.by = this_process();
        record.time = now();
        for (const std::string& name : packs)
            record.packs.push_back(PackId::from_hex(name.substr(name.rfind('/') + 1)));
        std::sort(record.packs.begin(), record.packs.end());
        test.put(ObjectKind::Condemned, "condemned/" + record.number.hex(), record);
    }
    std::vector<std::string> differences_of(const CommitRecord& record) {
        return differences(read_back(*test.open("reader"), record), "/t", files.path());
    }
};

}  // namespace

TEST_CASE("a forgotten snapshot comes back under a new id with its times, series and tags", "[undelete]") {
    Store store;
    const SessionId sid = store.take();
    const Snapshot live = resolve(list_snapshots(*store.repository), sid.hex());
    put_tags(*store.repository, live, {"later"});
    const Snapshot forgotten = store.forget(sid);
    const UndeleteReport report = undelete_snapshot(*store.repository, forgotten, kNever);
    CHECK(report.chunks_copied == 0);
    const SnapshotListing listing = list_snapshots(*store.repository, {}, Forgotten::Read);
    REQUIRE(listing.live.size() == 1);
    REQUIRE(listing.forgotten.size() == 1);
    const CommitRecord& back = listing.live[0].record;
    CHECK(listing.live[0].sid != sid);
    CHECK(back.original == sid);
    CHECK(back.root == live.record.root);
    CHECK(back.time == live.record.time);
    CHECK(back.started == live.record.started);
    CHECK(back.series == live.record.series);
    CHECK(listing.live[0].tags == std::vector<std::string>{"later"});
    CHECK(back.writer == live.record.writer);
    CHECK(back.sequence == live.record.sequence + 1);
    CHECK(back.previous == live.hash);
    CHECK(store.names("sessions/").empty());
    CHECK(store.differences_of(back).empty());
}

TEST_CASE("what only condemned packs hold is copied, and outlives them", "[undelete]") {
    Store store;
    const SessionId sid = store.take();
    const std::vector<std::string> packs = store.names("packs/");
    const Snapshot forgotten = store.forget(sid);
    store.condemn(packs);
    const UndeleteReport report = undelete_snapshot(*store.repository, forgotten, kNever);
    CHECK(report.chunks_copied > 20);
    CHECK(report.bytes_copied > 6'000'000);
    for (const std::string& name : packs) store.test.backend().remove(name);
    store.test.backend().remove("snapshots/" + sid.hex());
    CHECK(store.differences_of(report.record).empty());
    // And it is a parent like any other.
    const SnapshotReport next = take_snapshot(*store.test.open("next"), store.files.path());
    CHECK(next.record.parent == report.record.sid);
    CHECK(next.record.root == report.record.root);
}

TEST_CASE("only what the view lacks is copied", "[undelete]") {
    Store store;
    const SessionId sid = store.take();
    const std::vector<std::string> old_packs = store.names("packs/");
    write_new(store.files.path() + "/second", noise(7, 500'000));
    store.take();
    std::vector<std::string> new_packs = store.names("packs/");
    std::erase_if(new_packs, [&](const std::string& name) {
        return std::find(old_packs.begin(), old_packs.end(), name) != old_packs.end();
    });
    const Snapshot forgotten = store.forget(sid);
    store.condemn(new_packs);  // the old snapshot needs none of them
    CHECK(undelete_snapshot(*store.repository, forgotten, kNever).chunks_copied == 0);
}

TEST_CASE("chunks that damage records name lost are copied where they can be read all the same", "[undelete]") {
    Store store;
    const SessionId sid = store.take();
    const Snapshot forgotten = store.forget(sid);
    for (const std::string& name : store.names("packs/")) {
        DamageRecord damage;
        damage.pack = PackId::from_hex(name.substr(name.rfind('/') + 1));
        fill_random(damage.random.bytes);
        damage.boxes = {0};
        damage.sequence = 1;
        store.test.put(ObjectKind::Damage, "damaged/" + damage.pack.hex() + "-" + damage.random.hex(), damage);
    }
    const UndeleteReport report = undelete_snapshot(*store.repository, forgotten, kNever);
    CHECK(report.chunks_copied > 0);
    CHECK(store.differences_of(report.record).empty());
}

TEST_CASE("what is gone does not come back: the run says so and leaves a fence, no snapshot", "[undelete]") {
    for (const bool tree : {false, true}) {
        Store store;
        const SessionId sid = store.take();
        const Snapshot forgotten = store.forget(sid);
        const View view = store.repository->reader_view();
        for (const PackNumber number : view.chunks->view().numbers()) {
            const auto pack = view.index->pack(number);
            if ((pack->content == ChunkKind::Tree) == tree) store.test.backend().remove(pack_name(pack->id));
        }
        const Error error = failure_of([&] { undelete_snapshot(*store.repository, forgotten, kNever); });
        CHECK(error.kind() == ErrorKind::NotFound);
        CHECK(std::string(error.what()).find("cannot be brought back") != std::string::npos);
        CHECK(list_snapshots(*store.repository).live.empty());
        CHECK(store.names("sessions/").empty());
        CHECK(store.names("snapshots/").size() == 2);
    }
}

TEST_CASE("a snapshot whose commit went while it was listed does not come back: its tags may have gone unread",
          "[undelete]") {
    Store store;
    const Snapshot forgotten = store.forget(store.take());
    store.test.backend().remove("snapshots/" + forgotten.sid.hex());  // by a prune, which removes the marks next
    CHECK(kind_of([&] { undelete_snapshot(*store.repository, forgotten, kNever); }) == ErrorKind::NotFound);
    CHECK(list_snapshots(*store.repository).live.empty());
    CHECK(store.names("sessions/").empty());
}

TEST_CASE("what is back already does not come back twice, and can be forgotten and brought back again", "[undelete]") {
    Store store;
    const Snapshot first = store.forget(store.take());
    const SessionId second = undelete_snapshot(*store.repository, first, kNever).record.sid;
    CHECK(kind_of([&] { undelete_snapshot(*store.repository, first, kNever); }) == ErrorKind::Exists);
    const Snapshot again = store.forget(second);
    const UndeleteReport third = undelete_snapshot(*store.repository, again, kNever);
    CHECK(third.record.original == second);
    CHECK(store.differences_of(third.record).empty());
}

TEST_CASE("a forgotten snapshot is found by its id alone, and a live one is not forgotten", "[undelete]") {
    Store store;
    const SessionId sid = store.take();
    const auto find = [&](const std::string& text) {
        resolve_forgotten(list_snapshots(*store.repository, {}, Forgotten::Read), text);
    };
    const Error live = failure_of([&] { find(sid.hex()); });
    CHECK(live.kind() == ErrorKind::NotFound);
    CHECK(std::string(live.what()).find("is not forgotten") != std::string::npos);
    store.forget(sid);
    CHECK_NOTHROW(find(sid.hex().substr(0, 6)));
    CHECK(kind_of([&] { find("latest"); }) == ErrorKind::Usage);
    CHECK(kind_of([&] { find(sid.hex().substr(0, 3)); }) == ErrorKind::Usage);
}

TEST_CASE("an undelete that is interrupted or fails at any call leaves no snapshot, and repeated it works",
          "[undelete]") {
    Store store;
    const Snapshot forgotten = store.forget(store.take());
    store.condemn(store.names("packs/"));
    CHECK(kind_of([&] { undelete_snapshot(*store.repository, forgotten, [] { return true; }); }) ==
          ErrorKind::Interrupted);
    std::uint64_t failures = 0;
    for (std::uint64_t nth = 1;; ++nth) {
        FaultyBackend faulty(store.test.backend());
        const auto repository = store.test.open(borrowed(faulty), "faulty");
        faulty.inject({.nth = nth, .persistent = true, .kind = ErrorKind::Io});
        try {
            undelete_snapshot(*repository, forgotten, kNever);
            break;  // what failed came after the commit
        } catch (const Error& error) {
            ++failures;
            const bool may_exist = std::string(error.what()).find("may exist") != std::string::npos;
            if (!may_exist) REQUIRE(list_snapshots(*store.repository).live.empty());
            if (may_exist && !list_snapshots(*store.repository).live.empty()) break;
        }
        REQUIRE(nth < 1'000);
        // This process lives on, and with it the sessions that could not be ended; each would be read by the next run.
        for (const std::string& name : store.names("sessions/")) store.test.backend().remove(name);
    }
    CHECK(failures > 10);
    const SnapshotListing listing = list_snapshots(*store.repository);
    REQUIRE(listing.live.size() == 1);
    CHECK(store.differences_of(listing.live[0].record).empty());
}
