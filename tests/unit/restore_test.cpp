// Restoring whole trees into new and into used targets: contents, types, hard links, holes, metadata, damage.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <random>

#include "store/base/file.h"
#include "store/restore_names.h"
#include "store/source_entry.h"
#include "tests/support/restored_files.h"
#include "tests/support/stored_tree.h"
#include "tests/support/temporary_folder.h"

using namespace vault;
namespace fs = std::filesystem;

namespace {

std::vector<DataRun> data_runs(const std::string& path) {
    const UniqueFd fd = open_at(AT_FDCWD, path, O_RDONLY);
    const std::uint64_t size = fs::file_size(path);
    std::vector<DataRun> runs;
    for (std::uint64_t at = 0;; at = runs.back().offset + runs.back().length) {
        const auto run = next_data_run(fd.get(), at, size);
        if (!run) break;
        runs.push_back(*run);
    }
    return runs;
}

std::string noise(std::size_t bytes, unsigned seed) {
    std::string text(bytes, '\0');
    std::uint64_t state = seed * 0x9E3779B97F4A7C15ull + 1;
    for (char& c : text) c = static_cast<char>((state = state * 6364136223846793005ull + 1442695040888963407ull) >> 56);
    return text;
}

}  // namespace

TEST_CASE("files, folders, links and special files come back as they were", "[restore]") {
    TemporaryFolder folder;
    const std::string target = folder.path() + "/new/target";
    StoredTree tree;
    tree.directory("/a").mode = 0750;
    tree.directory("/a/empty").mode = 01777;
    tree.file("/a/file", "some content").mode = 0640;
    tree.file("/a/nothing", "");
    tree.inline_file("/inline", "short");
    tree.file_of("/a/parts", {tree.chunk("first,"), tree.chunk("second,"), tree.chunk("first,"), tree.chunk("last")});
    tree.symlink("/a/symlink", "../nowhere");
    Entry fifo = tree.symlink("/fifo", "x");
    fifo.type = EntryType::Fifo;
    fifo.target.clear();
    fifo.mode = 0604;
    fifo.size = 0;
    tree.add("/fifo", fifo);
    fifo.type = EntryType::Socket;
    tree.add("/socket", fifo);

    const RestoreReport report = tree.restore(target);
    CHECK(report.failure_count == 0);
    CHECK(report.files == 4);
    CHECK(report.directories == 3);
    CHECK(report.others == 3);
    CHECK(report.bytes == 12 + 5 + 23);
    CHECK(content_of(target + "/a/file") == "some content");
    CHECK(content_of(target + "/a/nothing") == "");
    CHECK(content_of(target + "/inline") == "short");
    CHECK(content_of(target + "/a/parts") == "first,second,first,last");
    CHECK(fs::read_symlink(target + "/a/symlink") == "../nowhere");
    CHECK(mode_of(target + "/a") == (S_IFDIR | 0750));
    CHECK(mode_of(target + "/a/empty") == (S_IFDIR | 01777));
    CHECK(mode_of(target + "/a/file") == (S_IFREG | 0640));
    CHECK(mode_of(target + "/fifo") == (S_IFIFO | 0604));
    CHECK(mode_of(target + "/socket") == (S_IFSOCK | 0604));
    for (const char* path : {"", "/a", "/a/empty", "/a/file", "/inline", "/a/symlink", "/fifo"}) {
        CAPTURE(path);
        CHECK(stat_entry(AT_FDCWD, (target + path).c_str()).mtime == Time{978'000'000, 123'456'789});
    }
    CHECK(names_in(folder.path() + "/new") == std::vector<std::string>{"target"});
}

