// The mount without a kernel: what VaultFs says of a snapshot of a folder with a bit of everything.
#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "fuse/escape.h"
#include "store/base/file.h"
#include "tests/support/test_repository.h"
#include "tests/support/walk_fs.h"

using namespace vault;

namespace {

struct Mounted {
    TestRepository test;
    TemporaryFolder source;
    std::unique_ptr<Repository> repository = test.open();

    std::string path(const std::string& name) const { return source.path() + "/" + name; }
    CommitRecord snapshot() { return take_snapshot(*repository, source.path()).record; }
    std::unique_ptr<VaultFs> mount(VaultFsOptions options = {}) {
        return std::make_unique<VaultFs>(*repository, std::move(options));
    }
};

template <class Call>
ErrorKind kind_of_failure(Call call) {
    try {
        call();
    } catch (const Error& error) {
        return error.kind();
    }
    FAIL("it did not throw");
    return ErrorKind::Io;
}

}  // namespace

TEST_CASE("names are escaped so that each text has one name alone", "[mount]") {
    CHECK(escaped_name("host:/srv/a%b") == "host:%2Fsrv%2Fa%25b");
    CHECK(escaped_name(".") == "%2E");
    CHECK(escaped_name("..") == "%2E%2E");
    CHECK(escaped_name("...") == "...");
    for (const std::string text : {"", "a", "/", "%", "%2F", ".", "..", "\xFF/\xFE"})
        CHECK(unescaped_name(escaped_name(text)) == text);
    for (const std::string name : {"%2f", "%41", "a%", "a%2", "%2E%2", "/", ".", "%zz", "%2Ex"})
        CHECK(unescaped_name(name) == std::nullopt);
}

TEST_CASE("an inode is slot and rank, and no inode has rank field 0", "[mount]") {
    const Inode last{kSlotsMax, Inode::kRankEnd - 1};
    CHECK(Inode::of(last.number()) == last);
    CHECK(Inode{0, 0}.number() == kRootInode);
    CHECK(Inode::of(std::uint64_t{5} << 40 | 7) == Inode{5, 6});
    CHECK_THROWS_AS(Inode::of(std::uint64_t{5} << 40), Error);
    CHECK_THROWS_AS((Inode{1, Inode::kRankEnd}.number()), Error);
}

