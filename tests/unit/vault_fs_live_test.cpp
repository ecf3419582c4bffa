// The mount without a kernel while the repository changes under it: snapshots that come and go, packs that move,
// many readers at once.
#include <catch2/catch.hpp>

#include <filesystem>
#include <latch>
#include <random>
#include <thread>

#include "fuse/name_numbers.h"
#include "store/format/control_records.h"
#include "tests/support/test_repository.h"
#include "tests/support/walk_fs.h"

using namespace vault;

namespace {

struct Live {
    TestRepository test;
    TemporaryFolder source;
    std::unique_ptr<Repository> repository = test.open();
    std::unique_ptr<Repository> writer = test.open("another machine");

    std::string path(const std::string& name) const { return source.path() + "/" + name; }
    CommitRecord snapshot(bool force = false) {
        SnapshotOptions options = options_for(source.path());
        options.force_rescan = force;
        return take_snapshot(*writer, options).record;
    }
    void forget(const CommitRecord& record) {
        TombstoneRecord tombstone;
        tombstone.sid = record.sid;
        test.put(ObjectKind::Tombstone, "tombstones/" + record.sid.hex(), tombstone);
    }
    void remove_packs(const std::vector<std::string>& names) {
        for (const std::string& name : names)
            if (name.starts_with("packs/") || name.starts_with("dirs/")) test.backend().remove(name);
    }
};

void wait_out_the_pause() { std::this_thread::sleep_for(SnapshotWatch::kPause + std::chrono::milliseconds(50)); }

}  // namespace

TEST_CASE("numbers of names ascend, stay, and are never given again", "[mount]") {
    NameNumbers numbers(16, 3);
    CHECK(numbers.number_of({2, "a"}) == 16);
    CHECK(numbers.number_of({3, "a"}) == 17);
    CHECK(numbers.number_of({2, "a"}) == 16);
    CHECK(numbers.number_of({2, "b"}) == 18);
    CHECK(numbers.number_of({2, "c"}) == 19);  // the one unused for longest goes
    CHECK(numbers.place_of(17) == std::nullopt);
    CHECK(numbers.place_of(16)->name == "a");
    CHECK(numbers.number_of({3, "a"}) == 20);
}

