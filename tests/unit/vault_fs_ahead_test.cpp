// What is handed to the kernel before it asks: which files, with which bytes, and when it ends.
#include "fuse/files_ahead.h"

#include <catch2/catch.hpp>

#include <filesystem>
#include <map>

#include "tests/support/test_repository.h"
#include "tests/support/walk_fs.h"

using namespace vault;

namespace {

struct Folder {
    TestRepository test;
    TemporaryFolder source;
    std::unique_ptr<Repository> repository = test.open();
    std::unique_ptr<VaultFs> fs;
    std::map<std::string, std::string> contents;

    explicit Folder(std::size_t files) {
        std::filesystem::create_directory(source.path() + "/in");
        for (std::size_t i = 0; i < files; ++i) {
            const std::string name = "f" + std::to_string(1'000 + i);
            contents[name] = std::string(i % 7 * 1'000 + 1, static_cast<char>('a' + i % 26));
            write_new(source.path() + "/in/" + name, contents[name]);
        }
        write_new(source.path() + "/in/f0 empty", "");
        write_new(source.path() + "/in/g large", std::string(VaultFs::kSmallFileBytes + 1, 'x'));
        std::filesystem::create_directory(source.path() + "/jn");  // its files follow in the manifest
        write_new(source.path() + "/jn/f", "not of the folder");
        take_snapshot(*repository, source.path());
        VaultFsOptions options;
        options.snapshot = "latest:/t";
        fs = std::make_unique<VaultFs>(*repository, options);
    }
    std::uint64_t inode(const std::string& name) { return inode_at(*fs, "/in/" + name); }
};

struct Kernel {
    std::mutex mutex;
    std::map<std::uint64_t, std::string> given;
    bool knows = true;
    std::size_t refused = 0;

    FilesAhead::Give give() {
        return [this](std::uint64_t inode, const FileBytes& content) {
            const std::lock_guard lock(mutex);
            if (!knows) {
                ++refused;
                return false;
            }
            std::string text;
            for (const ByteView part : content.parts) text += as_text(part);
            given[inode] = text;
            return true;
        };
    }
    std::size_t count() {
        const std::lock_guard lock(mutex);
        return given.size();
    }
    bool reaches(std::size_t files) {
        for (int i = 0; i < 500 && count() < files; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
        return count() >= files;
    }
};

}  // namespace

TEST_CASE("the small files behind the one that was asked for are given, and nothing else", "[mount]") {
    Folder folder(12);
    Kernel kernel;
    FilesAhead ahead(*folder.fs, kernel.give());
    ahead.asked(folder.inode("f1003"));
    REQUIRE(kernel.reaches(8));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    ahead.stop();
    CHECK(kernel.given.size() == 8);
    for (const auto& [name, content] : folder.contents)
        if (name > "f1003") CHECK(kernel.given[folder.inode(name)] == content);
}

TEST_CASE("one question is answered with few files, more questions with more", "[mount]") {
    Folder folder(200);
    Kernel kernel;
    FilesAhead ahead(*folder.fs, kernel.give());
    ahead.asked(folder.inode("f1000"));
    REQUIRE(kernel.reaches(FilesAhead::kFilesMin));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    CHECK(kernel.count() == FilesAhead::kFilesMin);
    ahead.asked(folder.inode("f1017"));
    CHECK(kernel.reaches(3 * FilesAhead::kFilesMin));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    CHECK(kernel.count() == 3 * FilesAhead::kFilesMin);
}

TEST_CASE("a folder that the kernel does not know is given up after a few files", "[mount]") {
    Folder folder(200);
    Kernel kernel;
    kernel.knows = false;
    FilesAhead ahead(*folder.fs, kernel.give());
    ahead.asked(folder.inode("f1000"));
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    ahead.stop();
    CHECK(kernel.refused == FilesAhead::kUnknownMax);
}

TEST_CASE("nothing is given after the end, which does not wait for what is queued", "[mount]") {
    Folder folder(200);
    Kernel kernel;
    FilesAhead ahead(*folder.fs, kernel.give());
    for (int i = 0; i < 20; ++i) ahead.asked(folder.inode("f1100"));
    ahead.stop();
    const std::size_t given = kernel.count();
    ahead.asked(folder.inode("f1000"));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    CHECK(kernel.count() == given);
}