TEST_CASE("attributes, links, targets and extended attributes are those of the source", "[mount]") {
    Mounted mounted;
    std::filesystem::create_directory(mounted.path("d"));
    write_new(mounted.path("d/m"), noise(1, 5'000));
    std::filesystem::create_hard_link(mounted.path("d/m"), mounted.path("a"));
    std::filesystem::create_hard_link(mounted.path("d/m"), mounted.path("z"));
    std::filesystem::create_symlink("d/m", mounted.path("link"));
    REQUIRE(::mkfifo(mounted.path("pipe").c_str(), 0640) == 0);
    const bool attributes = ::setxattr(mounted.path("a").c_str(), "user.x", "value", 5, 0) == 0;
    mounted.snapshot();
    const auto fs = mounted.mount();
    const std::string top = newest_snapshot(*fs) + "/t";

    struct stat expected {};
    REQUIRE(::stat(mounted.path("a").c_str(), &expected) == 0);
    const NodeAttributes a = node_at(*fs, top + "/a").attributes;
    CHECK(a.size == 5'000);
    CHECK(a.links == 3);
    CHECK(a.mode == (expected.st_mode & 07777));
    CHECK(a.mtime == Time{expected.st_mtim.tv_sec, static_cast<std::uint32_t>(expected.st_mtim.tv_nsec)});
    CHECK(a.allocated == static_cast<std::uint64_t>(expected.st_blocks) * 512);
    CHECK(a.lifetime == Lifetime::Forever);
    CHECK(node_at(*fs, top + "/z").attributes.inode == a.inode);
    CHECK(node_at(*fs, top + "/d/m").attributes.inode == a.inode);
    CHECK(fs->getattr(a.inode.number()).size == 5'000);
    CHECK(node_at(*fs, top + "/pipe").attributes.type == EntryType::Fifo);
    CHECK(fs->readlink(inode_at(*fs, top + "/link")) == "d/m");
    if (attributes) {
        CHECK(fs->attribute_names(a.inode.number()) == std::vector<std::string>{"user.x"});
        CHECK(as_text(fs->attribute(a.inode.number(), "user.x").value()) == "value");
    } else {
        WARN("the temporary folder takes no extended attributes");
    }
    CHECK(fs->attribute(a.inode.number(), "user.y") == std::nullopt);
    CHECK(as_text(fs->attribute(a.inode.number(), "user.vault.chunks").value()) == "1");
    CHECK(fs->lookup(inode_at(*fs, top), "nothing") == std::nullopt);
    CHECK(fs->lookup(inode_at(*fs, top), "") == std::nullopt);
    CHECK(fs->lookup(inode_at(*fs, top), std::string(300, 'x')) == std::nullopt);
    CHECK(kind_of_failure([&] { fs->readlink(a.inode.number()); }) == ErrorKind::Usage);
    CHECK(kind_of_failure([&] { fs->lookup(a.inode.number(), "x"); }) == ErrorKind::Usage);
    CHECK(kind_of_failure([&] { fs->read(inode_at(*fs, top), 0, 1); }) == ErrorKind::Usage);
    CHECK(kind_of_failure([&] { fs->getattr((Inode{1, 1'000'000}.number())); }) == ErrorKind::NotFound);
    CHECK(kind_of_failure([&] { fs->getattr((Inode{77, 0}.number())); }) == ErrorKind::NotFound);
}

TEST_CASE("a folder lists each name once, in pieces of any size and from any cookie", "[mount]") {
    Mounted mounted;
    std::filesystem::create_directories(mounted.path("many/folder/deep"));
    std::set<std::string> expected{"folder"};
    for (int i = 0; i < 500; ++i) {
        const std::string name = "entry " + std::to_string(i) + (i % 50 == 0 ? std::string(200, 'x') : "");
        write_new(mounted.path("many/" + name), "");
        expected.insert(name);
    }
    write_new(mounted.path("many/folder/deep/x"), "");
    mounted.snapshot();
    const auto fs = mounted.mount();
    const std::string path = newest_snapshot(*fs) + "/t/many";
    const std::uint64_t folder = inode_at(*fs, path);
    const auto all = items_of(*fs, folder, 1'000);
    REQUIRE(all.size() == expected.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        CHECK(expected.contains(all[i].name));
        CHECK(all[i].next_cookie == i + kCookieOfFirstChild);
        CHECK(all[i].attributes->inode == node_at(*fs, path + "/" + all[i].name).attributes.inode);
    }
    for (const std::size_t per_call : {1, 2, 7, 100}) {
        std::vector<std::string> names;
        for (const DirectoryItem& item : items_of(*fs, folder, per_call)) names.push_back(item.name);
        REQUIRE(names.size() == all.size());
        CHECK(std::ranges::equal(names, all, {}, {}, &DirectoryItem::name));
    }
    // seekdir: places far from where any listing stopped.
    for (const std::size_t at : {499u, 3u, 250u, 500u, 0u}) {
        std::string next;
        fs->readdir(folder, at + kCookieOfDotDot, [&](const DirectoryItem& item) {
            next = item.name;
            return false;
        });
        CHECK(next == all[at].name);
    }
    fs->readdir(folder, all.size() + kCookieOfDotDot, [&](const DirectoryItem&) {
        FAIL("there is something behind the last");
        return false;
    });
    CHECK(names_in_folder(*fs, newest_snapshot(*fs) + "/t/many/folder") == std::vector<std::string>{"deep"});
    std::vector<std::uint64_t> dots;
    fs->readdir(folder, 0, [&](const DirectoryItem& item) {
        if (item.next_cookie <= kCookieOfDotDot) dots.push_back(item.inode.number());
        return item.next_cookie <= kCookieOfDotDot;
    });
    CHECK(dots == std::vector<std::uint64_t>{folder, inode_at(*fs, newest_snapshot(*fs) + "/t")});
}

TEST_CASE("reads give the bytes of any range, and seeks the data and holes of the source", "[mount]") {
    Mounted mounted;
    constexpr std::size_t kBlock = 65'536;
    const std::string large = noise(3, 5 * 1024 * 1024 + 77), first = noise(4, kBlock), second = noise(5, kBlock);
    write_new(mounted.path("large"), large);
    write_new(mounted.path("small"), "inline");
    write_new(mounted.path("empty"), "");
    {
        const UniqueFd sparse = open_at(AT_FDCWD, mounted.path("sparse"), O_RDWR | O_CREAT);
        write_all_at(sparse.get(), 2 * kBlock, as_bytes(first), "sparse");
        write_all_at(sparse.get(), 9 * kBlock, as_bytes(second), "sparse");
        REQUIRE(::ftruncate(sparse.get(), 20 * kBlock + 5) == 0);
    }
    mounted.snapshot();
    const auto fs = mounted.mount();
    const std::string top = newest_snapshot(*fs) + "/t";
    CHECK(content_at(*fs, top + "/large") == large);
    CHECK(content_at(*fs, top + "/small") == "inline");
    CHECK(content_at(*fs, top + "/empty").empty());
    const std::uint64_t inode = inode_at(*fs, top + "/large");
    for (const std::size_t offset : {std::size_t{0}, std::size_t{1}, kBlock - 1, large.size() - 1, large.size()})
        for (const std::size_t size : {1ul, 4'096ul, 1ul << 20})
            CHECK(text_of(fs->read(inode, offset, size)) == large.substr(offset, size));
    CHECK(fs->read(inode, large.size() + 1, 10).size == 0);
    CHECK(fs->seek(inode, 5, SeekTo::Data) == 5);
    CHECK(fs->seek(inode, 5, SeekTo::Hole) == large.size());

    const std::uint64_t sparse = inode_at(*fs, top + "/sparse");
    const UniqueFd real = open_at(AT_FDCWD, mounted.path("sparse"), O_RDONLY);
    for (const std::size_t offset : {std::size_t{0}, kBlock, 2 * kBlock, 3 * kBlock - 1, 4 * kBlock, 19 * kBlock}) {
        const off_t data = ::lseek(real.get(), static_cast<off_t>(offset), SEEK_DATA);
        const off_t hole = ::lseek(real.get(), static_cast<off_t>(offset), SEEK_HOLE);
        CHECK(fs->seek(sparse, offset, SeekTo::Data).value_or(~0ull) == static_cast<std::uint64_t>(data));
        CHECK(fs->seek(sparse, offset, SeekTo::Hole).value_or(~0ull) == static_cast<std::uint64_t>(hole));
    }
    CHECK(fs->seek(sparse, 20 * kBlock + 5, SeekTo::Hole) == std::nullopt);
    CHECK(text_of(fs->read(sparse, kBlock, 3 * kBlock)) ==
          std::string(kBlock, '\0') + first + std::string(kBlock, '\0'));
}

TEST_CASE("one snapshot, or a folder of it, can be the mount point itself", "[mount]") {
    Mounted mounted;
    std::filesystem::create_directories(mounted.path("x/y"));
    write_new(mounted.path("x/y/file"), "content");
    mounted.snapshot();
    VaultFsOptions options;
    options.snapshot = "latest:/t/x";
    const auto fs = mounted.mount(options);
    CHECK(names_in_folder(*fs, "/") == std::vector<std::string>{"y"});
    CHECK(content_at(*fs, "/y/file") == "content");
    CHECK(fs->getattr(kRootInode).lifetime == Lifetime::Forever);
    options.snapshot = "latest:/t/x/y/file";
    CHECK(kind_of_failure([&] { mounted.mount(options); }) == ErrorKind::Usage);
    options.snapshot = "latest:/nowhere";
    CHECK(kind_of_failure([&] { mounted.mount(options); }) == ErrorKind::NotFound);
    options.snapshot = "latest";
    options.filter.series = {"another"};
    CHECK(kind_of_failure([&] { mounted.mount(options); }) == ErrorKind::NotFound);
}

TEST_CASE("damage to one file is Corrupt there and nowhere else", "[mount]") {
    Mounted mounted;
    write_new(mounted.path("sound"), noise(1, 100'000));
    mounted.snapshot();
    const auto before = mounted.test.memory().names();
    write_new(mounted.path("harmed"), noise(2, 900'000));
    mounted.snapshot();
    std::string largest;
    for (const std::string& name : mounted.test.memory().names())
        if (name.starts_with("packs/") && std::ranges::find(before, name) == before.end() &&
            (largest.empty() || mounted.test.backend().get(name).size() > mounted.test.backend().get(largest).size()))
            largest = name;
    Bytes pack = mounted.test.backend().get(largest);
    for (std::size_t at = 1'000; at < 900'000; at += 10'000) pack[at] ^= 1;
    mounted.test.memory().overwrite(largest, pack);
    const auto fs = mounted.mount();
    const std::string top = newest_snapshot(*fs) + "/t";
    CHECK(kind_of_failure([&] { content_at(*fs, top + "/harmed"); }) == ErrorKind::Corrupt);
    CHECK(content_at(*fs, top + "/sound") == noise(1, 100'000));
}
