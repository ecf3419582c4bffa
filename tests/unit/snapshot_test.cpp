// A whole run over real folders, and what it recorded read back.
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "store/base/file.h"
#include "store/format/manifest_key.h"
#include "tests/support/object_store_backend.h"
#include "tests/support/test_repository.h"

using namespace vault;
namespace fs = std::filesystem;

namespace {

struct Source {
    TemporaryFolder folder;
    const std::string top = fs::canonical(folder.path()).string() + "/t";
    Source() { fs::create_directory(top); }
    std::string at(const std::string& name) const { return top + "/" + name; }
    void file(const std::string& name, const std::string& content) const { write_new(at(name), content); }
};

// What a file system can hold, but for what needs flags or mounts of its own (tests/e2e has those).
void make_every_kind(const Source& source) {
    fs::create_directories(source.at("dir/sub"));
    fs::create_directory(source.at("empty"));
    source.file("zero", "");
    source.file("inline", std::string(256, 'i'));
    source.file("chunk", std::string(257, 'c'));
    source.file("dir/large", noise(1, 3'000'000));
    source.file("dir/sub/text", std::string(200'000, 't') + noise(2, 100'000));
    source.file(std::string("bytes \xff\x01\n\\ name"), noise(3, 1'000));
    fs::create_hard_link(source.at("chunk"), source.at("dir/link"));
    fs::create_hard_link(source.at("chunk"), source.at("dir/sub/link"));
    fs::create_symlink("../no where", source.at("dir/symlink"));
    fs::create_hard_link(source.at("dir/symlink"), source.at("symlink too"));
    REQUIRE(::mkfifo(source.at("fifo").c_str(), 0640) == 0);
    REQUIRE(::mknod(source.at("socket").c_str(), S_IFSOCK | 0600, 0) == 0);
    if (::mknod(source.at("device").c_str(), S_IFCHR | 0600, makedev(1, 3)) != 0) WARN("no device: not root");
    fs::permissions(source.at("inline"), fs::perms(04711));
    REQUIRE(::setxattr(source.at("inline").c_str(), "user.small", "v", 1, 0) == 0);
    REQUIRE(::setxattr(source.at("dir").c_str(), "user.small", "", 0, 0) == 0);
    for (const char* name : {"chunk", "empty", "dir/large"})
        REQUIRE(::setxattr(source.at(name).c_str(), "user.large", noise(4, 2'000).data(), 2'000, 0) == 0);
    const UniqueFd sparse = open_at(AT_FDCWD, source.at("sparse"), O_WRONLY | O_CREAT);
    write_all_at(sparse.get(), 1 << 20, as_bytes("in the middle"), "sparse");
    REQUIRE(::ftruncate(sparse.get(), 3 << 20) == 0);
}

const Entry& entry_of(const ReadTree& tree, const std::string& path) { return tree.at(path).entry; }

std::size_t extents_in(const Entry& entry) { return std::get<ExtentList>(entry.content).extents.size(); }

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("every kind of entry is recorded as it is, on every backend", "[snapshot]") {
    const Source source;
    make_every_kind(source);
    const auto check = [&](TestRepository& test) {
        const auto repository = test.open();
        const SnapshotReport report = take_snapshot(*repository, source.top);
        CHECK(report.record.unreadable_count == 0);
        CHECK_FALSE(report.record.changed_while_read);
        CHECK(differences(read_back(*repository, report.record), "/t", source.top) == Lines{});
        const SnapshotListing listing = list_snapshots(*repository);
        REQUIRE(listing.live.size() == 1);
        CHECK(listing.live[0].record == report.record);
        CHECK(test.backend().list("sessions/").empty());
        CHECK(test.backend().list("tmp/").empty());
        // Another client, without any cache.
        CHECK(differences(read_back(*test.open("other"), report.record), "/t", source.top) == Lines{});
    };
    SECTION("memory") {
        TestRepository test;
        check(test);
    }
    SECTION("object store") {
        TestRepository test(std::make_shared<ObjectStoreBackend>());
        check(test);
    }
    SECTION("local") { check(*TestRepository::local()); }
}

TEST_CASE("a second run over what did not change copies every entry, reads nothing and adds nothing", "[snapshot]") {
    const Source source;
    make_every_kind(source);
    TestRepository test;
    const auto repository = test.open();
    const SnapshotReport first = take_snapshot(*repository, source.top);
    const std::size_t packs = test.backend().list("packs/").size();
    put_started_later(test, first.record, 10'000'000'000);
    const SnapshotReport second = take_snapshot(*repository, source.top);
    CHECK(second.had_parent);
    CHECK(second.record.root == first.record.root);
    CHECK(second.record.root_level == first.record.root_level);
    CHECK(second.data_chunks_added == 0);
    CHECK(second.tree_chunks_added == 0);
    CHECK(second.record.totals.read_bytes == 0);
    CHECK(second.record.totals.stored_bytes == 0);
    CHECK(second.record.totals.files_new + second.record.totals.files_changed == 0);
    CHECK(second.record.totals.files_unmodified == first.record.totals.files_new);
    CHECK(second.record.totals.content_bytes == first.record.totals.content_bytes);
    CHECK(test.backend().list("packs/").size() == packs);
    CHECK(second.record.sequence == 2);
}

TEST_CASE("totals count what was new, changed and left alone", "[snapshot]") {
    const Source source;
    for (const char* name : {"a", "b", "c"}) source.file(name, noise(1, 1'000) + name);
    fs::create_symlink("x", source.at("s"));
    TestRepository test;
    const auto repository = test.open();
    const SnapshotTotals first = take_snapshot(*repository, source.top).record.totals;
    CHECK(first.files_new == 3);
    CHECK(first.dirs_new == 2);  // "/" and "/t"
    CHECK(first.others_new == 1);
    CHECK(first.content_bytes == 3'003);
    CHECK(first.read_bytes == 3'003);
    CHECK(first.added_bytes > 3'003);
    source.file("b", "changed");
    source.file("d", noise(9, 500));
    const SnapshotTotals second = take_snapshot(*repository, source.top).record.totals;
    CHECK(second.files_new == 1);
    CHECK(second.files_changed == 1);
    CHECK(second.files_unmodified == 2);  // read again, since they are young, and found equal
    CHECK(second.dirs_changed == 1);
    CHECK(second.dirs_unmodified == 1);
    CHECK(second.others_unmodified == 1);
}

TEST_CASE("contents are inline, a list or a tree by the limits of config", "[snapshot]") {
    const Source source;
    source.file("256", std::string(256, 'x'));
    source.file("257", std::string(257, 'x'));
    // Database pages are cut at 4 KiB on average: a few hundred chunks.
    source.file("tree", std::string("SQLite format 3\0", 16) + noise(1, 600'000));
    TestRepository test;
    const auto repository = test.open();
    const ReadTree tree = read_back(*repository, take_snapshot(*repository, source.top).record);
    CHECK(std::holds_alternative<Bytes>(entry_of(tree, "/t/256").content));
    CHECK(extents_in(entry_of(tree, "/t/257")) == 1);
    REQUIRE(std::holds_alternative<ExtentsRoot>(entry_of(tree, "/t/tree").content));
    CHECK(std::get<ExtentsRoot>(entry_of(tree, "/t/tree").content).chunk_class == 2);
    CHECK(differences(tree, "/t", source.top) == Lines{});
}

TEST_CASE("exactly 32 extents are a list, 33 are a tree", "[snapshot]") {
    const Source source;
    for (const char* name : {"32", "33"}) {  // hole, data, hole, data …, each data run too short for a second chunk
        const UniqueFd fd = open_at(AT_FDCWD, source.at(name), O_WRONLY | O_CREAT);
        const std::string run = noise(7, 8'192);
        for (std::uint64_t i = 0; i < 16; ++i) write_all_at(fd.get(), (2 * i + 1) * 65'536, as_bytes(run), "f");
        if (name == std::string("33")) REQUIRE(::ftruncate(fd.get(), 40 * 65'536) == 0);
    }
    TestRepository test;
    const auto repository = test.open();
    const ReadTree tree = read_back(*repository, take_snapshot(*repository, source.top).record);
    REQUIRE(std::holds_alternative<ExtentList>(entry_of(tree, "/t/32").content));
    CHECK(extents_in(entry_of(tree, "/t/32")) == 32);
    CHECK(std::holds_alternative<ExtentsRoot>(entry_of(tree, "/t/33").content));
    CHECK(differences(tree, "/t", source.top) == Lines{});
}

TEST_CASE("holes are exact, also where blocks elsewhere make a file look full", "[snapshot]") {
    const Source source;
    {
        const UniqueFd fd = open_at(AT_FDCWD, source.at("reserved"), O_WRONLY | O_CREAT);
        write_all_at(fd.get(), 65'536, as_bytes(noise(1, 65'536)), "f");
        // Blocks beyond the end count in st_blocks.
        REQUIRE(::fallocate(fd.get(), FALLOC_FL_KEEP_SIZE, 131'072, 1 << 20) == 0);
    }
    source.file("short", "");
    REQUIRE(::truncate(source.at("short").c_str(), 100) == 0);
    TestRepository test;
    const auto repository = test.open();
    const ReadTree tree = read_back(*repository, take_snapshot(*repository, source.top).record);
    const auto& extents = std::get<ExtentList>(entry_of(tree, "/t/reserved").content).extents;
    REQUIRE(!extents.empty());
    CHECK(extents[0] == Extent{65'536, std::nullopt});
    CHECK(extents_in(entry_of(tree, "/t/short")) == 1);
    CHECK_FALSE(std::get<ExtentList>(entry_of(tree, "/t/short").content).extents[0].chunk);
}

TEST_CASE("a sparse file of 64 GiB takes no time", "[snapshot]") {
    const Source source;
    const UniqueFd fd = open_at(AT_FDCWD, source.at("huge"), O_WRONLY | O_CREAT);
    REQUIRE(::ftruncate(fd.get(), std::int64_t{64} << 30) == 0);
    write_all_at(fd.get(), std::uint64_t{40} << 30, as_bytes("data"), "huge");
    TestRepository test;
    const auto repository = test.open();
    const auto start = std::chrono::steady_clock::now();
    const SnapshotReport report = take_snapshot(*repository, source.top);
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));
    CHECK(report.record.totals.content_bytes == std::uint64_t{64} << 30);
    CHECK(report.record.totals.read_bytes < 100'000);
    const View view = repository->reader_view();
    const auto entry = ManifestReader(*view.chunks, {report.record.root, report.record.root_level})
                           .find(manifest_key({"t", "huge"}));
    REQUIRE(entry);
    CHECK(entry->size == std::uint64_t{64} << 30);
    CHECK(extents_in(*entry) == 3);
}

TEST_CASE("attribute sets over the inline limit are one chunk, shared by equal sets", "[snapshot]") {
    const Source source;
    for (int i = 0; i < 20; ++i) {
        const std::string name = "f" + std::to_string(i);
        source.file(name, "x");
        REQUIRE(::setxattr(source.at(name).c_str(), "user.a", std::string(1'500, i < 19 ? 'a' : 'b').data(), 1'500,
                           0) == 0);
    }
    source.file("small", "x");
    REQUIRE(::setxattr(source.at("small").c_str(), "user.a", std::string(1'000, 'a').data(), 1'000, 0) == 0);
    TestRepository test;
    const auto repository = test.open();
    const SnapshotReport report = take_snapshot(*repository, source.top);
    const ReadTree tree = read_back(*repository, report.record);
    CHECK(std::holds_alternative<AttributesChunk>(entry_of(tree, "/t/f0").attributes));
    CHECK(entry_of(tree, "/t/f0").attributes == entry_of(tree, "/t/f18").attributes);
    CHECK(entry_of(tree, "/t/f0").attributes != entry_of(tree, "/t/f19").attributes);
    CHECK(std::holds_alternative<AttributeSet>(entry_of(tree, "/t/small").attributes));
    CHECK(report.tree_chunks_added == 3);  // two sets and the one node
    CHECK(differences(tree, "/t", source.top) == Lines{});
}

TEST_CASE("a hard link to a file outside of the roots is a file of its own", "[snapshot]") {
    const Source source;
    source.file("inside", noise(1, 5'000));
    fs::create_hard_link(source.at("inside"), source.folder.path() + "/outside");
    TestRepository test;
    const auto repository = test.open();
    const ReadTree tree = read_back(*repository, take_snapshot(*repository, source.top).record);
    CHECK_FALSE(entry_of(tree, "/t/inside").first_link);
    CHECK(entry_of(tree, "/t/inside").links == 2);
    CHECK(differences(tree, "/t", source.top) == Lines{});
}

TEST_CASE("several roots, excludes and labels are recorded, and only the roots' entries are there", "[snapshot]") {
    const Source source;
    for (const char* name : {"a", "b", "not"}) fs::create_directory(source.at(name));
    for (const char* name : {"a/f", "a/skip", "b/g", "not/h"}) source.file(name, name);
    TestRepository test;
    const auto repository = test.open();
    SnapshotOptions options;
    options.paths = {source.at("b"), source.at("a")};
    options.excludes = {"skip"};
    options.tags = {"z", "a", "z"};
    options.host = "here";
    const CommitRecord record = take_snapshot(*repository, options).record;
    CHECK(record.series == "here:" + source.at("a") + "," + source.at("b"));
    CHECK(record.tags == Lines{"a", "z"});
    CHECK(record.source_roots == Lines{source.at("a"), source.at("b")});
    CHECK(record.excludes == Lines{"skip"});
    const ReadTree tree = read_back(*repository, record);
    CHECK(tree.contains(source.at("a/f")));
    CHECK(tree.contains(source.at("b/g")));
    CHECK_FALSE(tree.contains(source.at("a/skip")));
    CHECK_FALSE(tree.contains(source.at("not")));
    CHECK(entry_of(tree, source.top).implied);
    CHECK_FALSE(entry_of(tree, source.at("a")).implied);
}

TEST_CASE("a PATH with bytes that are no text has a series all the same", "[snapshot]") {
    const Source source;
    fs::create_directory(source.at(std::string("back\\slash \xff\n")));
    TestRepository test;
    const auto repository = test.open();
    SnapshotOptions options;
    options.paths = {source.at(std::string("back\\slash \xff\n"))};
    const CommitRecord record = take_snapshot(*repository, options).record;
    CHECK(record.series.ends_with("back\\x5cslash \\xff\\x0a"));
    options.tags = {"with\\backslash"};
    CHECK_NOTHROW(take_snapshot(*repository, options));
    for (const std::string& tag : {std::string("\x01"), std::string("\xff"), std::string(), std::string(256, 'x')}) {
        options.tags = {tag};
        CHECK_THROWS_AS(take_snapshot(*repository, options), Error);
    }
}

TEST_CASE("what a random tree holds is what a snapshot of it gives back, whatever came before", "[snapshot]") {
    ::setenv("RC_PARAMS", "max_success=25", 0);  // each takes nine runs; the environment may ask for more
    REQUIRE(rc::check([] {
        const Source source;
        TestRepository test;
        const auto repository = test.open();
        std::vector<std::string> dirs{""}, files;
        for (int round = 0; round < 3; ++round) {
            const auto steps = *rc::gen::resize(
                12, rc::gen::container<std::vector<std::pair<int, std::uint32_t>>>(
                        rc::gen::pair(rc::gen::inRange(0, 6), rc::gen::arbitrary<std::uint32_t>())));
            for (const auto& [what, n] : steps) {
                const std::string path = dirs[n % dirs.size()] + "/n" + std::to_string(n % 40);
                const bool is_free = !fs::exists(fs::symlink_status(source.top + path));
                static constexpr std::size_t kSizes[] = {0, 1, 256, 257, 5'000, 70'000, 400'000};
                if (what == 0 && is_free && fs::create_directory(source.top + path)) dirs.push_back(path);
                if (what == 1 && is_free) {
                    write_new(source.top + path, noise(n % 5, kSizes[n % 7]));
                    files.push_back(path);
                }
                if (what == 2 && is_free) fs::create_symlink("to" + path, source.top + path);
                if (files.empty()) continue;
                const std::string& file = files[n % files.size()];
                if (what == 3 && is_free && fs::exists(source.top + file)) {
                    fs::create_hard_link(source.top + file, source.top + path);
                    files.push_back(path);
                }
                if (what == 4) fs::remove(source.top + file);
                if (what == 5 && fs::exists(source.top + file)) write_new(source.top + file, noise(n, n % 3'000));
            }
            const CommitRecord record = take_snapshot(*repository, source.top).record;
            RC_ASSERT(differences(read_back(*repository, record), "/t", source.top) == Lines{});
            SnapshotOptions all = options_for(source.top);
            all.force_rescan = true;
            RC_ASSERT(take_snapshot(*repository, all).record.root == record.root);
            // From here on unchanged files are copied.
            put_started_later(test, record, 10'000'000'000);
            RC_ASSERT(take_snapshot(*repository, source.top).record.root == record.root);
        }
    }));
}