TEST_CASE("holes come back exactly, and runs of zeros that were data stay data", "[restore]") {
    TemporaryFolder folder;
    StoredTree tree;
    const std::string block = noise(65'536, 1), zeros(65'536, '\0');
    tree.file_of("/middle", {tree.chunk(block), StoredTree::hole(131'072), tree.chunk(zeros)});
    tree.file_of("/end", {tree.chunk(block), StoredTree::hole(100'001)});
    tree.file_of("/all", {StoredTree::hole(1'000'000)});
    REQUIRE(tree.restore(folder.path() + "/t").failure_count == 0);
    const std::string t = folder.path() + "/t";
    CHECK(data_runs(t + "/middle") == std::vector<DataRun>{{0, 65'536}, {196'608, 65'536}});
    CHECK(content_of(t + "/middle") == block + std::string(131'072, '\0') + zeros);
    CHECK(data_runs(t + "/end") == std::vector<DataRun>{{0, 65'536}});
    CHECK(fs::file_size(t + "/end") == 165'537);
    CHECK(data_runs(t + "/all").empty());
    CHECK(fs::file_size(t + "/all") == 1'000'000);
}

TEST_CASE("each box is loaded once, however many files share its chunks", "[restore]") {
    TemporaryFolder folder;
    StoredTree tree;
    for (int i = 0; i < 100; ++i)
        tree.file_of("/f" + std::to_string(i), {tree.chunk("chunk " + std::to_string(i % 7)), tree.chunk("same")});
    const RestoreReport report = tree.restore(folder.path() + "/t");
    CHECK(report.failure_count == 0);
    CHECK(report.boxes_loaded == 2);
    for (const auto& [box, count] : tree.loads) CHECK(count == 1);
    for (int i = 0; i < 100; ++i)
        CHECK(content_of(folder.path() + "/t/f" + std::to_string(i)) == "chunk " + std::to_string(i % 7) + "same");
}

TEST_CASE("chunks are written as the file has them, whether they lie so in their box or not", "[restore]") {
    TemporaryFolder folder;
    StoredTree tree;
    std::vector<std::string> texts;
    for (unsigned i = 0; i < 40; ++i) texts.push_back(noise(50 + 7 * i, i));
    for (const std::string& text : texts) tree.chunk(text);  // so they lie in the box
    std::vector<std::string> contents;
    std::mt19937 random(3);
    for (int file = 0; file < 30; ++file) {
        std::vector<Extent> extents;
        std::string& content = contents.emplace_back();
        while (extents.size() < 60) {  // runs of neighbours, here and there with one twice
            std::size_t at = random() % texts.size();
            for (std::size_t length = random() % 9; length > 0 && at < texts.size(); --length) {
                extents.push_back(tree.chunk(texts[at]));
                content += texts[at];
                if (random() % 5 != 0) ++at;
            }
        }
        tree.file_of("/f" + std::to_string(file), extents);
    }
    REQUIRE(tree.restore(folder.path() + "/t").failure_count == 0);
    for (std::size_t i = 0; i < contents.size(); ++i)
        CHECK(content_of(folder.path() + "/t/f" + std::to_string(i)) == contents[i]);
}

TEST_CASE("a file larger than the window streams through it", "[restore]") {
    TemporaryFolder folder;
    StoredTree tree;
    std::vector<Extent> extents;
    std::string whole;
    for (unsigned i = 0; i < 1000; ++i) {
        const std::string part = noise(50 + i, i);
        extents.push_back(tree.chunk(part));
        whole += part;
        if (i % 100 == 50) {
            extents.push_back(StoredTree::hole(4096));
            whole += std::string(4096, '\0');
        }
    }
    tree.file_of("/large", extents);
    tree.file("/z", "after it");
    RestoreOptions options;
    options.target = folder.path() + "/t";
    options.window_bytes = 8192;
    options.threads = 3;
    CHECK(tree.restore(options).failure_count == 0);
    CHECK(content_of(folder.path() + "/t/large") == whole);
    CHECK(content_of(folder.path() + "/t/z") == "after it");
}

TEST_CASE("more files than may be open at once are written piece by piece", "[restore]") {
    TemporaryFolder folder;
    StoredTree tree;
    tree.chunks_per_box = 50;
    constexpr int kFiles = 1200, kParts = 3;  // more than the 512 that a restore keeps open
    std::vector<std::vector<Extent>> parts(kFiles);
    for (int part = 0; part < kParts; ++part)
        for (int i = 0; i < kFiles; ++i)
            parts[i].push_back(tree.chunk("part " + std::to_string(part) + " of " + std::to_string(i) + ";"));
    for (int i = 0; i < kFiles; ++i) tree.file_of("/" + std::to_string(i), parts[i]);
    CHECK(tree.restore(folder.path() + "/t").failure_count == 0);
    for (int i = 0; i < kFiles; ++i) {
        const std::string n = std::to_string(i);
        CHECK(content_of(folder.path() + "/t/" + n) == "part 0 of " + n + ";part 1 of " + n + ";part 2 of " + n + ";");
    }
}

TEST_CASE("a damaged chunk harms only the files that use it, and none of those appears", "[restore]") {
    TemporaryFolder folder;
    StoredTree tree;
    tree.file("/hit", "damaged chunk");
    tree.file_of("/also hit", {tree.chunk("sound "), tree.chunk("damaged chunk"), tree.chunk(" end")});
    tree.file("/sound", "sound ");
    tree.file("/absent", "chunk of no pack");
    tree.damage("damaged chunk");
    tree.forget("chunk of no pack");
    const bool into_new = GENERATE(true, false);
    CAPTURE(into_new);
    if (!into_new) {
        REQUIRE(::mkdir((folder.path() + "/t").c_str(), 0755) == 0);
        write_file(folder.path() + "/t/hit", "older");
    }
    const RestoreReport report = tree.restore(folder.path() + "/t");
    CHECK(report.failure_count == 3);
    CHECK(report.damaged_count == 3);
    for (const auto& failure : report.failures) CHECK(failure.damaged);
    CHECK(report.files == 1);
    CHECK(content_of(folder.path() + "/t/sound") == "sound ");
    if (into_new) {
        CHECK(names_in(folder.path() + "/t") == std::vector<std::string>{"sound"});
    } else {
        CHECK(names_in(folder.path() + "/t") == std::vector<std::string>{"hit", "sound"});
        CHECK(content_of(folder.path() + "/t/hit") == "older");
    }
}

TEST_CASE("where one copy of a chunk is damaged another is used", "[restore]") {
    TemporaryFolder folder;
    StoredTree tree;
    tree.file("/a", "damaged here, sound there");
    tree.file("/b", "in a lost box");
    tree.chunks_per_box = 1;
    tree.damage("damaged here, sound there");
    tree.keep_other_copy("damaged here, sound there");
    tree.lose_box_of("in a lost box");
    tree.keep_other_copy("in a lost box");
    CHECK(tree.restore(folder.path() + "/t").failure_count == 0);
    CHECK(content_of(folder.path() + "/t/a") == "damaged here, sound there");
    CHECK(content_of(folder.path() + "/t/b") == "in a lost box");
}

TEST_CASE("hard links share one inode, of files, symlinks and FIFOs alike", "[restore]") {
    TemporaryFolder folder;
    StoredTree tree;
    tree.file("/d/first", "linked content");
    tree.link("/e/second", "/d/first");
    tree.link("/e/third", "/d/first");
    tree.symlink("/d/symlink", "target");
    tree.link("/e/symlink", "/d/symlink");
    const std::string t = folder.path() + "/t";
    for (int round = 0; round < 2; ++round) {  // into a new target, then over itself
        CAPTURE(round);
        const RestoreReport report = tree.restore(t);
        CHECK(report.failure_count == 0);
        CHECK(report.files == 3);
        CHECK(inode_of(t + "/d/first") == inode_of(t + "/e/second"));
        CHECK(inode_of(t + "/d/first") == inode_of(t + "/e/third"));
        CHECK(inode_of(t + "/d/symlink") == inode_of(t + "/e/symlink"));
        CHECK(content_of(t + "/e/third") == "linked content");
        CHECK(names_in(t + "/e") == std::vector<std::string>{"second", "symlink", "third"});
        CHECK(stat_entry(AT_FDCWD, (t + "/e").c_str()).mtime == Time{978'000'000, 123'456'789});
    }
}

TEST_CASE("hard links whose first is outside the restored part are linked to each other", "[restore]") {
    TemporaryFolder folder;
    StoredTree tree;
    tree.file("/a/first", "linked content");
    tree.link("/b/second", "/a/first");
    tree.link("/b/third", "/a/first");
    tree.file("/a/other", "other content");
    tree.link("/b/alone", "/a/other");
    RestoreOptions options;
    options.target = folder.path() + "/t";
    options.path = "/b";
    options.strip = 1;
    CHECK(tree.restore(options).failure_count == 0);
    CHECK(inode_of(options.target + "/second") == inode_of(options.target + "/third"));
    CHECK(content_of(options.target + "/third") == "linked content");
    CHECK(content_of(options.target + "/alone") == "other content");
    CHECK(names_in(options.target) == std::vector<std::string>{"alone", "second", "third"});
}

TEST_CASE("a link to a file that could not be restored fails too, and is not linked to what was there before",
          "[restore]") {
    TemporaryFolder folder;
    const std::string t = folder.path() + "/t";
    StoredTree tree;
    tree.file("/first", "damaged");
    tree.link("/second", "/first");
    tree.damage("damaged");
    REQUIRE(::mkdir(t.c_str(), 0755) == 0);
    write_file(t + "/first", "older");
    const RestoreReport report = tree.restore(t);
    CHECK(report.failure_count == 2);
    CHECK(names_in(t) == std::vector<std::string>{"first"});
    CHECK(content_of(t + "/first") == "older");
}

TEST_CASE("a part of a snapshot lands under its absolute path, or under what stripping leaves", "[restore]") {
    TemporaryFolder folder;
    StoredTree tree;
    tree.directory("/home").mode = 0711;
    tree.directory("/home/ann").mode = 0700;
    tree.file("/home/ann/x/file", "content");
    tree.file("/home/bob", "not asked for");
    tree.file("/top", "not asked for");
    RestoreOptions options;
    options.target = folder.path() + "/t";
    options.path = "/home/ann";
    SECTION("its absolute path") {
        CHECK(tree.restore(options).failure_count == 0);
        CHECK(names_in(options.target) == std::vector<std::string>{"home"});
        CHECK(names_in(options.target + "/home") == std::vector<std::string>{"ann"});
        CHECK(content_of(options.target + "/home/ann/x/file") == "content");
        CHECK(mode_of(options.target + "/home") == (S_IFDIR | 0711));
        CHECK(mode_of(options.target + "/home/ann") == (S_IFDIR | 0700));
    }
    SECTION("stripped to the target itself") {
        options.strip = 2;
        CHECK(tree.restore(options).failure_count == 0);
        CHECK(names_in(options.target) == std::vector<std::string>{"x"});
        CHECK(mode_of(options.target) == (S_IFDIR | 0700));
    }
    SECTION("a single file") {
        options.path = "/home/ann/x/file";
        options.strip = 3;
        CHECK(tree.restore(options).files == 1);
        CHECK(content_of(options.target + "/file") == "content");
    }
    SECTION("stripped of all of its name") {
        options.path = "/home/ann/x/file";
        options.strip = 5;
        CHECK(tree.restore(options).failure_count == 1);
    }
    SECTION("two entries on one path") {
        options.path = "/";
        options.strip = 2;
        tree.file("/home/bob2/x", "a file where ann has a folder");
        const RestoreReport report = tree.restore(options);
        CHECK(report.failure_count >= 1);
        CHECK(content_of(options.target + "/x/file") == "content");
    }
    SECTION("what the snapshot does not have") {
        options.path = "/nowhere";
        CHECK(error_kind([&] { tree.restore(options); }) == ErrorKind::NotFound);
        CHECK_FALSE(fs::exists(options.target));
    }
}

TEST_CASE("a path longer than the system takes in one call is restored", "[restore]") {
    TemporaryFolder folder;
    StoredTree tree;
    std::string path;
    for (int i = 0; i < 60; ++i) path += "/" + std::string(100, static_cast<char>('a' + i % 26));
    tree.file(path + "/file", "deep down");
    const RestoreReport report = tree.restore(folder.path() + "/t");
    CHECK(report.failure_count == 0);
    CHECK(report.files == 1);
    CHECK(report.directories == 61);
}

TEST_CASE("a full disk ends the run as NoSpace, and what is half written is taken away", "[restore]") {
    TemporaryMount small("size=1m");
    if (!small.mounted()) {
        WARN(small.why_not());
        SUCCEED("not mounted");
        return;
    }
    StoredTree tree;
    tree.chunks_per_box = 1;
    for (unsigned i = 0; i < 40; ++i) tree.file("/f" + std::to_string(100 + i), noise(50'000, i));
    const bool into_new = GENERATE(true, false);
    CAPTURE(into_new);
    const std::string t = small.path() + "/t";
    if (!into_new) {
        REQUIRE(::mkdir(t.c_str(), 0755) == 0);
        write_file(t + "/mine", "older");
    }
    CHECK(error_kind([&] { tree.restore(t); }) == ErrorKind::NoSpace);
    CHECK(fs::exists(t) == !into_new);
    unsigned whole = 0;
    for (const auto& entry : fs::recursive_directory_iterator(small.path())) {
        if (!entry.is_regular_file() || entry.path().filename() == "mine") continue;
        CAPTURE(entry.path().string());
        CHECK(entry.path().filename().string().starts_with("f1"));
        CHECK(entry.file_size() == 50'000);
        ++whole;
    }
    CHECK(whole > 5);
}

TEST_CASE("an interrupted run says so and leaves nothing under the target's name", "[restore]") {
    TemporaryFolder folder;
    StoredTree tree;
    tree.chunks_per_box = 1;
    for (unsigned i = 0; i < 50; ++i) tree.file("/f" + std::to_string(i), noise(1000, i));
    std::atomic<bool> stop = false;
    tree.on_load = [&](std::uint64_t count) {
        if (count < 10) return;
        stop = true;
        ::usleep(50'000);
    };
    RestoreOptions options;
    options.target = folder.path() + "/t";
    CHECK(error_kind([&] { tree.restore(options, [&] { return stop.load(); }); }) == ErrorKind::Interrupted);
    CHECK_FALSE(fs::exists(options.target));
    tree.on_load = {};
    CHECK(tree.restore(options).failure_count == 0);
    CHECK(names_in(folder.path()) == std::vector<std::string>{"t"});
}
