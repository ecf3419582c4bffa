// Folders of runs: whose run has ended goes, whose run goes on stays.
#include "store/locked_folder.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <optional>

#include "store/base/error.h"
#include "tests/support/temporary_folder.h"

using namespace vault;
namespace fs = std::filesystem;

TEST_CASE("a locked folder goes with its owner, and with all that is in it", "[folder]") {
    const TemporaryFolder parent;
    std::optional<LockedFolder> folder(std::in_place, parent.path(), "run-");
    const fs::path path = folder->path();
    REQUIRE(path.filename().string().starts_with("run-"));
    CHECK((fs::status(path).permissions() & fs::perms::all) == fs::perms::owner_all);
    fs::create_directories(path / "deep" / "er");
    std::ofstream(path / "deep" / "file") << "contents";
    folder.reset();
    CHECK(fs::is_empty(parent.path()));
}

TEST_CASE("a new locked folder removes those whose run has ended, and nothing else", "[folder]") {
    const TemporaryFolder parent;
    const LockedFolder alive(parent.path(), "run-");
    fs::create_directories(fs::path(parent.path()) / "run-dead" / "deep");
    fs::create_directories(fs::path(parent.path()) / "other-dead");
    std::ofstream(fs::path(parent.path()) / "run-file") << "contents";
    const LockedFolder made(parent.path(), "run-");
    CHECK(made.path() != alive.path());
    CHECK(fs::exists(alive.path()));
    CHECK(!fs::exists(fs::path(parent.path()) / "run-dead"));
    CHECK(fs::exists(fs::path(parent.path()) / "other-dead"));
    CHECK(fs::exists(fs::path(parent.path()) / "run-file"));
}

TEST_CASE("where there is no folder to make one in, the error names what could not be made", "[folder]") {
    const TemporaryFolder parent;
    try {
        const LockedFolder folder(parent.path() + "/nowhere", "run-");
        FAIL("it was made");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::NotFound);
        CHECK_THAT(error.what(), Catch::Contains("/nowhere/run-"));
    }
    CHECK(!fs::exists(parent.path() + "/nowhere"));
}
