// Restoring a snapshot of which nodes of the manifest cannot be read: all that other nodes hold comes back, and nothing
// is deleted, made half or taken for whole.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "store/source_entry.h"
#include "tests/support/restored_files.h"
#include "tests/support/sample_trees.h"
#include "tests/support/stored_tree.h"
#include "tests/support/temporary_folder.h"

using namespace vault;
namespace fs = std::filesystem;

namespace {

constexpr unsigned kFolders = 6, kFilesPerFolder = 30;

std::string number(unsigned n) {
    return (n < 10 ? "0" : "") + std::to_string(n);
}

std::string file_path(unsigned d, unsigned f) {
    return "/d" + std::to_string(d) + "/f" + number(f);
}

std::string content_at(const std::string& path) {
    return "content of " + path;
}

// Folders /d0 to /d5 of mode 0751 with 30 files each, and below each a folder /dN/sub of mode 0710 with 5, in small
// nodes. The first leaf holds the entries of /d0 to /d5.
void fill(StoredTree& tree) {
    tree.shape = kSmallNodes;
    for (unsigned d = 0; d < kFolders; ++d) {
        tree.directory("/d" + std::to_string(d)).mode = 0751;
        for (unsigned f = 0; f < kFilesPerFolder; ++f) tree.file(file_path(d, f), content_at(file_path(d, f)));
        const std::string sub = "/d" + std::to_string(d) + "/sub";
        tree.directory(sub).mode = 0710;
        for (unsigned f = 0; f < 5; ++f) tree.file(sub + "/g" + number(f), content_at(sub + "/g" + number(f)));
    }
}

std::vector<std::string> paths_below(const std::string& target) {
    std::vector<std::string> paths;
    for (const auto& entry : fs::recursive_directory_iterator(target))
        paths.push_back(entry.path().string().substr(target.size()));
    std::ranges::sort(paths);
    return paths;
}

std::vector<std::string> without(std::vector<std::string> paths, const std::vector<std::string>& lost) {
    std::erase_if(paths, [&](const std::string& path) { return std::ranges::find(lost, path) != lost.end(); });
    return paths;
}

bool tells_of(const RestoreReport& report, const std::string& path, const std::string& what) {
    return std::ranges::any_of(report.failures, [&](const RestoreReport::Failure& failure) {
        return failure.path == path && failure.message.find(what) != std::string::npos;
    });
}

RestoreOptions restoring(const std::string& target, const std::string& path = "/") {
    RestoreOptions options;
    options.target = target;
    options.path = path;
    return options;
}

}  // namespace

TEST_CASE("a lost node costs what it held, and all else is restored whole", "[restore]") {
    TemporaryFolder folder;
    StoredTree tree;
    fill(tree);
    CHECK(tree.restore(folder.path() + "/whole").lost_count == 0);
    const std::vector<std::string> lost = tree.leaf_of("/d2/f10");
    REQUIRE(lost.size() > 1);
    REQUIRE(lost.front().starts_with("/d2/f"));
    REQUIRE(lost.back().starts_with("/d2/f"));
    tree.lose_leaf({"/d2/f10"});
    const std::string t = folder.path() + "/t";
    const RestoreReport report = tree.restore(t);
    REQUIRE(report.lost.size() == 1);
    CHECK(report.lost_count == 1);
    CHECK(report.damaged_count == 1);
    CHECK(report.failure_count == 0);
    CHECK(report.lost[0].totals.entries == lost.size());
    CHECK(report.files == kFolders * (kFilesPerFolder + 5) - lost.size());
    CHECK(paths_below(t) == without(paths_below(folder.path() + "/whole"), lost));
    for (const std::string& path : paths_below(t)) {
        CAPTURE(path);
        if (fs::is_regular_file(t + path)) {
            CHECK(content_of(t + path) == content_at(path));
            CHECK(mode_of(t + path) == (S_IFREG | 0644));
        }
        CHECK(stat_entry(AT_FDCWD, (t + path).c_str()).mtime == Time{978'000'000, 123'456'789});
    }
    CHECK(mode_of(t + "/d2") == (S_IFDIR | 0751));
    CHECK(mode_of(t + "/d2/sub") == (S_IFDIR | 0710));
}

