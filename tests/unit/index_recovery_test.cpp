// An index folder that is damaged, foreign, deleted or cannot be written: rebuilt without a word, or replaced.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "store/base/error.h"
#include "store/index.h"
#include "tests/support/index_check.h"
#include "tests/support/temporary_folder.h"

using namespace vault;
namespace fs = std::filesystem;

namespace {

struct Fixture {
    Fixture() {
        for (std::uint64_t seed = 0; seed < 10; ++seed) store.put_seeded(seed, 100);
    }
    TemporaryFolder folder;
    PackStore store;
    IndexSyncReport report;
    std::unique_ptr<Index> open() { return store.open(folder.path(), report); }
    fs::path db() const { return fs::path(folder.path()) / "db"; }

    void expect_rebuilt() {
        const auto index = open();
        CHECK(report.rebuilt);
        CHECK(report.private_because == "");
        CHECK(contradiction(*index, store) == "");
        open();
        CHECK_FALSE(report.rebuilt);
    }
};

std::vector<fs::path> sorted_files(const fs::path& db) {
    std::vector<fs::path> files;
    for (const auto& file : fs::directory_iterator(db))
        if (file.path().extension() == ".sst") files.push_back(file.path());
    return files;
}

void write_text(const fs::path& path, const std::string& text) {
    std::ofstream(path) << text;
}

void flip_byte(const fs::path& path, std::uint64_t at) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(at));
    const char byte = static_cast<char>(file.get() ^ 1);
    file.seekp(static_cast<std::streamoff>(at));
    file.put(byte);
}

std::uint64_t files_below(const fs::path& folder) {
    std::uint64_t files = 0;
    for (const auto& item : fs::recursive_directory_iterator(folder)) files += item.is_regular_file() ? 1 : 0;
    return files;
}

}  // namespace

TEST_CASE("a deleted index is rebuilt", "[index]") {
    Fixture f;
    f.open();
    SECTION("the whole folder") { fs::remove_all(f.folder.path()); }
    SECTION("its database") { fs::remove_all(f.db()); }
    f.expect_rebuilt();
}

TEST_CASE("an index without one of its files is rebuilt", "[index]") {
    Fixture f;
    f.open();
    SECTION("CURRENT") { fs::remove(f.db() / "CURRENT"); }
    SECTION("an empty CURRENT") { fs::resize_file(f.db() / "CURRENT", 0); }
    SECTION("the manifest") {
        for (const auto& file : fs::directory_iterator(f.db()))
            if (file.path().filename().string().starts_with("MANIFEST")) fs::remove(file.path());
    }
    SECTION("a sorted file") { fs::remove(sorted_files(f.db())[0]); }
    f.expect_rebuilt();
}

TEST_CASE("an index with a truncated sorted file is rebuilt, whichever it is", "[index]") {
    Fixture f;
    f.open();
    const std::size_t count = sorted_files(f.db()).size();
    REQUIRE(count == 4);
    const auto which = GENERATE(0u, 1u, 2u, 3u);
    const auto keep = GENERATE(0, 1);
    const fs::path file = sorted_files(f.db())[which];
    fs::resize_file(file, keep == 0 ? 0 : fs::file_size(file) - 1);
    f.expect_rebuilt();
}

TEST_CASE("garbage in the folder is replaced, and what belongs to others is left alone", "[index]") {
    Fixture f;
    const fs::path folder = f.folder.path();
    fs::create_directories(folder / "spill" / "x");
    write_text(folder / "other", "kept");
    SECTION("a file for the database") { write_text(folder / "db", "garbage"); }
    SECTION("garbage files in the database") {
        fs::create_directory(folder / "db");
        write_text(folder / "db" / "CURRENT", "garbage");
        write_text(folder / "db" / "MANIFEST-000001", std::string(5000, 'x'));
    }
    SECTION("a folder for the lock") { fs::create_directories(folder / "lock" / "x"); }
    SECTION("a file for the work folder") { write_text(folder / "work", "garbage"); }
    f.expect_rebuilt();
    CHECK(fs::exists(folder / "spill" / "x"));
    CHECK(fs::exists(folder / "other"));
}

TEST_CASE("the index of another repository is thrown away", "[index]") {
    Fixture f;
    f.open();
    PackStore other(2);
    other.put_seeded(1);
    const auto index = other.open(f.folder.path(), f.report);
    CHECK(f.report.rebuilt);
    CHECK(contradiction(*index, other) == "");
    for (const auto& [id, pack] : f.store.packs) CHECK_FALSE(index->number_of(id));
}

