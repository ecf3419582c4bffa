// The walk over source roots, on real folders.
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>

#include "store/base/error.h"
#include "store/base/file.h"
#include "store/format/limits.h"
#include "store/format/manifest_key.h"
#include "store/walk.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_folder.h"

using namespace vault;
namespace fs = std::filesystem;

namespace {

struct Seen {
    std::string key, path;
    bool implied = false;
    std::size_t source = kNoSource;
    EntryType type = EntryType::Regular;
};

class Recorder : public WalkVisitor {
  public:
    void entry(WalkedEntry entry) override {
        if (on_entry) on_entry(entry.path);
        seen.push_back({entry.key, entry.path, entry.implied, entry.source, entry.stat.type});
        if (count_open)
            open_max = std::max<std::size_t>(
                open_max, static_cast<std::size_t>(std::distance(fs::directory_iterator("/proc/self/fd"), {})));
    }
    void unreadable(const std::string& path, const std::string& message) override { failed.emplace(path, message); }

    const Seen* find(const std::string& path) const {
        const auto found = std::find_if(seen.begin(), seen.end(), [&](const Seen& s) { return s.path == path; });
        return found == seen.end() ? nullptr : &*found;
    }
    std::vector<std::string> below(const std::string& top) const {
        std::vector<std::string> paths;
        for (const Seen& one : seen)
            if (one.path.starts_with(top + "/")) paths.push_back(one.path.substr(top.size() + 1));
        return paths;
    }

    std::function<void(const std::string&)> on_entry;
    std::vector<Seen> seen;
    std::multimap<std::string, std::string> failed;
    bool count_open = false;
    std::size_t open_max = 0;
};

struct Place {
    TemporaryFolder folder;
    const std::string top = fs::canonical(folder.path()).string();