TEST_CASE("folders whose entries are lost are made up for what is below them, and no real one is touched",
          "[restore]") {
    TemporaryFolder folder;
    StoredTree tree;
    fill(tree);
    const std::string t = folder.path() + "/t";
    const bool exists = GENERATE(false, true);
    CAPTURE(exists);
    const std::vector<std::string> lost = tree.leaf_of("/");
    REQUIRE(std::ranges::find(lost, "/d1") != lost.end());
    REQUIRE(std::ranges::find(lost, "/d5/sub") == lost.end());
    tree.lose_leaf({"/"});
    if (exists) {
        fs::create_directories(t + "/d1");
        REQUIRE(::chmod((t + "/d1").c_str(), 0775) == 0);
        REQUIRE(::chmod(t.c_str(), 0757) == 0);
        write_file(t + "/d1/there", "before");
    }
    const RestoreReport report = tree.restore(t);
    CHECK(report.lost_count == 1);
    CHECK(mode_of(t) == (S_IFDIR | (exists ? 0757 : 0700)));
    CHECK(mode_of(t + "/d1") == (S_IFDIR | (exists ? 0775 : 0700)));
    CHECK(tells_of(report, "/d1", exists ? "left as it was" : "0700"));
    CHECK(tells_of(report, "/d4", "0700"));
    CHECK(mode_of(t + "/d4") == (S_IFDIR | 0700));
    CHECK(mode_of(t + "/d4/sub") == (S_IFDIR | 0710));
    CHECK(report.failure_count == kFolders + 1);  // the root too
    CHECK(content_of(t + "/d4/f29") == content_at("/d4/f29"));
    CHECK(content_of(t + "/d4/sub/g04") == content_at("/d4/sub/g04"));
    if (exists) CHECK(content_of(t + "/d1/there") == "before");
}

TEST_CASE("hard links whose first name is lost are linked to each other", "[restore]") {
    TemporaryFolder folder;
    StoredTree tree;
    fill(tree);
    tree.link("/d4/link", "/d2/f10");
    tree.link("/d5/sub/link", "/d2/f10");
    tree.link("/d5/other", "/d2/f09");
    tree.link("/d5/sound", "/d1/f03");
    const std::vector<std::string> lost = tree.leaf_of("/d2/f10");
    CAPTURE(lost);
    REQUIRE(std::ranges::find(lost, "/d2/f09") != lost.end());
    REQUIRE(std::ranges::find(lost, "/d4/link") == lost.end());
    tree.lose_leaf({"/d2/f10"});
    const std::string t = folder.path() + "/t";
    for (int round = 0; round < 2; ++round) {  // into a new target, then over itself
        CAPTURE(round);
        const RestoreReport report = tree.restore(t);
        CHECK(report.failure_count == 0);
        CHECK(report.lost_count == 1);
        CHECK(content_of(t + "/d4/link") == content_at("/d2/f10"));
        CHECK(inode_of(t + "/d4/link") == inode_of(t + "/d5/sub/link"));
        CHECK(content_of(t + "/d5/other") == content_at("/d2/f09"));
        CHECK(inode_of(t + "/d5/sound") == inode_of(t + "/d1/f03"));
        CHECK(!fs::exists(t + "/d2/f10"));
    }
}

TEST_CASE("beside a lost node nothing at all is deleted, and that is said", "[restore]") {
    TemporaryFolder folder;
    const std::string t = folder.path();
    StoredTree tree;
    fill(tree);
    fs::create_directories(t + "/extra folder");
    fs::create_directories(t + "/d0/f00");  // stands in the way of a file that comes before the gap
    write_file(t + "/d0/f00/deep", "x");
    for (const char* path : {"/extra", "/d0/extra", "/extra folder/file"}) write_file(t + path, "x");
    tree.lose_leaf({"/d4/f15"});
    RestoreOptions options = restoring(t);
    options.delete_extra = true;
    const RestoreReport report = tree.restore(options);
    CHECK(report.deletion_refused);
    CHECK(report.deleted == 0);
    for (const char* path : {"/extra", "/d0/extra", "/extra folder/file", "/d0/f00/deep"})
        CHECK(content_of(t + path) == "x");
    CHECK(content_of(t + "/d5/f00") == content_at("/d5/f00"));

    // The part that was asked for is whole, so what is extra in it can be told.
    options.path = "/d0";
    const RestoreReport part = tree.restore(options);
    CHECK(!part.deletion_refused);
    CHECK(part.lost_count == 0);
    CHECK(!fs::exists(t + "/d0/extra"));
    CHECK(content_of(t + "/d0/f00") == content_at("/d0/f00"));
    CHECK(content_of(t + "/extra") == "x");
}

