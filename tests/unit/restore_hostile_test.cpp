// Restoring what somebody made to do harm: snapshots that lead out of the target or contradict themselves, and
// processes that change the target while it is filled.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "store/base/file.h"
#include "store/format/manifest_key.h"
#include "store/restore_beneath.h"
#include "tests/support/restored_files.h"
#include "tests/support/stored_tree.h"
#include "tests/support/temporary_folder.h"

using namespace vault;
namespace fs = std::filesystem;

TEST_CASE("a snapshot cannot write through a symlink that it holds itself", "[restore]") {
    TemporaryFolder folder, outside;
    const bool into_new = GENERATE(true, false);
    CAPTURE(into_new);
    const std::string t = folder.path() + "/t";
    if (!into_new) {
        REQUIRE(::mkdir(t.c_str(), 0755) == 0);
        write_file(t + "/something", "");
    }
    StoredTree tree;
    tree.directory("/way");
    tree.file("/way/file", "planted");
    tree.directory("/way/folder");
    tree.symlink("/way/symlink", "x");
    tree.symlink("/way", outside.path());
    const RestoreReport report = tree.restore(t);
    CHECK(report.failure_count >= 3);
    CHECK(names_in(outside.path()).empty());
    CHECK(fs::is_symlink(t + "/way"));
    CHECK(mode_of(outside.path()) == (S_IFDIR | 0700));
}

TEST_CASE("an entry below a file is a failure of that entry alone", "[restore]") {
    TemporaryFolder folder;
    StoredTree tree;
    tree.file("/file/below", "content");
    tree.file("/file", "a file");
    tree.file("/other", "content");
    const RestoreReport report = tree.restore(folder.path() + "/t");
    REQUIRE(report.failure_count == 1);
    CHECK(report.failures[0].path == "/file/below");
    CHECK(names_in(folder.path() + "/t") == std::vector<std::string>{"file", "other"});
}

TEST_CASE("hard links to nothing, to another type or to a link are damage of that entry", "[restore]") {
    TemporaryFolder folder;
    StoredTree tree;
    tree.file("/a", "content");
    tree.symlink("/b", "x");
    Entry entry = tree.file("/z1", "content");
    entry.first_link = manifest_key({"missing"});
    tree.add("/z1", entry);
    entry.first_link = manifest_key({"b"});
    tree.add("/z2", entry);
    entry.first_link = manifest_key({"a"});
    tree.add("/z3", entry);
    entry.first_link = manifest_key({"z3"});
    tree.add("/z4", entry);
    const RestoreReport report = tree.restore(folder.path() + "/t");
    CHECK(report.failure_count == 3);
    CHECK(report.damaged_count == 3);
    CHECK(names_in(folder.path() + "/t") == std::vector<std::string>{"a", "b", "z3"});
}

TEST_CASE("a content of another length than the entry says is damage", "[restore]") {
    TemporaryFolder folder;
    StoredTree tree;
    Entry& longer = tree.file("/longer", "twelve bytes");
    std::get<ExtentList>(longer.content).extents[0].length = 13;
    longer.size = 13;
    Entry& shorter = tree.file("/shorter", "twelve bytes");
    std::get<ExtentList>(shorter.content).extents[0].length = 11;
    shorter.size = 11;
    std::vector<Extent> many(300, tree.chunk("x"));
    for (std::size_t i = 0; i < many.size(); i += 2) many[i] = tree.chunk("y");
    tree.file_of("/tree", many).size = 400;
    const RestoreReport report = tree.restore(folder.path() + "/t");
    CHECK(report.failure_count == 3);
    CHECK(report.damaged_count == 3);
    CHECK(names_in(folder.path() + "/t").empty());
}

TEST_CASE("an attribute set that cannot be read keeps its file away", "[restore]") {
    TemporaryFolder folder;
    StoredTree tree;
    tree.file("/file", "content").attributes = AttributesChunk{ChunkId{}, 10};
    const RestoreReport report = tree.restore(folder.path() + "/t");
    CHECK(report.damaged_count == 1);
    CHECK(names_in(folder.path() + "/t").empty());
}

TEST_CASE("a process that swaps folders for symlinks while files are written gets nothing outside", "[restore]") {
    TemporaryFolder folder, outside;
    const std::string t = folder.path();
    write_file(t + "/used", "");
    StoredTree tree;
    tree.chunks_per_box = 1;
    for (int i = 0; i < 400; ++i)
        tree.file("/d" + std::to_string(i % 4) + "/s/f" + std::to_string(i), "content " + std::to_string(i));
    std::atomic<bool> stop = false;
    std::thread attacker([&] {
        for (unsigned round = 0; !stop; ++round) {
            const std::string d = t + "/d" + std::to_string(round % 4), aside = d + ".aside";
            if (::rename(d.c_str(), aside.c_str()) != 0) continue;
            if (::symlink(outside.path().c_str(), d.c_str()) == 0) {
                ::usleep(50);
                ::unlink(d.c_str());
            }
            ::rename(aside.c_str(), d.c_str());
        }
    });
    ::mkdir((outside.path() + "/s").c_str(), 0700);
    for (int round = 0; round < 20; ++round) {
        try {
            tree.restore(t);
        } catch (const Error& error) {
            CAPTURE(error.what());
            CHECK(error.kind() != ErrorKind::Corrupt);
        }
    }
    stop = true;
    attacker.join();
    CHECK(names_in(outside.path()) == std::vector<std::string>{"s"});
    CHECK(names_in(outside.path() + "/s").empty());
    CHECK(mode_of(outside.path() + "/s") == (S_IFDIR | 0700));
}

TEST_CASE("paths beneath the target follow no symlink, with openat2 and without", "[restore]") {
    TemporaryFolder folder, outside;
    const Resolve resolve = GENERATE(Resolve::ByKernel, Resolve::ByComponent);
    fs::create_directories(folder.path() + "/a/b");
    fs::create_directories(outside.path() + "/b");
    fs::create_symlink(outside.path(), folder.path() + "/out");
    fs::create_symlink("a", folder.path() + "/in");
    fs::create_symlink(outside.path() + "/b", folder.path() + "/a/last");
    write_file(folder.path() + "/file", "");
    const UniqueFd root = open_at(AT_FDCWD, folder.path(), O_RDONLY | O_DIRECTORY);
    Beneath beneath(root.get(), 2, resolve);
    const auto inode = [&](const std::string& path) {
        struct ::stat stat;
        REQUIRE(::fstat(beneath.directory(path), &stat) == 0);
        return stat.st_ino;
    };
    for (int round = 0; round < 2; ++round) {
        CHECK(inode("") == inode_of(folder.path()));
        CHECK(inode("a") == inode_of(folder.path() + "/a"));
        CHECK(inode("a/b") == inode_of(folder.path() + "/a/b"));
    }
    for (const char* path : {"out", "out/b", "in/b", "a/last", "file", "a/none", "../" /* no component of ours */}) {
        CAPTURE(path);
        if (resolve == Resolve::ByComponent && std::string(path) == "../") continue;
        CHECK_THROWS_AS(beneath.directory(path), Error);
    }
}