    void file(const std::string& path) const { std::ofstream(top + "/" + path) << path; }
    void dir(const std::string& path) const { fs::create_directories(top + "/" + path); }
};

struct Options {
    std::optional<std::string> as = {};
    std::vector<std::string> excludes = {};
    std::vector<FolderIdentity> not_entered = {};
    std::size_t open_max = OpenFolders::open_folders_max();
};

void walk_into(Recorder& recorder, const std::vector<std::string>& paths, const Options& options = {}) {
    const auto roots = resolve_source_roots(paths, options.as);
    std::vector<std::string> recorded;
    for (const SourceRoot& root : roots) recorded.push_back(root.recorded_path());
    Excludes excludes(options.excludes, recorded);
    OpenFolders open(options.open_max);
    walk(roots, excludes, options.not_entered, open, recorder);
}

// Keys ascend strictly, and every entry but the root has its folder before it.
bool is_manifest_order(const std::vector<Seen>& seen) {
    std::set<std::string> folders;
    for (std::size_t i = 0; i < seen.size(); ++i) {
        if (i > 0 && !(seen[i - 1].key < seen[i].key)) return false;
        if (i == 0 ? !seen[i].key.empty() : !folders.contains(parent_key(seen[i].key))) return false;
        if (path_of_key(seen[i].key) != seen[i].path) return false;
        if (seen[i].type == EntryType::Directory) folders.insert(seen[i].key);
    }
    return true;
}

std::string top_of(const std::string& path, std::size_t components) {
    const auto all = components_of_path(path);
    std::string out;
    for (std::size_t i = 0; i < components; ++i) out += "/" + all[i];
    return out;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("entries come in the order of their manifest keys, all of them, whatever their names", "[walk]") {
    const Names names{"a", "a-", "a b", "a\x01", "b", "\xff\x80", "Z", "...", "\n"};
    REQUIRE(rc::check([&] {
        const Place place;
        std::vector<std::string> expected;
        const auto paths = *rc::gen::resize(20, rc::gen::container<std::vector<Names>>(rc::gen::resize(
                                                    5, rc::gen::container<Names>(rc::gen::elementOf(names)))));
        for (const Names& path : paths) {
            std::string at = place.top;
            for (const std::string& name : path) fs::create_directory(at += "/" + name);
            std::ofstream(at + "/f" + (path.empty() ? "" : path[0])) << 1;
        }
        for (const auto& found : fs::recursive_directory_iterator(place.top))
            expected.push_back(manifest_key(components_of_path(found.path().string())));
        std::sort(expected.begin(), expected.end());
        Recorder recorder;
        walk_into(recorder, {place.top});
        RC_ASSERT(is_manifest_order(recorder.seen));
        RC_ASSERT(recorder.failed.empty());
        std::vector<std::string> keys;
        for (const Seen& one : recorder.seen)
            if (one.path.size() > place.top.size()) keys.push_back(one.key);
        RC_ASSERT(keys == expected);
    }));
}

TEST_CASE("the folders on the way to a source root are implied, and nothing beside it is seen", "[walk]") {
    const Place place;
    place.dir("a/wanted");
    place.file("a/beside");
    place.file("a/wanted/f");
    Recorder recorder;
    walk_into(recorder, {place.top + "/a/wanted"});
    CHECK(is_manifest_order(recorder.seen));
    CHECK(recorder.below(place.top) == Names{"a", "a/wanted", "a/wanted/f"});
    CHECK(recorder.find("/")->implied);
    CHECK(recorder.find(place.top + "/a")->implied);
    CHECK(recorder.find(place.top + "/a")->source == kNoSource);
    CHECK_FALSE(recorder.find(place.top + "/a/wanted")->implied);
    CHECK(recorder.find(place.top + "/a/wanted/f")->source == 0);
}

TEST_CASE("a file is a source root", "[walk]") {
    const Place place;
    place.file("one");
    place.file("two");
    Recorder recorder;
    walk_into(recorder, {place.top + "/two"});
    CHECK(recorder.below(place.top) == Names{"two"});
    CHECK(recorder.find(place.top + "/two")->source == 0);
}

TEST_CASE("roots that overlap merge, and each entry belongs to the innermost one", "[walk]") {
    const Place place;
    for (const char* path : {"a/b/c", "a/d", "x"}) place.dir(path);
    for (const char* path : {"a/b/c/f", "a/d/g", "a/f", "x/h"}) place.file(path);
    Recorder recorder;
    walk_into(recorder, {place.top + "/a", place.top + "/a/b/c", place.top + "/x/h"});
    CHECK(is_manifest_order(recorder.seen));
    CHECK(recorder.below(place.top) == Names{"a", "x", "a/b", "a/d", "a/f", "a/b/c", "a/b/c/f", "a/d/g", "x/h"});
    const auto source = [&](const std::string& path) { return recorder.find(place.top + "/" + path)->source; };
    CHECK(source("a/b") == 0);
    CHECK(source("a/b/c/f") == 1);
    CHECK(source("a/d/g") == 0);
    CHECK(source("x") == kNoSource);
    CHECK(source("x/h") == 2);
}

TEST_CASE("a tree recorded elsewhere has made-up folders above it and its own entries below", "[walk]") {
    const Place place;
    place.dir("src/sub");
    place.file("src/sub/f");
    Recorder recorder;
    walk_into(recorder, {place.top + "/src"}, {.as = "/made/up"});
    CHECK(is_manifest_order(recorder.seen));
    REQUIRE(recorder.seen.size() == 5);
    CHECK(recorder.seen[1].path == "/made");
    CHECK(recorder.seen[1].implied);
    CHECK_FALSE(recorder.find("/made/up")->implied);
    CHECK(recorder.find("/made/up/sub/f")->source == 0);

    Recorder file;
    walk_into(file, {place.top + "/src/sub/f"}, {.as = "/made/f"});
    CHECK(file.below("/made") == Names{"f"});

    Recorder top;
    walk_into(top, {place.top + "/src"}, {.as = "/"});
    CHECK(is_manifest_order(top.seen));
    CHECK(top.below("") == Names{"", "sub", "sub/f"});
    CHECK_FALSE(top.find("/")->implied);
}

TEST_CASE("what is excluded is not seen, but a source root named below it is", "[walk]") {
    const Place place;
    for (const char* path : {"a/cache/keep/deep", "a/other"}) place.dir(path);
    for (const char* path : {"a/cache/junk", "a/cache/keep/deep/f", "a/other/junk", "a/g"}) place.file(path);
    Recorder recorder;
    walk_into(recorder, {place.top + "/a", place.top + "/a/cache/keep"}, {.excludes = {"cache", "junk"}});
    CHECK(recorder.below(place.top) ==
          Names{"a", "a/cache", "a/g", "a/other", "a/cache/keep", "a/cache/keep/deep", "a/cache/keep/deep/f"});
    CHECK(recorder.find(place.top + "/a/cache")->implied);
    CHECK(recorder.find(place.top + "/a/cache/keep/deep/f")->source == 1);
}

TEST_CASE("a folder that is not to be entered is seen, and what it holds is not", "[walk]") {
    const Place place;
    place.dir("repository/packs");
    place.file("f");
    struct stat found {};
    REQUIRE(::stat((place.top + "/repository").c_str(), &found) == 0);
    Recorder recorder;
    walk_into(recorder, {place.top}, {.not_entered = {{found.st_dev, found.st_ino}}});
    CHECK(recorder.below(place.top) == Names{"f", "repository"});
}

TEST_CASE("a folder that cannot be listed is told, and the rest is walked; one that is only searchable is no obstacle",
          "[walk]") {
    const Place place;
    ::chmod(place.top.c_str(), 0755);
    for (const char* path : {"home/ann", "home/locked/in"}) place.dir(path);
    for (const char* path : {"home/ann/f", "home/locked/in/g", "home/z"}) place.file(path);
    fs::permissions(place.top + "/home/locked", fs::perms(0711));
    const auto as_other_user = [&](const std::function<void()>& work) {
        return succeeds_in_child([&] {
            if (::setresgid(65534, 65534, 65534) != 0 || ::setresuid(65534, 65534, 65534) != 0)
                throw std::runtime_error("this test needs root");
            work();
        });
    };
    const auto expect = [](bool holds, const char* what) {
        if (!holds) throw std::runtime_error(what);
    };
    CHECK(as_other_user([&] {
        Recorder recorder;
        walk_into(recorder, {place.top + "/home"});
        expect(recorder.below(place.top) == Names{"home", "home/ann", "home/locked", "home/z", "home/ann/f"},
               "entries");
        expect(recorder.failed.size() == 1 && recorder.failed.contains(place.top + "/home/locked"), "unreadable");
    }));
    // A source root named below a folder that cannot be listed is walked, whether the folder is implied or not.
    CHECK(as_other_user([&] {
        Recorder recorder;
        walk_into(recorder, {place.top + "/home/locked/in"});
        expect(recorder.below(place.top + "/home/locked") == Names{"in", "in/g"} && recorder.failed.empty(), "implied");
        Recorder both;
        walk_into(both, {place.top + "/home", place.top + "/home/locked/in"});
        expect(both.below(place.top + "/home/locked") == Names{"in", "in/g"} && both.failed.size() == 1, "nested");
    }));
    CHECK(as_other_user([&] {
        Recorder recorder;
        try {
            walk_into(recorder, {place.top + "/home/locked"});
        } catch (const Error& error) {
            expect(error.kind() == ErrorKind::Denied, "kind");
            return;
        }
        expect(false, "a source root that cannot be listed ends the walk");
    }));
}

TEST_CASE("a folder that becomes a symlink during the walk does not lead out of the root", "[walk]") {
    const Place place;
    for (const char* path : {"root/d", "outside"}) place.dir(path);
    for (const char* path : {"root/d/inner", "root/e", "outside/secret"}) place.file(path);
    Recorder recorder;
    recorder.on_entry = [&](const std::string& path) {
        if (path != place.top + "/root/e") return;
        fs::remove_all(place.top + "/root/d");
        fs::create_directory_symlink("../outside", place.top + "/root/d");
    };
    walk_into(recorder, {place.top + "/root"});
    CHECK(recorder.below(place.top + "/root") == Names{"d", "e"});
    CHECK(recorder.failed.contains(place.top + "/root/d"));
}

TEST_CASE("an entry that goes between listing and looking was never there; a source root that goes is an error",
          "[walk]") {
    const Place place;
    place.dir("root");
    for (const char* path : {"root/a", "root/b"}) place.file(path);
    Recorder recorder;
    recorder.on_entry = [&](const std::string& path) {
        if (path == place.top + "/root/a") fs::remove(place.top + "/root/b");
    };
    walk_into(recorder, {place.top + "/root"});
    CHECK(recorder.below(place.top + "/root") == Names{"a"});
    CHECK(recorder.failed.empty());

    Recorder gone;
    gone.on_entry = [&](const std::string& path) {
        if (path == "/") fs::remove_all(place.top + "/root");
    };
    CHECK_THROWS_AS(walk_into(gone, {place.top + "/root"}), Error);
}

TEST_CASE("a tree of 200 levels is walked with no more folders open than are allowed", "[walk]") {
    const Place place;
    constexpr std::size_t kLevels = 200;
    std::string at;
    for (std::size_t level = 0; level < kLevels; ++level) {
        at += level == 0 ? "a" : "/a";
        place.dir(at);
        place.dir(at + "/b");
        place.file(at + "/b/f");
    }
    Recorder recorder;
    recorder.count_open = true;
    const auto before = static_cast<std::size_t>(std::distance(fs::directory_iterator("/proc/self/fd"), {}));
    walk_into(recorder, {place.top}, {.open_max = 64});
    CHECK(is_manifest_order(recorder.seen));
    CHECK(recorder.failed.empty());
    CHECK(recorder.below(place.top).size() == 3 * kLevels);
    CHECK(recorder.open_max < before + 72);
    CHECK(recorder.open_max > before + 60);  // so many are in use
}

TEST_CASE("a folder that was moved while the walk was deep below it is not mistaken for another", "[walk]") {
    const Place place;
    std::string at = "r/m";
    for (int level = 0; level < 100; ++level) place.dir(at += "/a");
    for (const char* path : {"r/m/later", "other/later"}) place.dir(path);
    for (const char* path : {"r/m/later/f", "other/later/secret"}) place.file(path);
    Recorder recorder;
    recorder.on_entry = [&](const std::string& path) {
        if (path != place.top + "/" + at) return;
        fs::rename(place.top + "/r/m", place.top + "/moved");
        fs::rename(place.top + "/other", place.top + "/r/m");
    };
    walk_into(recorder, {place.top + "/r"}, {.open_max = 64});
    CHECK(recorder.find(place.top + "/r/m/later/secret") == nullptr);
    CHECK(recorder.failed.contains(place.top + "/r/m/later"));
}

TEST_CASE("a path whose key would be too long is told, and shorter ones beside it are kept", "[walk]") {
    const Place place;
    const std::string name(250, 'n');
    UniqueFd at = open_at(AT_FDCWD, place.top, O_RDONLY | O_DIRECTORY);
    std::size_t levels = 0;
    for (std::size_t key_bytes = 3; key_bytes <= kManifestKeyBytesMax + 600; key_bytes += name.size() + 1, ++levels) {
        REQUIRE(::mkdirat(at.get(), name.c_str(), 0755) == 0);
        at = open_at(at.get(), name, O_RDONLY | O_DIRECTORY);
        UniqueFd(open_at(at.get(), "f", O_WRONLY | O_CREAT));
    }
    Recorder recorder;
    walk_into(recorder, {place.top}, {.as = "/t"});
    CHECK(is_manifest_order(recorder.seen));
    REQUIRE(recorder.failed.size() == 1);
    CHECK(recorder.failed.begin()->first.size() > kManifestKeyBytesMax);
    CHECK(recorder.seen.size() < 2 * levels);
    CHECK(recorder.seen.back().key.size() <= kManifestKeyBytesMax);
    CHECK(recorder.seen.back().key.size() > kManifestKeyBytesMax - 600);
    CHECK(top_of(recorder.seen.back().path, 1) == "/t");
}