TEST_CASE("a node that is lost during a deleting restore ends the deletion, not the restore", "[restore]") {
    TemporaryFolder folder;
    const std::string t = folder.path();
    StoredTree tree;
    fill(tree);
    fs::create_directories(t + "/d5/sub");
    fs::create_directories(t + "/d0");
    write_file(t + "/d0/extra", "x");
    write_file(t + "/d5/sub/extra", "x");
    RestoreOptions options = restoring(t);
    options.delete_extra = true;
    const std::vector<std::string> lost = tree.leaf_of("/d4/f15");
    REQUIRE(lost.front().starts_with("/d4/f"));
    REQUIRE(lost.back().starts_with("/d4/f"));
    const std::string when = GENERATE(as<std::string>(), "while entries are placed", "while its folder is cleaned",
                                      "when the deletion itself comes by");
    CAPTURE(when);
    const bool is_placing = when == "while entries are placed";
    // The look before is the first visit, the placing the second; the folder asks for each name that it holds.
    tree.lose_leaf({"/d4/f15", is_placing ? 1 : when == "while its folder is cleaned" ? 2 : 2 + lost.size()});
    const RestoreReport report = tree.restore(options);
    CHECK(report.files == kFolders * (kFilesPerFolder + 5) - (is_placing ? lost.size() : 0));
    CHECK(report.damaged_count > 0);
    CHECK(report.deletion_refused == is_placing);
    CHECK(report.deleted == (is_placing ? 0 : 1));
    CHECK(fs::exists(t + "/d0/extra") == is_placing);  // its folder was whole when it was cleaned
    CHECK(content_of(t + "/d5/sub/extra") == "x");
    if (!is_placing) CHECK(tells_of(report, "/", "deleting stopped"));
    for (const std::string& path : lost) CHECK(fs::exists(t + path) != is_placing);
}

TEST_CASE("a part of a snapshot is restored whole where the nodes on its way are sound", "[restore]") {
    TemporaryFolder folder;
    StoredTree tree;
    fill(tree);
    for (const char* path : {"/d0/f20", "/d3/f15", "/d5/sub/g04"}) tree.lose_leaf({path});
    const std::string t = folder.path();
    const RestoreReport part = tree.restore(restoring(t + "/part", "/d2"));
    CHECK(part.lost_count == 0);
    CHECK(part.failure_count == 0);
    CHECK(part.files == kFilesPerFolder + 5);
    const RestoreReport file = tree.restore(restoring(t + "/file", "/d4/f00"));
    CHECK(file.lost_count == 0);
    CHECK(file.failure_count == 0);
    CHECK(content_of(t + "/file/d4/f00") == content_at("/d4/f00"));
    CHECK(paths_below(t + "/file") == std::vector<std::string>{"/d4", "/d4/f00"});

    // The folders above come back by name alone, if need be.
    tree.lose_leaf({"/"});
    const RestoreReport beneath = tree.restore(restoring(t + "/beneath", "/d4/sub/g02"));
    CHECK(beneath.lost_count == 0);
    CHECK(tells_of(beneath, "/d4", "not known"));
    CHECK(beneath.damaged_count == beneath.failure_count);
    CHECK(content_of(t + "/beneath/d4/sub/g02") == content_at("/d4/sub/g02"));
    CHECK(mode_of(t + "/beneath/d4/sub") == (S_IFDIR | 0710));
    CHECK(mode_of(t + "/beneath/d4") == (S_IFDIR | 0700));
}

