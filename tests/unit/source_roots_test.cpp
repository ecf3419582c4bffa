// What the PATHs of a run mean.
#include <catch2/catch.hpp>

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "store/base/error.h"
#include "store/source_roots.h"
#include "tests/support/temporary_folder.h"

using namespace vault;
namespace fs = std::filesystem;

namespace {

struct Place {
    TemporaryFolder folder;
    const std::string top = fs::canonical(folder.path()).string();
    const fs::path before = fs::current_path();
    Place() {
        fs::create_directories(top + "/real/inner");
        std::ofstream(top + "/real/file") << "x";
        fs::create_directory_symlink("real", top + "/link");
        fs::create_symlink("nowhere", top + "/dangling");
    }
    ~Place() { fs::current_path(before); }

    std::vector<std::string> actual(const std::vector<std::string>& paths) const {
        std::vector<std::string> found;
        for (const SourceRoot& root : resolve_source_roots(paths, std::nullopt)) {
            CHECK(root.actual == root.recorded_path());
            found.push_back(root.actual);
        }
        return found;
    }
};

Error refusal(const std::vector<std::string>& paths, const std::optional<std::string>& as = std::nullopt) {
    try {
        resolve_source_roots(paths, as);
    } catch (const Error& error) {
        return error;
    }
    FAIL("nothing was refused");
    throw std::logic_error("unreachable");
}

using Paths = std::vector<std::string>;

}  // namespace

TEST_CASE("a PATH that is a symlink is refused with its target", "[source_roots]") {
    const Place place;
    const Error error = refusal({place.top + "/link"});
    CHECK(error.kind() == ErrorKind::Usage);
    CHECK(std::string(error.what()).find("symlink to real") != std::string::npos);
    CHECK(refusal({place.top + "/dangling"}).kind() == ErrorKind::Usage);
}

TEST_CASE("a symlink with a slash at its end is followed", "[source_roots]") {
    const Place place;
    CHECK(place.actual({place.top + "/link/"}) == Paths{place.top + "/real"});
    CHECK(place.actual({place.top + "/link/."}) == Paths{place.top + "/real"});
    CHECK(refusal({place.top + "/dangling/"}).kind() == ErrorKind::NotFound);
}

TEST_CASE("symlinks on the way are resolved", "[source_roots]") {
    const Place place;
    CHECK(place.actual({place.top + "/link/inner"}) == Paths{place.top + "/real/inner"});
    CHECK(place.actual({place.top + "/link/file"}) == Paths{place.top + "/real/file"});
}

TEST_CASE("relative paths are of the working directory", "[source_roots]") {
    const Place place;
    fs::current_path(place.top + "/real");
    CHECK(place.actual({"inner"}) == Paths{place.top + "/real/inner"});
    CHECK(place.actual({"./file"}) == Paths{place.top + "/real/file"});
    CHECK(place.actual({"."}) == Paths{place.top + "/real"});
    CHECK(place.actual({".."}) == Paths{place.top});
    CHECK(place.actual({"inner/.."}) == Paths{place.top + "/real"});
}

TEST_CASE("paths that are one after resolving count once, and the rest ascend", "[source_roots]") {
    const Place place;
    CHECK(place.actual({place.top + "/real/inner", place.top + "/link/inner", place.top + "//real/inner/",
                        place.top + "/real/file"}) == Paths{place.top + "/real/file", place.top + "/real/inner"});
}

TEST_CASE("the root of the file system is a PATH", "[source_roots]") {
    const auto roots = resolve_source_roots({"/"}, std::nullopt);
    REQUIRE(roots.size() == 1);
    CHECK(roots[0].actual == "/");
    CHECK(roots[0].recorded.empty());
    CHECK(roots[0].recorded_path() == "/");
}

TEST_CASE("what is not there, is empty, or is no folder on the way is refused", "[source_roots]") {
    const Place place;
    CHECK(refusal({place.top + "/absent"}).kind() == ErrorKind::NotFound);
    CHECK(refusal({place.top + "/absent/file"}).kind() == ErrorKind::NotFound);
    CHECK(refusal({place.top + "/real/file/x"}).kind() == ErrorKind::Io);
    CHECK(refusal({place.top + "/real/file/"}).kind() == ErrorKind::Io);
    CHECK(refusal({""}).kind() == ErrorKind::Usage);
    CHECK(refusal({}).kind() == ErrorKind::Usage);
}

TEST_CASE("--as takes one PATH and an absolute place without ..", "[source_roots]") {
    const Place place;
    const auto roots = resolve_source_roots({place.top + "/real"}, "/elsewhere//x/");
    REQUIRE(roots.size() == 1);
    CHECK(roots[0].actual == place.top + "/real");
    CHECK(roots[0].recorded_path() == "/elsewhere/x");
    CHECK(refusal({place.top + "/real", place.top + "/real/file"}, "/x").kind() == ErrorKind::Usage);
    CHECK(refusal({place.top + "/real"}, "x").kind() == ErrorKind::Usage);
    CHECK(refusal({place.top + "/real"}, "/a/../b").kind() == ErrorKind::Usage);
}
