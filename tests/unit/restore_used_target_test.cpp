// Restoring where something is already: what is kept, replaced, refused; staging folders; deleting what is extra.
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>

#include "store/base/file.h"
#include "store/restore_names.h"
#include "tests/support/restored_files.h"
#include "tests/support/stored_tree.h"
#include "tests/support/temporary_folder.h"

using namespace vault;
namespace fs = std::filesystem;

namespace {

void make_folder(const std::string& path, unsigned mode = 0755) {
    REQUIRE(::mkdir(path.c_str(), mode) == 0);
}

int set_flags(const std::string& path, int flags) {
    const UniqueFd fd = open_at(AT_FDCWD, path, O_RDONLY);
    return ::ioctl(fd.get(), FS_IOC_SETFLAGS, &flags);
}

RestoreOptions deleting(const std::string& target) {
    RestoreOptions options;
    options.target = target;
    options.delete_extra = true;
    return options;
}

}  // namespace

TEST_CASE("an existing file is replaced, never written into", "[restore]") {
    TemporaryFolder folder;
    const std::string t = folder.path();
    write_file(t + "/file", "older content");
    REQUIRE(::link((t + "/file").c_str(), (t + "/other link").c_str()) == 0);
    StoredTree tree;
    tree.file("/file", "new");
    CHECK(tree.restore(t).failure_count == 0);
    CHECK(content_of(t + "/file") == "new");
    CHECK(content_of(t + "/other link") == "older content");
    CHECK(names_in(t) == std::vector<std::string>{"file", "other link"});
}

TEST_CASE("what stands in the place of an entry of another type is replaced and never followed", "[restore]") {
    TemporaryFolder folder, outside;
    const std::string t = folder.path();
    write_file(outside.path() + "/precious", "precious");
    fs::create_symlink(outside.path() + "/precious", t + "/file");
    fs::create_symlink(outside.path(), t + "/folder");
    make_folder(t + "/symlink");
    make_folder(t + "/empty folder");
    make_folder(t + "/full");
    write_file(t + "/full/mine", "mine");
    write_file(t + "/kept", "");
    StoredTree tree;
    tree.file("/file", "new file");
    tree.file("/folder/precious", "new content");
    tree.symlink("/symlink", "elsewhere");
    tree.file("/empty folder", "now a file");
    tree.file("/full", "not over what is in it");
    const RestoreReport report = tree.restore(t);
    CHECK(content_of(outside.path() + "/precious") == "precious");
    CHECK(names_in(outside.path()) == std::vector<std::string>{"precious"});
    CHECK(mode_of(t + "/file") == (S_IFREG | 0644));
    CHECK(content_of(t + "/folder/precious") == "new content");
    CHECK(fs::is_directory(fs::symlink_status(t + "/folder")));
    CHECK(fs::read_symlink(t + "/symlink") == "elsewhere");
    CHECK(content_of(t + "/empty folder") == "now a file");
    CHECK(content_of(t + "/full/mine") == "mine");
    REQUIRE(report.failure_count == 1);
    CHECK(report.failures[0].path == "/full");
    CHECK_FALSE(report.failures[0].damaged);
    CHECK(names_in(t) == std::vector<std::string>{"empty folder", "file", "folder", "full", "kept", "symlink"});
}

TEST_CASE("implied folders that exist are left alone, those that are missing get their attributes", "[restore]") {
    TemporaryFolder folder;
    const std::string t = folder.path();
    REQUIRE(::chmod(t.c_str(), 0711) == 0);
    make_folder(t + "/home", 0701);
    make_folder(t + "/srv", 0701);
    StoredTree tree;
    for (const char* path : {"/home", "/var"}) {
        Entry& entry = tree.directory(path);
        entry.implied = true;
        entry.mode = 0750;
    }
    tree.directory("/srv").mode = 0750;
    tree.file("/home/file", "1");
    tree.file("/var/file", "2");
    CHECK(tree.restore(t).failure_count == 0);
    CHECK(mode_of(t) == (S_IFDIR | 0711));
    CHECK(mode_of(t + "/home") == (S_IFDIR | 0701));
    CHECK(mode_of(t + "/srv") == (S_IFDIR | 0750));
    CHECK(mode_of(t + "/var") == (S_IFDIR | 0750));
}

TEST_CASE("an empty target is filled at once at the end, and keeps its own attributes", "[restore]") {
    TemporaryFolder folder;
    const std::string t = folder.path() + "/t";
    make_folder(t, 0711);
    const std::uint64_t inode = inode_of(t);
    StoredTree tree;
    tree.chunks_per_box = 1;
    tree.file("/a/file", "content");
    tree.file("/b", "more");
    std::atomic<bool> seen = false;
    tree.on_load = [&](std::uint64_t) {
        for (const std::string& name : names_in(t)) seen = seen || !name.starts_with(".vault-");
    };
    CHECK(tree.restore(t).failure_count == 0);
    CHECK_FALSE(seen);
    CHECK(inode_of(t) == inode);
    CHECK(mode_of(t) == (S_IFDIR | 0711));
    CHECK(names_in(t) == std::vector<std::string>{"a", "b"});
    CHECK(content_of(t + "/a/file") == "content");
}