TEST_CASE("an empty repository is an empty tree, and snapshots appear in it", "[mount]") {
    Live live;
    VaultFs fs(*live.repository, {});
    CHECK(names_in_folder(fs, "/") == std::vector<std::string>{"snapshots", "series", "hosts", "tags", "versions"});
    CHECK(names_in_folder(fs, "/snapshots").empty());
    CHECK(fs.lookup(kRootInode, "latest") == std::nullopt);
    write_new(live.path("a"), noise(1, 300'000));
    live.snapshot();
    wait_out_the_pause();
    const std::string first = newest_snapshot(fs);
    CHECK(content_at(fs, first + "/t/a") == noise(1, 300'000));
    const std::uint64_t old_latest = inode_at(fs, "/latest"), inode = inode_at(fs, first + "/t/a");
    write_new(live.path("a"), noise(2, 300'000));
    live.snapshot();
    wait_out_the_pause();
    CHECK(inode_at(fs, "/latest") != old_latest);  // the kernel keeps what a symlink says
    CHECK(content_at(fs, newest_snapshot(fs) + "/t/a") == noise(2, 300'000));
    CHECK(text_of(fs.read(inode, 0, 300'000)) == noise(1, 300'000));
    CHECK(inode_at(fs, first + "/t/a") == inode);
    CHECK(names_in_folder(fs, "/series/s", 1).size() == 2);
    CHECK(names_in_folder(fs, "/hosts") == std::vector<std::string>{"host"});
}

TEST_CASE("versions are the distinct ones of a path, of a folder also what is below it", "[mount]") {
    Live live;
    std::filesystem::create_directories(live.path("d/e"));
    write_new(live.path("d/e/x"), "1");
    write_new(live.path("other"), "1");
    live.snapshot();
    write_new(live.path("other"), "22");
    live.snapshot();
    write_new(live.path("d/e/x"), "2");
    live.snapshot();
    std::filesystem::remove(live.path("other"));
    live.snapshot();
    write_new(live.path("other"), "22");
    live.snapshot();
    VaultFs fs(*live.repository, {});
    CHECK(names_in_folder(fs, "/versions").empty());
    CHECK(names_in_folder(fs, "/versions/%2Ft%2Fd%2Fe%2Fx").size() == 2);
    CHECK(names_in_folder(fs, "/versions/%2Ft%2Fd").size() == 2);
    CHECK(names_in_folder(fs, "/versions/%2Ft%2Fother", 1).size() == 3);  // back again is a version again
    CHECK(names_in_folder(fs, "/versions/%2Ft").size() == 5);
    const auto names = names_in_folder(fs, "/versions/%2Ft%2Fd%2Fe%2Fx");
    const std::uint64_t link = inode_at(fs, "/versions/%2Ft%2Fd%2Fe%2Fx/" + names[1]);
    CHECK(fs.readlink(link) == "../../snapshots/" + names[1] + "/t/d/e/x");
    for (const char* name : {"%2Fnowhere", "t", "%2Ft%2F", "%2Ft%2F..", "%2ft", "%2F%2Ft"})
        CHECK(fs.lookup(inode_at(fs, "/versions"), name) == std::nullopt);
}

TEST_CASE("what was moved to other packs is read from there", "[mount]") {
    Live live;
    write_new(live.path("a"), noise(7, 2'000'000));
    live.snapshot();
    VaultFs fs(*live.repository, {});
    const std::uint64_t inode = inode_at(fs, newest_snapshot(fs) + "/t/a");
    CHECK(text_of(fs.read(inode, 0, 1'000)) == noise(7, 2'000'000).substr(0, 1'000));
    const auto old_objects = live.test.memory().names();
    live.remove_packs(old_objects);
    live.writer = live.test.open("a third machine");  // which finds nothing and stores all anew
    live.snapshot(true);
    CHECK(text_of(fs.read(inode, 0, 2'000'000)) == noise(7, 2'000'000));
}

TEST_CASE("what was moved is found at once, although something else was just looked for in vain", "[mount]") {
    Live live;
    write_new(live.path("a"), noise(9, 1'000'000));
    live.snapshot();
    const auto of_the_first = live.test.memory().names();
    write_new(live.path("b"), noise(10, 1'000'000));
    live.snapshot();
    VaultFs fs(*live.repository, {});
    const std::string newest = newest_snapshot(fs);
    const std::uint64_t lost = inode_at(fs, newest + "/t/a"), moved = inode_at(fs, newest + "/t/b");
    live.remove_packs(of_the_first);
    for (int i = 0; i < 2; ++i) CHECK_THROWS_AS(fs.read(lost, 0, 1'000'000), Error);
    const auto of_both = live.test.memory().names();
    live.remove_packs(of_both);
    live.writer = live.test.open("a third machine");
    live.snapshot(true);
    CHECK(text_of(fs.read(moved, 0, 1'000'000)) == noise(10, 1'000'000));
}

TEST_CASE("what is gone is an error and never other bytes; of a forgotten snapshot it is no damage", "[mount]") {
    Live live;
    write_new(live.path("a"), noise(8, 2'000'000));
    const CommitRecord record = live.snapshot();
    VaultFs fs(*live.repository, {});
    const std::uint64_t inode = inode_at(fs, newest_snapshot(fs) + "/t/a");
    CHECK_FALSE(fs.is_forgotten(inode));
    live.remove_packs(live.test.memory().names());
    try {
        fs.read(inode, 1'900'000, 100'000);
        FAIL("bytes out of nothing");
    } catch (const Error& error) {
        CHECK((error.kind() == ErrorKind::Corrupt || error.kind() == ErrorKind::NotFound));
    }
    live.forget(record);
    wait_out_the_pause();
    CHECK(fs.is_forgotten(inode));
    CHECK(names_in_folder(fs, "/snapshots").empty());
}

TEST_CASE("many readers of one box cause one load, and all get the right bytes", "[mount]") {
    Live live;
    const std::string content = noise(9, 400'000);
    write_new(live.path("a"), content);
    live.snapshot();
    VaultFs fs(*live.repository, {});
    const std::uint64_t inode = inode_at(fs, newest_snapshot(fs) + "/t/a");
    const std::uint64_t before = fs.boxes_loaded();
    constexpr int kReaders = 8;
    std::latch start(kReaders);
    std::atomic<int> right = 0;
    std::vector<std::thread> readers;
    for (int i = 0; i < kReaders; ++i)
        readers.emplace_back([&] {
            start.arrive_and_wait();
            right += text_of(fs.read(inode, 0, content.size())) == content;
        });
    for (std::thread& reader : readers) reader.join();
    CHECK(right == kReaders);
    CHECK(fs.boxes_loaded() - before <= 1);
}

TEST_CASE("readers, listings and new snapshots at once", "[mount]") {
    Live live;
    std::map<std::string, std::string> contents;
    for (int i = 0; i < 8; ++i) {
        const std::string name = "f" + std::to_string(i);
        write_new(live.path(name), contents[name] = noise(static_cast<std::uint64_t>(i), 700'000));
    }
    live.snapshot();
    VaultFs fs(*live.repository, {});
    const std::string top = newest_snapshot(fs) + "/t";
    std::atomic<bool> ending = false;
    std::atomic<int> wrong = 0, reads = 0;
    std::vector<std::thread> readers;
    for (std::uint64_t seed = 0; seed < 4; ++seed)
        readers.emplace_back([&, seed] {
            std::mt19937_64 random(seed);
            while (!ending) {
                const std::string name = "f" + std::to_string(random() % 8);
                const std::size_t offset = random() % 700'000, size = random() % 200'000;
                const auto got = fs.read(inode_at(fs, top + "/" + name), offset, size);
                wrong += text_of(got) != contents[name].substr(offset, size);
                wrong += names_in_folder(fs, top, 3).size() != 8;
                names_in_folder(fs, "/series/s");
                ++reads;
            }
        });
    for (int i = 0; i < 3; ++i) {
        write_new(live.path("f0"), noise(100 + static_cast<std::uint64_t>(i), 10'000));
        live.snapshot();
        wait_out_the_pause();
    }
    ending = true;
    for (std::thread& reader : readers) reader.join();
    CHECK(wrong == 0);
    CHECK(reads > 10);
    CHECK(names_in_folder(fs, "/snapshots").size() == 4);
}