TEST_CASE("a damaged block gives an error, never an answer, and the next open rebuilds", "[index]") {
    Fixture f;
    // A byte here and there of every file, one at a time: no question may be answered differently.
    int met = 0;
    for (std::size_t which = 0; which < 4; ++which)
        for (std::uint64_t part = 0; part < 12; ++part) {
            f.open();
            const fs::path file = sorted_files(f.db())[which];
            flip_byte(file, fs::file_size(file) * part / 12);
            const auto index = f.open();
            std::optional<Error> error;
            std::string wrong;
            try {
                wrong = contradiction(*index, f.store);
            } catch (const Error& thrown) {
                error = thrown;
            }
            CHECK(wrong == "");
            if (error) {
                ++met;
                CHECK(error->kind() == ErrorKind::Io);
                f.expect_rebuilt();
            }
            fs::remove_all(f.db());
        }
    CHECK(met > 12);
}

TEST_CASE("damage that a sync meets costs a rebuild and no error", "[index]") {
    Fixture f;
    int rebuilt = 0;
    for (std::uint64_t part = 0; part < 12; ++part) {
        f.open();
        for (const fs::path& file : sorted_files(f.db())) flip_byte(file, fs::file_size(file) * part / 12);
        f.store.remove(f.store.packs.begin()->second);
        f.store.packs.erase(f.store.packs.begin());
        for (std::uint64_t more = 0; more < 2; ++more) f.store.put_seeded(1000 + 2 * part + more, 100);
        f.open();
        rebuilt += f.report.rebuilt ? 1 : 0;
        fs::remove_all(f.db());
    }
    CHECK(rebuilt > 6);
    CHECK(contradiction(*f.open(), f.store) == "");
}

TEST_CASE("an open index answers on after its folder was deleted, and refuses to add", "[index]") {
    Fixture f;
    const auto index = f.open();
    const PackSet view = index->numbers_of(f.store.list());
    fs::remove_all(f.folder.path());
    CHECK(contradiction(*index, f.store) == "");

    const MadePack& pack = f.store.put_seeded(77);
    CHECK_THROWS_AS(index->add({as_new(pack)}, {}), Error);
    CHECK_FALSE(index->number_of(pack.id));
    CHECK(index->numbers_of(f.store.list()) == view);
    const auto again = f.open();
    CHECK(contradiction(*again, f.store) == "");
}

TEST_CASE("an open index whose folder was rebuilt under it keeps its numbers and refuses to add", "[index]") {
    Fixture f;
    const auto index = f.open();
    fs::remove_all(f.folder.path());
    f.store.remove(f.store.packs.begin()->second);
    const auto other = f.open();  // other numbers
    std::vector<PackId> old;
    for (const auto& [id, pack] : f.store.packs) old.push_back(id);
    CHECK(contradiction(*index, f.store, old) == "");
    const MadePack& pack = f.store.put_seeded(77);
    try {
        index->add({as_new(pack)}, {});
        FAIL("added to an index whose numbers are others");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::Io);
    }
    CHECK(contradiction(*index, f.store, old) == "");
}

TEST_CASE("on a read-only file system a current index is read as it is, and another one built in $TMPDIR",
          "[index]") {
    TemporaryMount mount("size=64m");
    if (!mount.mounted()) {
        WARN("not tested: " << mount.why_not());
        SUCCEED();
        return;
    }
    Fixture f;
    f.store.open(mount.path(), f.report);
    mount.make_read_only();
    {
        const auto index = f.store.open(mount.path(), f.report);
        CHECK(f.report.private_because == "");
        CHECK(contradiction(*index, f.store) == "");
        CHECK_THROWS_AS(index->add({}, {{"note", Bytes{1}}}), Error);
    }
    f.store.put_seeded(50);
    TemporaryFolder temporary;
    ::setenv("TMPDIR", temporary.path().c_str(), 1);
    {
        const auto index = f.store.open(mount.path(), f.report);
        CHECK(f.report.private_because.find("Read-only") != std::string::npos);
        CHECK(f.report.rebuilt);
        CHECK(contradiction(*index, f.store) == "");
        const MadePack& pack = f.store.put_seeded(51);
        index->add({as_new(pack)}, {});
        CHECK(contradiction(*index, f.store) == "");
        CHECK(files_below(temporary.path()) > 0);
    }
    CHECK(files_below(temporary.path()) == 0);
    ::unsetenv("TMPDIR");
}

TEST_CASE("where the cache folder has no room the index is built in $TMPDIR, or there is no room", "[index]") {
    TemporaryMount mount("size=200k");
    if (!mount.mounted()) {
        WARN("not tested: " << mount.why_not());
        SUCCEED();
        return;
    }
    Fixture f;
    for (std::uint64_t seed = 100; seed < 130; ++seed) f.store.put_seeded(seed, 200);
    TemporaryFolder temporary;
    ::setenv("TMPDIR", temporary.path().c_str(), 1);
    {
        const auto index = f.store.open(mount.path(), f.report);
        CHECK(f.report.private_because != "");
        CHECK(contradiction(*index, f.store) == "");
    }
    ::setenv("TMPDIR", mount.path().c_str(), 1);
    try {
        f.store.open(mount.path(), f.report);
        FAIL("there was room");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::NoSpace);
    }
    ::unsetenv("TMPDIR");
}