TEST_CASE("a file that may not be changed is one failure, and the rest is restored", "[restore]") {
    TemporaryFolder folder;
    const std::string t = folder.path();
    write_file(t + "/fixed", "older");
    if (set_flags(t + "/fixed", FS_IMMUTABLE_FL) != 0) {
        WARN("this file system or user has no immutable files");
        SUCCEED("skipped");
        return;
    }
    StoredTree tree;
    tree.file("/fixed", "new");
    tree.file("/other", "content");
    const RestoreReport report = tree.restore(t);
    CHECK(set_flags(t + "/fixed", 0) == 0);
    REQUIRE(report.failure_count == 1);
    CHECK(report.failures[0].path == "/fixed");
    CHECK(content_of(t + "/fixed") == "older");
    CHECK(names_in(t) == std::vector<std::string>{"fixed", "other"});
}

TEST_CASE("the temporary of a killed restore is taken over", "[restore]") {
    TemporaryFolder folder;
    const std::string t = folder.path();
    write_file(t + "/" + temporary_name("file"), "half");
    write_file(t + "/" + temporary_name("symlink"), "half");
    StoredTree tree;
    tree.file("/file", "whole");
    tree.symlink("/symlink", "x");
    CHECK(tree.restore(t).failure_count == 0);
    CHECK(names_in(t) == std::vector<std::string>{"file", "symlink"});
}

TEST_CASE("two links of one file that land on one path leave no temporary behind", "[restore]") {
    TemporaryFolder folder;
    write_file(folder.path() + "/used", "");
    StoredTree tree;
    tree.file("/a/file", "content");
    tree.link("/b/file", "/a/file");
    RestoreOptions options;
    options.target = folder.path();
    options.strip = 1;
    CHECK(tree.restore(options).failure_count == 0);
    CHECK(names_in(folder.path()) == std::vector<std::string>{"file", "used"});
}

TEST_CASE("staging folders of dead restores are removed, those of live ones are not", "[restore]") {
    TemporaryFolder folder;
    const std::string dead = folder.path() + "/.t.vault-0123456789abcdef";
    const std::string live = folder.path() + "/.t.vault-fedcba9876543210";
    const std::string other = folder.path() + "/.t.vault-0123456789abcdeg";
    make_folder(dead);
    make_folder(dead + "/a", 0000);
    write_file(dead + "/fixed", "x");
    set_flags(dead + "/fixed", FS_IMMUTABLE_FL);
    fs::create_symlink(folder.path() + "/precious", dead + "/link");
    write_file(folder.path() + "/precious", "precious");
    make_folder(live);
    make_folder(other);
    UniqueFd lock = open_at(AT_FDCWD, live, O_RDONLY | O_DIRECTORY);
    REQUIRE(::flock(lock.get(), LOCK_EX | LOCK_NB) == 0);
    StoredTree tree;
    tree.file("/file", "content");
    CHECK(error_kind([&] { tree.restore(folder.path() + "/t"); }) == ErrorKind::Busy);
    CHECK(tree.loads.empty());
    CHECK_FALSE(fs::exists(dead));
    CHECK(fs::exists(live));
    lock.reset();  // now it is a dead one's
    CHECK(tree.restore(folder.path() + "/t").failure_count == 0);
    CHECK_FALSE(fs::exists(live));
    CHECK(fs::exists(other));
    CHECK(content_of(folder.path() + "/precious") == "precious");
}

TEST_CASE("a target that cannot be one is refused before anything is read", "[restore]") {
    TemporaryFolder folder;
    StoredTree tree;
    tree.file("/file", "content");
    write_file(folder.path() + "/file", "");
    CHECK(error_kind([&] { tree.restore(folder.path() + "/file"); }) == ErrorKind::Exists);
    CHECK(error_kind([&] { tree.restore(""); }) == ErrorKind::Usage);
    make_folder(folder.path() + "/busy");
    const UniqueFd lock = open_at(AT_FDCWD, folder.path() + "/busy", O_RDONLY | O_DIRECTORY);
    REQUIRE(::flock(lock.get(), LOCK_EX | LOCK_NB) == 0);
    CHECK(error_kind([&] { tree.restore(folder.path() + "/busy"); }) == ErrorKind::Busy);
    CHECK(tree.loads.empty());
}

TEST_CASE("a target that somebody makes meanwhile is not touched", "[restore]") {
    TemporaryFolder folder;
    const std::string t = folder.path() + "/t";
    StoredTree tree;
    tree.file("/file", "content");
    tree.on_load = [&](std::uint64_t) { ::mkdir(t.c_str(), 0755); };
    CHECK(error_kind([&] { tree.restore(t); }) == ErrorKind::Exists);
    CHECK(names_in(t).empty());
}