TEST_CASE("a file needs no node but its own, and a folder tells of none behind it", "[restore]") {
    TemporaryFolder folder;
    StoredTree tree;
    fill(tree);
    // What lay below the file, if it were a folder, would stand here.
    const std::vector<std::string> own = tree.leaf_of("/d4/f00"), below = tree.leaf_of("/d4/sub/g00");
    REQUIRE(own != below);
    tree.lose_leaf({"/d4/sub/g00"});
    const RestoreReport file = tree.restore(restoring(folder.path() + "/file", "/d4/f00"));
    CHECK(file.lost_count == 0);
    CHECK(content_of(folder.path() + "/file/d4/f00") == content_at("/d4/f00"));

    // Two leaves side by side, of which the first ends behind the folder.
    const std::vector<std::string> first = tree.leaf_of("/d1/sub/g04");
    CAPTURE(first);
    REQUIRE(first.back().starts_with("/d2/f"));
    const std::string next = file_path(2, static_cast<unsigned>(std::stoi(first.back().substr(5))) + 1);
    REQUIRE(tree.leaf_of(next) != first);
    tree.lose_leaf({"/d1/sub/g04"});
    tree.lose_leaf({next});
    const RestoreReport part = tree.restore(restoring(folder.path() + "/part", "/d1"));
    CHECK(part.lost_count == 1);
    CHECK(tree.restore(restoring(folder.path() + "/whole")).lost_count == 3);
}

TEST_CASE("a path whose own node is lost, and a snapshot whose root is, make nothing at all", "[restore]") {
    TemporaryFolder folder;
    StoredTree tree;
    fill(tree);
    const bool is_root = GENERATE(false, true);
    if (is_root) tree.lose_root();
    tree.lose_leaf({"/d3/f15"});
    const std::string path = is_root ? "/" : GENERATE(as<std::string>(), "/d3/f15", "/d3/f15a");
    CAPTURE(path);
    CHECK(error_kind([&] { tree.restore(restoring(folder.path() + "/t", path)); }) == ErrorKind::Corrupt);
    CHECK(names_in(folder.path()).empty());
}

TEST_CASE("a node that can be read again a moment later stays lost for the whole restore", "[restore]") {
    TemporaryFolder folder;
    StoredTree tree;
    fill(tree);
    tree.link("/d3/link", "/d2/f10");
    tree.link("/d3/more", "/d2/f10");
    tree.lose_leaf({"/d2/f10", 0, 1});
    const std::string t = folder.path() + "/t";
    const RestoreReport report = tree.restore(t);
    CHECK(report.lost_count == 1);
    CHECK(report.failure_count == 0);
    for (const std::string& path : tree.leaf_of("/d2/f10")) CHECK(!fs::exists(t + path));
    CHECK(inode_of(t + "/d3/link") == inode_of(t + "/d3/more"));
}

TEST_CASE("a folder that was made up stays so, though its entry can be read a moment later", "[restore]") {
    TemporaryFolder folder;
    StoredTree tree;
    fill(tree);
    tree.lose_leaf({"/", 1, 2});  // the first visit asked what "/" is
    const std::string t = folder.path() + "/t";
    const RestoreReport report = tree.restore(t);
    CHECK(report.lost_count == 1);
    CHECK(tells_of(report, "/d4", "0700"));
    CHECK(mode_of(t + "/d4") == (S_IFDIR | 0700));
}

TEST_CASE("a node that is lost after its entries were placed is told all the same", "[restore]") {
    TemporaryFolder folder;
    StoredTree tree;
    fill(tree);
    tree.lose_leaf({"/d2/f10", 1});
    const std::string t = folder.path() + "/t";
    const RestoreReport report = tree.restore(t);
    CHECK(report.lost_count == 1);
    CHECK(report.damaged_count == 1);
    for (const std::string& path : tree.leaf_of("/d2/f10")) CHECK(content_of(t + path) == content_at(path));
    CHECK(mode_of(t + "/d2") == (S_IFDIR | 0751));
}

TEST_CASE("a medium that fails is no damage, and what it did not give is told of all the same", "[restore]") {
    TemporaryFolder folder;
    StoredTree tree;
    fill(tree);
    tree.lose_leaf({"/d2/f10", 0, UINT64_MAX, ErrorKind::Io});
    const RestoreReport report = tree.restore(folder.path() + "/t");
    CHECK(report.lost_count == 1);
    CHECK(report.damaged_count == 0);
    tree.lose_leaf({"/d2/f10", 0, UINT64_MAX, ErrorKind::Busy});
    CHECK(error_kind([&] { tree.restore(folder.path() + "/u"); }) == ErrorKind::Busy);
}
