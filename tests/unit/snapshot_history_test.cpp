// What earlier snapshots and the state of the store may change of a run, and what they may not.
#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "store/backend/object_names.h"
#include "store/clock.h"
#include "store/format/control_records.h"
#include "store/format/manifest_key.h"
#include "tests/support/faulty_backend.h"
#include "tests/support/test_repository.h"

using namespace vault;
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
using Lines = std::vector<std::string>;

struct Source {
    TemporaryFolder folder;
    const std::string top = fs::canonical(folder.path()).string() + "/t";
    Source() { fs::create_directory(top); }
    std::string at(const std::string& name) const { return top + "/" + name; }
    void file(const std::string& name, const std::string& content) const { write_new(at(name), content); }
    // Enough entries for a manifest of several nodes.
    void many(int folders, int files) const {
        for (int d = 0; d < folders; ++d) {
            const std::string name = "d" + std::to_string(d);
            fs::create_directory(at(name));
            for (int f = 0; f < files; ++f)
                file(name + "/f" + std::to_string(f), noise(static_cast<std::uint64_t>(d * 1'000 + f), 300));
        }
    }
};

SnapshotOptions rescan(const Source& source) {
    SnapshotOptions options = options_for(source.top);
    options.force_rescan = true;
    return options;
}

bool reads_back(const Repository& repository, const CommitRecord& record, const Source& source) {
    return differences(read_back(repository, record), "/t", source.top) == Lines{};
}

// The pack that holds this chunk in the store, and the box in it.
std::pair<PackId, std::uint32_t> place_of(const Repository& repository, const ChunkId& id) {
    const View view = repository.reader_view();
    const auto at = view.chunks->locate(std::span(&id, 1))[0];
    if (!at) throw Error(ErrorKind::NotFound, "the chunk is not there");
    return {view.index->pack(at->at.pack)->id, at->at.box};
}

ChunkId first_chunk(const ReadTree& tree, const std::string& path) {
    return *std::get<ExtentList>(tree.at(path).entry.content).extents.at(0).chunk;
}

void put_damage(TestRepository& test, DamageRecord record) {
    static std::uint8_t number = 0;
    record.random.bytes = {++number};
    test.put(ObjectKind::Damage, "damaged/" + record.pack.hex() + "-" + record.random.hex(), record);
}

ControlId condemn(TestRepository& test, const PackId& pack) {
    CondemnedRecord record;
    fill_random(record.number.bytes);
    record.packs = {pack};
    test.put(ObjectKind::Condemned, "condemned/" + record.number.hex(), record);
    return record.number;
}

std::int64_t ctime_ns(const std::string& path) {
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0) throw std::runtime_error("lstat");
    return found.st_ctim.tv_sec * kSecond + found.st_ctim.tv_nsec;
}

std::int64_t ns(const Time& time) { return time.seconds * kSecond + time.nanoseconds; }

}  // namespace

TEST_CASE("one tree has one root, whatever was in it before, with and without a cache", "[snapshot]") {
    const Source source;
    source.many(8, 60);
    TestRepository test;
    auto repository = test.open();
    const CommitRecord first = take_snapshot(*repository, source.top).record;
    fs::rename(source.at("d3"), source.folder.path() + "/away");
    for (int f = 0; f < 60; f += 7) source.file("d5/extra" + std::to_string(f), noise(7, 400));
    fs::remove(source.at("d1/f1"));
    source.file("d1/f1", "other");
    put_started_later(test, take_snapshot(*repository, source.top).record, 10 * kSecond);
    fs::rename(source.folder.path() + "/away", source.at("d3"));
    for (int f = 0; f < 60; f += 7) fs::remove(source.at("d5/extra" + std::to_string(f)));
    const SnapshotReport later = take_snapshot(*repository, source.top);
    CHECK(later.had_parent);
    CHECK(later.record.totals.files_unmodified > 300);
    CHECK(later.record.root != first.root);  // d1/f1
    CHECK(take_snapshot(*repository, rescan(source)).record.root == later.record.root);
    repository.reset();
    test.forget_cache();
    repository = test.open();
    const SnapshotReport without_cache = take_snapshot(*repository, source.top);
    CHECK(without_cache.record.root == later.record.root);
    CHECK(without_cache.data_chunks_added + without_cache.tree_chunks_added == 0);
    CHECK(take_snapshot(*test.open("another machine"), rescan(source)).record.root == later.record.root);
    CHECK(reads_back(*repository, later.record, source));
}

TEST_CASE("an entry is copied only if its ctime is two seconds older than the parent's start", "[snapshot]") {
    const Source source;
    source.file("f", noise(1, 10'000));
    for (const bool old_enough : {false, true}) {
        TestRepository test;
        const auto repository = test.open();
        const CommitRecord parent = take_snapshot(*repository, source.top).record;
        // As if the parent had started so long after the file's last change.
        const std::int64_t gap = old_enough ? 2 * kSecond : 2 * kSecond - 1;
        put_started_later(test, parent, ctime_ns(source.at("f")) + gap - ns(parent.started));
        const SnapshotReport report = take_snapshot(*repository, source.top);
        CHECK(report.had_parent);
        CHECK(report.record.totals.read_bytes == (old_enough ? 0 : 10'000));
    }
}

TEST_CASE("a file that changed while it was read is read again, however old it is by then", "[snapshot]") {
    const Source source;
    source.file("f", noise(1, 10'000));
    TestRepository test;
    const auto repository = test.open();
    SnapshotProgress progress;
    CommitRecord record = make_snapshot(*repository, options_for(source.top), progress, [&] {
                              // Times as they were: only the ctime tells, and that is put right below.
                              if (progress.entries == 3) source.file("f", noise(2, 10'000));
                              return false;
                          }).record;
    CHECK(record.changed_while_read);
    record = put_started_later(test, record, 10 * kSecond);
    const SnapshotReport second = take_snapshot(*repository, source.top);
    CHECK(second.record.totals.read_bytes == 10'000);
    CHECK_FALSE(second.record.changed_while_read);
    CHECK(reads_back(*repository, second.record, source));
}

TEST_CASE("a first link is found anew in every run", "[snapshot]") {
    const Source source;
    for (const char* name : {"b", "c"}) fs::create_directory(source.at(name));
    source.file("b/f", noise(1, 5'000));
    fs::create_hard_link(source.at("b/f"), source.at("c/g"));
    TestRepository test;
    const auto repository = test.open();
    const CommitRecord first = take_snapshot(*repository, source.top).record;
    CHECK(read_back(*repository, first).at("/t/c/g").entry.first_link == manifest_key({"t", "b", "f"}));
    put_started_later(test, first, 10 * kSecond);
    // Moving the folder changes no ctime of the files: both entries are the parent's, under other keys or not.
    fs::rename(source.at("b"), source.at("x"));
    const CommitRecord second = take_snapshot(*repository, source.top).record;
    const ReadTree tree = read_back(*repository, second);
    CHECK_FALSE(tree.at("/t/c/g").entry.first_link);
    CHECK(tree.at("/t/x/f").entry.first_link == manifest_key({"t", "c", "g"}));
    CHECK(differences(tree, "/t", source.top) == Lines{});
    CHECK(take_snapshot(*repository, rescan(source)).record.root == second.root);
}

TEST_CASE("a chunk in a box that is damaged on record is read from its file and put again", "[snapshot]") {
    for (const bool as_lost : {false, true}) {
        const Source source;
        source.file("f", noise(1, 10'000));
        source.file("g", noise(2, 700'000));  // in other boxes
        TestRepository test;
        const auto repository = test.open();
        const CommitRecord first = take_snapshot(*repository, source.top).record;
        put_started_later(test, first, 10 * kSecond);
        const ChunkId chunk = first_chunk(read_back(*repository, first), "/t/f");
        const auto [pack, box] = place_of(*repository, chunk);
        DamageRecord damage;
        damage.pack = pack;
        damage.sequence = 1;
        if (as_lost) damage.lost = {{ChunkKind::Data, chunk}};
        else damage.boxes = {box};
        put_damage(test, damage);
        // It is damaged indeed: all copies of it are unreadable until it is healed.
        Bytes bytes = test.backend().get(pack_name(pack));
        bytes[100] ^= 1;
        test.memory().overwrite(pack_name(pack), bytes);

        const SnapshotReport second = take_snapshot(*repository, source.top);
        CHECK(second.record.root == first.root);
        CHECK(second.data_chunks_added >= 1);
        CHECK(second.record.totals.read_bytes >= 10'000);
        CHECK_NOTHROW(repository->reader_view().chunks->chunk(ChunkKind::Data, chunk));
        if (!as_lost) CHECK(reads_back(*repository, first, source));  // all that lay in the box

        // Withdrawn, it counts again: nothing is put.
        damage.action = DamageAction::Withdrawn;
        damage.sequence = 2;
        put_damage(test, damage);
        const SnapshotReport third = take_snapshot(*repository, rescan(source));
        CHECK(third.data_chunks_added == 0);
    }
}

TEST_CASE("a damage record that cannot be read keeps its pack from being counted on", "[snapshot]") {
    const Source source;
    source.file("f", noise(1, 10'000));
    TestRepository test;
    const auto repository = test.open();
    const CommitRecord first = take_snapshot(*repository, source.top).record;
    const PackId pack = place_of(*repository, first_chunk(read_back(*repository, first), "/t/f")).first;
    test.memory().overwrite("damaged/" + pack.hex() + "-" + std::string(16, '1'), Bytes(4'096, 1));
    CHECK(take_snapshot(*repository, rescan(source)).data_chunks_added == 1);
}

TEST_CASE("a condemned pack is not counted on until a decision keeps it", "[snapshot]") {
    const Source source;
    source.file("f", noise(1, 10'000));
    TestRepository test;
    const auto repository = test.open();
    const CommitRecord first = take_snapshot(*repository, source.top).record;
    put_started_later(test, first, 10 * kSecond);
    const PackId data = place_of(*repository, first_chunk(read_back(*repository, first), "/t/f")).first;
    const ControlId number = condemn(test, data);

    const SnapshotReport second = take_snapshot(*repository, source.top);
    CHECK(second.data_chunks_added == 1);
    const auto held = test.memory().snapshot();
    test.backend().remove(pack_name(data));
    CHECK(reads_back(*repository, second.record, source));  // the pruner's decision hurts nobody
    test.memory().restore(held);

    DecisionRecord keep;
    keep.number = number;
    keep.goes = {false};
    test.put(ObjectKind::Decision, "decision/" + number.hex(), keep);
    condemn(test, place_of(*repository, second.record.root).first);  // so that there is something to put
    const SnapshotReport third = take_snapshot(*repository, rescan(source));
    CHECK(third.data_chunks_added == 0);
    CHECK(third.tree_chunks_added >= 1);
}

TEST_CASE("a parent whose root is missing is no parent", "[snapshot]") {
    const Source source;
    source.many(3, 20);
    TestRepository test;
    const auto repository = test.open();
    const CommitRecord first = take_snapshot(*repository, source.top).record;
    put_started_later(test, first, 10 * kSecond);
    test.backend().remove(pack_name(place_of(*repository, first.root).first));
    const SnapshotReport second = take_snapshot(*repository, source.top);
    CHECK_FALSE(second.had_parent);
    CHECK(second.record.parent.is_zero());
    CHECK(second.record.root == first.root);
    CHECK(second.data_chunks_added == 0);
    CHECK(reads_back(*repository, second.record, source));
}

TEST_CASE("a parent with a damaged node in its middle is one up to there, and the node is put again", "[snapshot]") {
    const Source source;
    source.many(40, 100);  // ten leaves or more, whatever the key
    TestRepository test;
    const auto repository = test.open();
    const CommitRecord first = take_snapshot(*repository, source.top).record;
    put_started_later(test, first, 10 * kSecond);
    REQUIRE(first.root_level >= 1);
    // The boxes of leaves come first in the tree pack; inner nodes have a box of their own at its end.
    std::vector<ChunkId> leaves;
    {
        const View view = repository->reader_view();
        std::vector<ChunkId> above = {first.root};
        for (unsigned level = first.root_level; level > 0; --level) {  // the keys decide how many levels there are
            leaves.clear();
            for (const ChunkId& id : above) {
                const auto node = view.chunks->node(id);
                for (const ManifestInnerItem& item : node->manifest_children()) leaves.push_back(item.child.id);
            }
            above = leaves;
        }
    }
    REQUIRE(leaves.size() >= 3);
    const auto [pack, box] = place_of(*repository, leaves[1]);
    REQUIRE(place_of(*repository, first.root) != std::pair(pack, box));
    Bytes bytes = test.backend().get(pack_name(pack));
    bytes[200] ^= 1;  // in the first box
    test.memory().overwrite(pack_name(pack), bytes);
    REQUIRE_THROWS_AS(read_back(*repository, first), Error);

    const SnapshotReport second = take_snapshot(*repository, source.top);
    CHECK(second.record.root == first.root);
    CHECK(second.tree_chunks_added >= 1);
    CHECK(second.record.totals.files_new + second.record.totals.files_unmodified + second.record.totals.files_changed ==
          4'000);
    // What the run met is healed; what lies in the same box and was not read is healed by the runs that follow.
    for (int runs = 0; runs < 30; ++runs)
        put_started_later(test, take_snapshot(*repository, source.top).record, 10 * kSecond);
    CHECK(reads_back(*repository, first, source));
}

TEST_CASE("a parent's packs that are all there pass without a look, and a pack that left does not", "[snapshot]") {
    const Source source;
    source.file("f", noise(1, 50'000));
    ::sync();
    TestRepository test;
    FaultyBackend recorder(test.backend());
    auto repository = test.open(borrowed(recorder));
    std::this_thread::sleep_for(std::chrono::milliseconds(2'100));
    const CommitRecord first = take_snapshot(*repository, source.top).record;
    const SnapshotReport second = take_snapshot(*repository, source.top);
    CHECK(second.record.totals.read_bytes == 0);
    const ChunkId chunk = first_chunk(read_back(*repository, first), "/t/f");
    // The cache remembers both snapshots' packs. Now the data pack goes.
    test.backend().remove(pack_name(place_of(*repository, chunk).first));
    const SnapshotReport third = take_snapshot(*repository, source.top);
    CHECK(third.record.totals.read_bytes == 50'000);
    CHECK(third.data_chunks_added >= 1);
    CHECK(reads_back(*repository, third.record, source));
    const SnapshotReport fourth = take_snapshot(*repository, source.top);
    CHECK(fourth.record.totals.read_bytes == 0);
    CHECK(fourth.data_chunks_added == 0);
}

TEST_CASE("a writer's snapshots are numbered without a gap, also after one was forgotten", "[snapshot]") {
    const Source source;
    source.file("f", "x");
    TestRepository test;
    const auto repository = test.open();
    const CommitRecord first = take_snapshot(*repository, source.top).record;
    CHECK(first.sequence == 1);
    CHECK(first.previous.is_zero());
    const CommitRecord second = take_snapshot(*repository, source.top).record;
    CHECK(second.writer == first.writer);
    CHECK(second.sequence == 2);
    CHECK(second.previous == ObjectHash{sha256(test.backend().get("snapshots/" + first.sid.hex()))});
    const ObjectHash hash{sha256(test.backend().get("snapshots/" + second.sid.hex()))};
    TombstoneRecord tombstone;
    tombstone.sid = second.sid;
    test.put(ObjectKind::Tombstone, "tombstones/" + second.sid.hex(), tombstone);
    const CommitRecord third = take_snapshot(*repository, source.top).record;
    CHECK(third.sequence == 3);
    CHECK(third.previous == hash);
    // Another client is another writer, and this one without its state folder too.
    CHECK(take_snapshot(*test.open("other"), source.top).record.sequence == 1);
    fs::remove_all(test.folders().state);
    const CommitRecord anew = take_snapshot(*repository, source.top).record;
    CHECK(anew.writer != first.writer);
    CHECK(anew.sequence == 1);
}

TEST_CASE("a file that changed in any way that its times or inode show is read", "[snapshot]") {
    const Source source;
    for (const char* name : {"same", "content", "replaced", "mode"}) source.file(name, noise(1, 1'000));
    TestRepository test;
    const auto repository = test.open();
    put_started_later(test, take_snapshot(*repository, source.top).record, 10 * kSecond);
    struct stat before {};
    REQUIRE(::stat(source.at("content").c_str(), &before) == 0);
    source.file("content", noise(2, 1'000));
    const timespec times[] = {before.st_atim, before.st_mtim};
    REQUIRE(::utimensat(AT_FDCWD, source.at("content").c_str(), times, 0) == 0);  // the mtime lies, the ctime does not
    fs::copy_file(source.at("same"), source.at("new"));
    fs::rename(source.at("new"), source.at("replaced"));
    fs::permissions(source.at("mode"), fs::perms(0600));
    const SnapshotReport report = take_snapshot(*repository, source.top);
    CHECK(report.record.totals.files_unmodified == 1);
    CHECK(report.record.totals.files_changed == 3);
    CHECK(report.record.totals.read_bytes == 3'000);
    CHECK(reads_back(*repository, report.record, source));
}
