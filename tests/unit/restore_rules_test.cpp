// What a restore sets by default, what --as-is adds, and what an unprivileged user can and cannot do.
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "store/base/file.h"
#include "store/source_entry.h"
#include "tests/support/restored_files.h"
#include "tests/support/stored_tree.h"
#include "tests/support/temporary_folder.h"

using namespace vault;
namespace fs = std::filesystem;

namespace {

constexpr int kNoDump = FS_NODUMP_FL;
constexpr std::uint32_t kNobody = 65'534;

// system.posix_acl_access: owner rw-, user 1000 r--, group ---, mask r--, others ---.
Bytes acl() {
    const std::uint16_t entries[][2] = {{1, 6}, {2, 4}, {4, 0}, {16, 4}, {32, 0}};
    Writer writer;
    writer.u32(2);
    for (const auto& entry : entries) writer.u16(entry[0]).u16(entry[1]).u32(entry[0] == 2 ? 1000 : 0xFFFFFFFF);
    return writer.take();
}

bool is_root() {
    if (::geteuid() == 0) return true;
    WARN("needs root");
    SUCCEED("not root");
    return false;
}

StoredTree& tree_with_everything(StoredTree& tree) {
    Entry& file = tree.file("/file", "content");
    file.mode = 06755;
    file.uid = 1234;
    file.gid = 2345;
    file.attribute_flags = kNoDump;
    file.attributes = AttributeSet{{"security.label", to_bytes(as_bytes("x"))},
                                   {"trusted.thing", to_bytes(as_bytes("y"))},
                                   {"user.note", to_bytes(as_bytes("z"))}};
    Entry& folder = tree.directory("/folder");
    folder.mode = 02775;
    folder.gid = 2345;
    folder.attributes = AttributeSet{{"user.note", to_bytes(as_bytes("of a folder"))}};
    Entry device = tree.symlink("/device", "x");
    device.type = EntryType::CharacterDevice;
    device.target.clear();
    device.size = 0;
    device.mode = 0620;
    device.device_major = 1;
    device.device_minor = 3;
    tree.add("/device", device);
    Entry& guarded = tree.file("/guarded", "content");
    guarded.mode = 0640;
    guarded.attributes = AttributeSet{{"system.posix_acl_access", acl()}};
    return tree;
}

std::vector<std::string> attribute_names(const std::string& path) {
    const UniqueFd fd = open_at(AT_FDCWD, path, O_RDONLY);
    std::vector<std::string> names;
    for (const Attribute& attribute : read_attributes(fd.get(), path))
        if (attribute.name != "security.selinux") names.push_back(attribute.name);
    return names;
}

std::uint32_t flags_of(const std::string& path) {
    const UniqueFd fd = open_at(AT_FDCWD, path, O_RDONLY);
    return read_attribute_flags(fd.get());
}

// Runs `work` as nobody in a process of its own; what it throws or returns false for is its failure.
bool as_nobody(const std::function<bool()>& work) {
    const pid_t child = ::fork();
    if (child == 0) {
        bool good = false;
        try {
            good = ::setgid(kNobody) == 0 && ::setuid(kNobody) == 0 && work();
        } catch (const std::exception& error) {
            const std::string text = std::string(error.what()) + "\n";
            [[maybe_unused]] const auto written = ::write(2, text.data(), text.size());
        }
        ::_exit(good ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return status == 0;
}

}  // namespace

TEST_CASE("by default root restores owners, modes without setuid, ACLs and user attributes", "[restore]") {
    if (!is_root()) return;
    TemporaryFolder folder;
    StoredTree tree;
    const std::string t = folder.path() + "/t";
    const RestoreReport report = tree_with_everything(tree).restore(t);
    CHECK(report.failure_count == 0);
    const SourceStat file = stat_entry(AT_FDCWD, (t + "/file").c_str());
    CHECK(file.mode == 0755);
    CHECK(file.uid == 1234);
    CHECK(file.gid == 2345);
    CHECK(mode_of(t + "/folder") == (S_IFDIR | 0775));
    CHECK(attribute_names(t + "/file") == std::vector<std::string>{"user.note"});
    CHECK(attribute_names(t + "/folder") == std::vector<std::string>{"user.note"});
    CHECK(attribute_names(t + "/guarded") == std::vector<std::string>{"system.posix_acl_access"});
    CHECK(mode_of(t + "/guarded") == (S_IFREG | 0640));
    CHECK_FALSE(fs::exists(t + "/device"));
    CHECK((flags_of(t + "/file") & kNoDump) == 0);
    CHECK(report.left_out_devices == 1);
    CHECK(report.left_out_attributes == 2);
    CHECK(report.left_out_setuid == 2);
    CHECK(report.left_out_flags == 1);
    CHECK(report.owners_not_set == 0);
}

TEST_CASE("as it is brings setuid, all attributes, devices and flags", "[restore]") {
    if (!is_root()) return;
    TemporaryFolder folder;
    StoredTree tree;
    RestoreOptions options;
    options.target = folder.path() + "/t";
    options.as_is = true;
    const std::string t = options.target;
    const RestoreReport report = tree_with_everything(tree).restore(options);
    CHECK(report.failure_count == 0);
    CHECK(mode_of(t + "/file") == (S_IFREG | 06755));
    CHECK(mode_of(t + "/folder") == (S_IFDIR | 02775));
    CHECK(attribute_names(t + "/file") == std::vector<std::string>{"security.label", "trusted.thing", "user.note"});
    CHECK((flags_of(t + "/file") & kNoDump) != 0);
    struct ::stat device;
    REQUIRE(::lstat((t + "/device").c_str(), &device) == 0);
    CHECK(device.st_mode == (S_IFCHR | 0620));
    CHECK(device.st_rdev == makedev(1, 3));
    CHECK(report.left_out_devices + report.left_out_attributes + report.left_out_setuid + report.left_out_flags == 0);
}

TEST_CASE("capabilities survive a change of owner", "[restore]") {
    if (!is_root()) return;
    TemporaryFolder folder;
    StoredTree tree;
    Entry& file = tree.file("/ping", "program");
    file.uid = 1234;
    Writer capability;  // version 2, effective, CAP_NET_RAW permitted
    capability.u32(0x02000001).u32(1u << 13).u32(0).u32(0).u32(0);
    file.attributes = AttributeSet{{"security.capability", capability.take()}};
    RestoreOptions options;
    options.target = folder.path() + "/t";
    options.as_is = true;
    CHECK(tree.restore(options).failure_count == 0);
    CHECK(attribute_names(options.target + "/ping") == std::vector<std::string>{"security.capability"});
}

TEST_CASE("immutable files with several links, in immutable folders, come back", "[restore]") {
    if (!is_root()) return;
    TemporaryFolder folder;
    StoredTree tree;
    tree.directory("/").attribute_flags = FS_APPEND_FL;
    tree.directory("/d").attribute_flags = FS_IMMUTABLE_FL;
    tree.file("/d/file", "content").attribute_flags = FS_IMMUTABLE_FL;
    tree.link("/d/link", "/d/file");
    const bool into_new = GENERATE(true, false);
    RestoreOptions options;
    options.target = folder.path() + "/t";
    options.as_is = true;
    const std::string t = options.target;
    if (!into_new) {
        REQUIRE(::mkdir(t.c_str(), 0755) == 0);
        write_file(t + "/used", "");
    }
    const RestoreReport report = tree.restore(options);
    const std::uint32_t top = flags_of(t), inner = flags_of(t + "/d"), file = flags_of(t + "/d/file");
    for (const std::string& path : {t, t + "/d", t + "/d/file"}) {
        const UniqueFd fd = open_at(AT_FDCWD, path, O_RDONLY);
        int none = 0;
        REQUIRE(::ioctl(fd.get(), FS_IOC_SETFLAGS, &none) == 0);
    }
    CHECK(report.failure_count == 0);
    CHECK((top & FS_APPEND_FL) != 0);
    CHECK((inner & FS_IMMUTABLE_FL) != 0);
    CHECK((file & FS_IMMUTABLE_FL) != 0);
    CHECK(inode_of(t + "/d/file") == inode_of(t + "/d/link"));
}

TEST_CASE("an ACL that the folder above hands on is not taken for the snapshot's", "[restore]") {
    TemporaryFolder folder;
    const Bytes value = acl();
    REQUIRE(::setxattr(folder.path().c_str(), "system.posix_acl_default", value.data(), value.size(), 0) == 0);
    const bool into_new = GENERATE(true, false);
    std::string t = folder.path() + "/t";
    if (!into_new) {
        write_file(folder.path() + "/used", "");
        t = folder.path();
    }
    StoredTree tree;
    tree.file("/d/file", "content");
    CHECK(tree.restore(t).failure_count == 0);
    CHECK(attribute_names(t + "/d").empty());
    CHECK(attribute_names(t + "/d/file").empty());
    CHECK(mode_of(t + "/d/file") == (S_IFREG | 0644));
    CHECK(mode_of(t + "/d") == (S_IFDIR | 0755));
}

TEST_CASE("an unprivileged user gets folders back that forbid entering, and owners are counted", "[restore]") {
    if (!is_root()) return;
    TemporaryFolder folder;
    REQUIRE(::chown(folder.path().c_str(), kNobody, kNobody) == 0);
    const std::string t = folder.path() + "/t";
    const bool empty = GENERATE(false, true);
    CHECK(as_nobody([&] {
        if (empty) fs::create_directory(t);
        StoredTree tree;
        tree.directory("/").implied = false;
        tree.directory("/shut").mode = 0500;
        tree.directory("/shut/closed").mode = 0000;
        tree.file("/shut/closed/file", "content").mode = 0400;
        tree.directory("/shut/closed/inner").mode = 0111;
        tree.inline_file("/shut/closed/inner/file", "content");
        Entry& noted = tree.file("/shut/noted", "content");
        noted.mode = 04444;
        noted.attributes = AttributeSet{{"user.note", to_bytes(as_bytes("x"))}};
        Entry& other = tree.file("/other", "of root");
        other.uid = 0;
        other.gid = 0;
        const RestoreReport report = tree.restore(t);
        return report.failure_count == 0 && report.files == 4 && report.owners_not_set == 1 &&
               report.left_out_setuid == 1;
    }));
    CHECK(mode_of(t + "/shut") == (S_IFDIR | 0500));
    CHECK(mode_of(t + "/shut/closed") == (S_IFDIR | 0000));
    CHECK(mode_of(t + "/shut/closed/inner") == (S_IFDIR | 0111));
    CHECK(mode_of(t + "/shut/closed/file") == (S_IFREG | 0400));
    CHECK(mode_of(t + "/shut/noted") == (S_IFREG | 0444));
    CHECK(attribute_names(t + "/shut/noted") == std::vector<std::string>{"user.note"});
    CHECK(stat_entry(AT_FDCWD, (t + "/other").c_str()).uid == kNobody);
    // Over what is there: the closed folders are opened and closed again.
    CHECK(as_nobody([&] {
        StoredTree tree;
        tree.directory("/shut").mode = 0500;
        tree.directory("/shut/closed").mode = 0000;
        tree.file("/shut/closed/file", "newer").mode = 0400;
        return tree.restore(t).failure_count == 0;
    }));
    CHECK(content_of(t + "/shut/closed/file") == "newer");
    CHECK(mode_of(t + "/shut/closed") == (S_IFDIR | 0000));
}
