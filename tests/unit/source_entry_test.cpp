// What is read of real entries: types, times, attributes, flags, names of owners, data runs.
#include "store/source_entry.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "store/base/file.h"
#include "tests/support/restored_files.h"
#include "tests/support/temporary_folder.h"

using namespace vault;

namespace {

void set_attribute(const std::string& path, const std::string& name, const std::string& value) {
    REQUIRE(::lsetxattr(path.c_str(), name.c_str(), value.data(), value.size(), 0) == 0);
}

}  // namespace

TEST_CASE("each of the seven types is told apart, symlinks unfollowed", "[source_entry]") {
    TemporaryFolder folder;
    const UniqueFd directory = open_at(AT_FDCWD, folder.path(), O_RDONLY | O_DIRECTORY);
    const int in = directory.get();
    write_file(folder.path() + "/file", "12345");
    REQUIRE(::mkdirat(in, "folder", 0750) == 0);
    REQUIRE(::symlinkat("no such target", in, "symlink") == 0);
    REQUIRE(::mkfifoat(in, "fifo", 0600) == 0);
    REQUIRE(::mknodat(in, "socket", S_IFSOCK | 0600, 0) == 0);
    CHECK(stat_entry(in, "file").type == EntryType::Regular);
    CHECK(stat_entry(in, "file").size == 5);
    CHECK(stat_entry(in, "folder").type == EntryType::Directory);
    CHECK(stat_entry(in, "folder").mode == 0750);
    CHECK(stat_entry(in, "symlink").type == EntryType::Symlink);
    CHECK(read_link(in, "symlink") == "no such target");
    CHECK(stat_entry(in, "fifo").type == EntryType::Fifo);
    CHECK(stat_entry(in, "socket").type == EntryType::Socket);
    CHECK(stat_descriptor(in).type == EntryType::Directory);
    CHECK(stat_descriptor(in).inode == inode_of(folder.path()));
    CHECK(error_kind([&] { stat_entry(in, "absent"); }) == ErrorKind::NotFound);
    CHECK(error_kind([&] { read_link(in, "file"); }) == ErrorKind::Io);
    const SourceStat null = stat_entry(AT_FDCWD, "/dev/null");
    CHECK(null.type == EntryType::CharacterDevice);
    CHECK(null.device_major == 1);
    CHECK(null.device_minor == 3);
    CHECK(stat_entry(AT_FDCWD, "/").is_mount_point);
    CHECK_FALSE(stat_entry(in, "folder").is_mount_point);
}

TEST_CASE("times keep their nanoseconds, also before 1970, and hard links share identity", "[source_entry]") {
    TemporaryFolder folder;
    const std::string path = folder.path() + "/file";
    write_file(path, "x");
    REQUIRE(::link(path.c_str(), (folder.path() + "/link").c_str()) == 0);
    const struct timespec times[2] = {{0, UTIME_OMIT}, {-1000, 999'999'999}};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
    const SourceStat stat = stat_entry(AT_FDCWD, path.c_str());
    CHECK(stat.mtime == Time{-1000, 999'999'999});
    CHECK(stat.links == 2);
    CHECK(stat.allocated % 512 == 0);
    const SourceStat link = stat_entry(AT_FDCWD, (folder.path() + "/link").c_str());
    CHECK(link.inode == stat.inode);
    CHECK(link.filesystem == stat.filesystem);
}

TEST_CASE("an entry counts as unchanged only if type, size, both times and inode are equal", "[source_entry]") {
    TemporaryFolder folder;
    write_file(folder.path() + "/file", "x");
    const SourceStat stat = stat_entry(AT_FDCWD, (folder.path() + "/file").c_str());
    OwnerNames names;
    const Entry entry = entry_of(stat, names);
    CHECK(looks_unchanged(stat, entry));
    for (int field = 0; field < 5; ++field) {
        CAPTURE(field);
        Entry other = entry;
        if (field == 0) other.type = EntryType::Fifo;
        if (field == 1) ++other.size;
        if (field == 2) ++other.mtime.seconds;
        if (field == 3) other.ctime.nanoseconds ^= 1;
        if (field == 4) ++other.inode;
        CHECK_FALSE(looks_unchanged(stat, other));
    }
}