TEST_CASE("deleting takes what the snapshot does not have, beneath its source roots alone", "[restore]") {
    TemporaryFolder folder;
    const std::string t = folder.path();
    StoredTree tree;
    tree.directory("/home").implied = true;
    tree.file("/home/ann/kept", "kept");
    tree.directory("/home/ann/empty");
    tree.record.source_roots = {"/home/ann"};
    tree.record.excludes = {"*.cache", "/home/ann/private"};
    tree.record.unreadable = {{"/home/ann/locked", "Permission denied"}};
    tree.record.unreadable_count = 1;
    tree.directory("/home/ann/locked");
    fs::create_directories(t + "/home/ann/extra/deep");
    fs::create_directories(t + "/home/ann/partly/x.cache");
    fs::create_directories(t + "/home/ann/private/deep");
    fs::create_directories(t + "/home/ann/locked");
    fs::create_directories(t + "/home/ann/empty");
    for (const char* path : {"/top", "/home/beside", "/home/ann/extra/deep/file", "/home/ann/a.cache", "/home/ann/old",
                             "/home/ann/partly/x.cache/file", "/home/ann/partly/y", "/home/ann/private/deep/file",
                             "/home/ann/locked/file", "/home/ann/empty/file", "/home/ann/kept"})
        write_file(t + path, "x");
    fs::create_symlink(t + "/home", t + "/home/ann/link out");
    const RestoreReport report = tree.restore(deleting(t));
    CHECK(report.failure_count == 0);
    CHECK(names_in(t) == std::vector<std::string>{"home", "top"});
    CHECK(names_in(t + "/home") == std::vector<std::string>{"ann", "beside"});
    CHECK(names_in(t + "/home/ann") ==
          std::vector<std::string>{"a.cache", "empty", "kept", "locked", "partly", "private"});
    CHECK(names_in(t + "/home/ann/partly") == std::vector<std::string>{"x.cache"});
    CHECK(names_in(t + "/home/ann/partly/x.cache") == std::vector<std::string>{"file"});
    CHECK(names_in(t + "/home/ann/private/deep") == std::vector<std::string>{"file"});
    CHECK(names_in(t + "/home/ann/locked") == std::vector<std::string>{"file"});
    CHECK(names_in(t + "/home/ann/empty").empty());
    CHECK(content_of(t + "/home/ann/kept") == "kept");
    CHECK(report.deleted == 7);  // extra, extra/deep, its file, old, partly/y, empty/file, the link
}

TEST_CASE("deleting makes way for a file where a folder stands, but not over what is protected", "[restore]") {
    TemporaryFolder folder;
    const std::string t = folder.path();
    StoredTree tree;
    tree.record.excludes = {"*.cache"};
    tree.file("/gone", "a file now");
    tree.file("/protected", "a file now");
    for (const char* path : {"/gone/deep", "/protected"}) fs::create_directories(t + path);
    write_file(t + "/gone/deep/file", "x");
    write_file(t + "/protected/a.cache", "x");
    const RestoreReport report = tree.restore(deleting(t));
    CHECK(content_of(t + "/gone") == "a file now");
    CHECK(names_in(t + "/protected") == std::vector<std::string>{"a.cache"});
    REQUIRE(report.failure_count == 1);
    CHECK(report.failures[0].path == "/protected");
}

TEST_CASE("deleting is refused where the snapshot does not tell what may go", "[restore]") {
    TemporaryFolder folder;
    write_file(folder.path() + "/extra", "x");
    StoredTree tree;
    tree.file("/file", "content");
    RestoreOptions options = deleting(folder.path());
    const std::string why = GENERATE(as<std::string>(), "it is incomplete", "its list of unreadable paths was cut",
                                     "it has another name than the rules", "different folders may land in one");
    CAPTURE(why);
    tree.record.incomplete = why == "it is incomplete";
    tree.record.unreadable_count = why == "its list of unreadable paths was cut";
    if (why == "it has another name than the rules") {
        tree.record.recorded_as = "/as";
        tree.record.excludes = {"/source/private"};
    }
    options.strip = why == "different folders may land in one";
    CHECK(error_kind([&] { tree.restore(options); }) == ErrorKind::Usage);
    CHECK(names_in(folder.path()) == std::vector<std::string>{"extra"});
}

TEST_CASE("deleting does not enter a file system that is mounted in the target", "[restore]") {
    TemporaryFolder folder;
    const std::string point = folder.path() + "/mounted";
    make_folder(point);
    if (::mount("tmpfs", point.c_str(), "tmpfs", 0, "size=1m") != 0) {
        WARN("mounting is not allowed here");
        SUCCEED("not mounted");
        return;
    }
    write_file(point + "/extra", "x");
    write_file(folder.path() + "/beside", "x");
    StoredTree tree;
    tree.directory("/mounted");
    const RestoreReport report = tree.restore(deleting(folder.path()));
    const std::vector<std::string> left = names_in(point), left_beside = names_in(folder.path());
    REQUIRE(::umount(point.c_str()) == 0);
    CHECK(report.failure_count == 0);
    CHECK(left == std::vector<std::string>{"extra"});
    CHECK(left_beside == std::vector<std::string>{"beside", "mounted"});
}