TEST_CASE("owners have their names, numbers without one have none", "[source_entry]") {
    OwnerNames names;
    CHECK(names.user(0) == "root");
    CHECK(names.group(0) == "root");
    CHECK(names.user(3'999'999'999) == "");
    CHECK(names.group(3'999'999'999) == "");
    CHECK(names.user(0) == "root");
}

TEST_CASE("all attributes are read, ascending, with empty, binary and large values", "[source_entry]") {
    TemporaryFolder folder;
    const std::string path = folder.path() + "/file";
    write_file(path, "x");
    const UniqueFd fd = open_at(AT_FDCWD, path, O_RDONLY);
    CHECK(read_attributes(fd.get(), path).empty());
    set_attribute(path, "user.z", "last");
    set_attribute(path, "user.empty", "");
    set_attribute(path, "user.binary", std::string("\0\xff\0", 3));
    set_attribute(path, "user.large", std::string(2'000, 'l'));
    const AttributeSet set = read_attributes(fd.get(), path);
    REQUIRE(set.size() == 4);
    CHECK(set[0] == Attribute{"user.binary", {0, 0xff, 0}});
    CHECK(set[1] == Attribute{"user.empty", {}});
    CHECK(set[2] == Attribute{"user.large", Bytes(2'000, 'l')});
    CHECK(set[3] == Attribute{"user.z", {'l', 'a', 's', 't'}});
    const UniqueFd directory = open_at(AT_FDCWD, folder.path(), O_PATH | O_DIRECTORY);
    CHECK(read_attributes_at(directory.get(), "file", path) == set);
}

TEST_CASE("a list of attribute names longer than the first buffer is read whole", "[source_entry]") {
    TemporaryFolder folder;
    const std::string path = folder.path() + "/file";
    write_file(path, "x");
    std::size_t made = 0;  // ext4 keeps all of a file's attributes in one block
    for (; made < 60; ++made) {
        const std::string name = "user." + std::to_string(100 + made) + std::string(30, 'n');
        if (::setxattr(path.c_str(), name.c_str(), "", 0, 0) != 0) break;
    }
    REQUIRE(made > 30);
    const UniqueFd fd = open_at(AT_FDCWD, path, O_RDONLY);
    CHECK(read_attributes(fd.get(), path).size() == made);
}

TEST_CASE("attributes of a symlink are its own, not its target's", "[source_entry]") {
    TemporaryFolder folder;
    write_file(folder.path() + "/file", "x");
    set_attribute(folder.path() + "/file", "user.of", "the target");
    REQUIRE(::symlink("file", (folder.path() + "/link").c_str()) == 0);
    if (::geteuid() == 0) set_attribute(folder.path() + "/link", "trusted.of", "the link");
    const UniqueFd directory = open_at(AT_FDCWD, folder.path(), O_RDONLY | O_DIRECTORY);
    const AttributeSet set = read_attributes_at(directory.get(), "link", "link");
    REQUIRE(set.size() == (::geteuid() == 0 ? 1 : 0));
    if (!set.empty()) CHECK(set[0].name == "trusted.of");
}

TEST_CASE("chattr flags are read, and a file system without them has none", "[source_entry]") {
    TemporaryFolder folder;
    write_file(folder.path() + "/file", "x");
    const UniqueFd fd = open_at(AT_FDCWD, folder.path() + "/file", O_RDONLY);
    const std::uint32_t before = read_attribute_flags(fd.get());
    int flags = static_cast<int>(before) | FS_NODUMP_FL;
    REQUIRE(::ioctl(fd.get(), FS_IOC_SETFLAGS, &flags) == 0);
    CHECK(read_attribute_flags(fd.get()) == (before | FS_NODUMP_FL));
    const UniqueFd proc = open_at(AT_FDCWD, "/proc/self/status", O_RDONLY);
    CHECK(read_attribute_flags(proc.get()) == 0);
    CHECK(read_attributes(proc.get(), "/proc/self/status").empty());
}

TEST_CASE("data runs are found one after the other, and end where the file does", "[source_entry]") {
    TemporaryFolder folder;
    const UniqueFd fd = open_at(AT_FDCWD, folder.path() + "/file", O_RDWR | O_CREAT);
    const Bytes block(65'536, 7);
    write_all_at(fd.get(), 65'536, block, "file");
    write_all_at(fd.get(), 5 * 65'536, block, "file");
    REQUIRE(::ftruncate(fd.get(), 10 * 65'536) == 0);
    const std::uint64_t size = 10 * 65'536;
    CHECK(next_data_run(fd.get(), 0, size) == DataRun{65'536, 65'536});
    CHECK(next_data_run(fd.get(), 70'000, size) == DataRun{70'000, 2 * 65'536 - 70'000});
    CHECK(next_data_run(fd.get(), 2 * 65'536, size) == DataRun{5 * 65'536, 65'536});
    CHECK(next_data_run(fd.get(), 6 * 65'536, size) == std::nullopt);
    CHECK(next_data_run(fd.get(), size, size) == std::nullopt);
    // As it was when its size was read: what was written since does not count.
    CHECK(next_data_run(fd.get(), 0, 70'000) == DataRun{65'536, 70'000 - 65'536});
    CHECK(next_data_run(fd.get(), 0, 65'536) == std::nullopt);
    REQUIRE(::ftruncate(fd.get(), 0) == 0);
    CHECK(next_data_run(fd.get(), 0, size) == std::nullopt);
}
