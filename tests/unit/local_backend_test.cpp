// What a repository in a local folder promises beyond the contract: what lies in the folder, what init takes and
// refuses, full and read-only file systems. What only a trace of system calls shows is in local_durability_test.cpp.
#include "store/backend/local.h"

#include <catch2/catch.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>

#include "store/backend/local_place.h"
#include "store/backend/local_probe.h"
#include "store/backend/object_names.h"
#include "store/base/error.h"
#include "tests/support/temporary_folder.h"

namespace vault {
namespace {

namespace fs = std::filesystem;

const std::string kSession(32, 'b');
const std::string kSnapshot = "snapshots/" + std::string(32, '1');
const std::string kPack = "packs/3f/3f" + std::string(62, '0');

std::string numbered_pack(unsigned number) {
    const std::string digits = std::to_string(1'000 + number);
    return "packs/" + digits.substr(2) + '/' + digits.substr(2) + digits + std::string(58, '0');
}

void write_file(const fs::path& path, const std::string& text = "x") {
    std::ofstream file(path);
    file << text;
    REQUIRE(file.flush().good());
}

Error thrown_by(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error;
    }
    return Error(ErrorKind::Interrupted, "nothing was thrown");
}
ErrorKind kind_thrown(const std::function<void()>& action) { return thrown_by(action).kind(); }

mode_t mode_of(const fs::path& path) {
    struct stat found = {};
    REQUIRE(::lstat(path.c_str(), &found) == 0);
    return found.st_mode & 07777;
}

std::size_t open_descriptors() {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator()));
}

TEST_CASE("init makes every folder of the format, closed to others, and nothing else", "[local]") {
    const TemporaryFolder folder;
    const std::string place = folder.path() + "/a/b/repository";
    const auto backend = init_local(place);
    for (const std::string& name : object_folders()) {
        CAPTURE(name);
        CHECK(mode_of(place + '/' + name) == 0700);
        CHECK(fs::is_empty(place + '/' + name));
    }
    CHECK(mode_of(place) == 0700);
    CHECK(backend->list("").empty());
}

TEST_CASE("an object is a file of its name that nobody can write to", "[local]") {
    const TemporaryFolder folder;
    const auto backend = init_local(folder.path());
    backend->put_new(kSnapshot, as_bytes("contents"));
    CHECK(fs::file_size(folder.path() + '/' + kSnapshot) == 8);
    CHECK(mode_of(folder.path() + '/' + kSnapshot) == 0400);
    CHECK(fs::is_empty(folder.path() + "/tmp"));
}

TEST_CASE("strangers' files are not objects", "[local]") {
    const TemporaryFolder folder;
    const auto backend = init_local(folder.path());
    backend->put_new(kSnapshot, {});
    fs::create_directory(folder.path() + "/lost+found");
    for (const char* name : {"README", "snapshots/README", "snapshots/.nfs1", "packs/note", "packs/00/short", "tmp/x"})
        write_file(folder.path() + '/' + name);
    fs::create_directory(folder.path() + "/snapshots/.snapshot");
    fs::create_directory(folder.path() + "/packs/3g");
    write_file(folder.path() + "/packs/40/" + kPack.substr(9));  // a pack's name in another pack's folder
    write_file(folder.path() + '/' + kSnapshot + "~");
    REQUIRE(backend->list("").size() == 1);
    CHECK(backend->list("")[0].name == kSnapshot);
}

TEST_CASE("an object's name on something that is no file is Corrupt, is not followed and does not hang", "[local]") {
    const TemporaryFolder folder;
    const auto backend = init_local(folder.path());
    const fs::path path = folder.path() + '/' + kSnapshot;
    SECTION("folder") { fs::create_directory(path); }
    SECTION("link to a file") { fs::create_symlink("/etc/passwd", path); }
    SECTION("link to nowhere") { fs::create_symlink("/nonexistent", path); }
    SECTION("FIFO") { REQUIRE(::mkfifo(path.c_str(), 0600) == 0); }
    CHECK(kind_thrown([&] { backend->get(kSnapshot); }) == ErrorKind::Corrupt);
    CHECK(kind_thrown([&] { backend->get(kSnapshot, ByteRange{0, 1}); }) == ErrorKind::Corrupt);
    CHECK(backend->list("snapshots/").size() == 1);  // it harms nothing but itself
    CHECK(kind_thrown([&] { backend->put_new(kSnapshot, {}); }) == ErrorKind::Exists);
}

TEST_CASE("a folder that is missing is damage, never an empty listing", "[local]") {
    const TemporaryFolder folder;
    init_local(folder.path());
    fs::remove(folder.path() + "/packs/7f");
    LocalBackend backend(folder.path());
    const Error error = thrown_by([&] { backend.list("packs/"); });
    CHECK(error.kind() == ErrorKind::Corrupt);
    CHECK_THAT(error.what(), Catch::Contains("packs/7f is missing"));
    CHECK(kind_thrown([&] { backend.put_new("packs/7f/7f" + std::string(62, '0'), {}); }) == ErrorKind::Corrupt);
    CHECK(kind_thrown([&] { backend.sync(); }) == ErrorKind::Corrupt);
    CHECK_NOTHROW(backend.list("snapshots/"));
    CHECK(fs::is_empty(folder.path() + "/tmp"));
}

TEST_CASE("a store that is removed while it is open lists as an error, never as empty", "[local]") {
    TemporaryFolder folder;
    const std::string place = folder.path() + "/r";
    init_local(place);
    LocalBackend backend(place);
    CHECK(backend.list("snapshots/").empty());
    fs::remove_all(place);
    CHECK(kind_thrown([&] { backend.list("snapshots/"); }) == ErrorKind::Io);
}

TEST_CASE("what another process removed is not read from a descriptor kept open", "[local]") {
    const TemporaryFolder folder;
    const auto backend = init_local(folder.path());
    backend->put_new(kPack, as_bytes("old"));
    CHECK(as_text(backend->get(kPack, ByteRange{0, 3})) == "old");
    LocalBackend(folder.path()).remove(kPack);
    CHECK(kind_thrown([&] { backend->get(kPack, ByteRange{0, 3}); }) == ErrorKind::NotFound);
}

TEST_CASE("ranges of any number of packs keep a bounded number of descriptors", "[local]") {
    const TemporaryFolder folder;
    const auto backend = init_local(folder.path());
    constexpr unsigned kPacks = 300;
    for (unsigned number = 0; number < kPacks; ++number)
        write_file(folder.path() + '/' + numbered_pack(number), "pack");
    CHECK(backend->list("packs/").size() == kPacks);
    const std::size_t before = open_descriptors();
    for (unsigned number = 0; number < kPacks; ++number)
        CHECK(as_text(backend->get(numbered_pack(number), ByteRange{1, 2})) == "ac");
    CHECK(open_descriptors() - before == LocalOpenObjects::kOpenObjectsMax);
}

TEST_CASE("a file longer than any object is Corrupt before memory is taken for it", "[local]") {
    const TemporaryFolder folder;
    const auto backend = init_local(folder.path());
    write_file(folder.path() + '/' + kPack);
    fs::resize_file(folder.path() + '/' + kPack, std::uintmax_t{1} << 42);
    CHECK(kind_thrown([&] { backend->get(kPack); }) == ErrorKind::Corrupt);
    CHECK(equal(backend->get(kPack, ByteRange{std::uint64_t{1} << 41, 3}), Bytes(3, 0)));
}

TEST_CASE("where there is no repository, opening says so", "[local]") {
    const TemporaryFolder folder;
    const std::string place = folder.path() + "/place";
    SECTION("nothing") {}
    SECTION("a file") { write_file(place); }
    SECTION("an empty folder") { fs::create_directory(place); }
    SECTION("a folder of something else") {
        fs::create_directories(place + "/config");
        write_file(place + "/config/settings.ini");
        write_file(place + "/notes");
    }
    SECTION("an init that was killed") { init_local(place); }
    CHECK(kind_thrown([&] { open_local(place); }) == ErrorKind::NoRepository);
}

TEST_CASE("a repository opens once its config stands, from a relative path too", "[local]") {
    const TemporaryFolder folder;
    init_local(folder.path() + "/place")->put_new("config/1", as_bytes("c"));
    CHECK(as_text(open_local(folder.path() + "/place")->get("config/1")) == "c");
    const fs::path before = fs::current_path();
    fs::current_path(folder.path());
    CHECK(open_local("place")->list("config/").size() == 1);
    init_local("other/");
    fs::current_path(before);
    CHECK(fs::exists(folder.path() + "/other/packs/ff"));
}

TEST_CASE("init refuses a place that holds anything of somebody's, and changes nothing there", "[local]") {
    const TemporaryFolder folder;
    const std::string place = folder.path() + "/place";
    fs::create_directory(place);
    SECTION("a file") { write_file(place + "/notes"); }
    SECTION("a hidden file") { write_file(place + "/.profile"); }
    SECTION("a folder") { fs::create_directory(place + "/photos"); }
    SECTION("a stranger's file in a folder of the layout") {
        fs::create_directory(place + "/keys");
        write_file(place + "/keys/id_rsa");
    }
    SECTION("a stranger's folder in packs/") { fs::create_directories(place + "/packs/old"); }
    SECTION("a file where a folder belongs") { write_file(place + "/snapshots"); }
    SECTION("a link") { fs::create_symlink("/", place + "/packs"); }
    SECTION("packs of a repository that lost its config") {
        init_local(place);
        write_file(place + '/' + kPack);
    }
    SECTION("a snapshot of such a one") {
        init_local(place);
        write_file(place + '/' + kSnapshot);
    }
    const auto entries = [&] {
        std::vector<fs::path> all;
        for (const fs::directory_entry& entry : fs::recursive_directory_iterator(place)) all.push_back(entry.path());
        std::sort(all.begin(), all.end());
        return all;
    };
    const std::vector<fs::path> before = entries();
    CHECK(kind_thrown([&] { init_local(place); }) == ErrorKind::Exists);
    CHECK(entries() == before);
}

TEST_CASE("init refuses a repository and a file by name", "[local]") {
    const TemporaryFolder folder;
    init_local(folder.path() + "/place")->put_new("config/1", {});
    CHECK_THAT(thrown_by([&] { init_local(folder.path() + "/place"); }).what(),
               Catch::Contains("holds a repository already"));
    write_file(folder.path() + "/file");
    CHECK(kind_thrown([&] { init_local(folder.path() + "/file"); }) == ErrorKind::Exists);
}

TEST_CASE("init takes up what a killed init left, and a fresh file system", "[local]") {
    const TemporaryFolder folder;
    SECTION("lost+found") { fs::create_directory(folder.path() + "/lost+found"); }
    SECTION("some folders") { fs::create_directories(folder.path() + "/packs/00"); }
    SECTION("all but the config") {
        auto killed = init_local(folder.path());
        killed->put_new("keys/" + std::string(64, '1'), as_bytes("slot"));
        killed->put_new("keyring/1", as_bytes("keyring"));
        killed->put_new("reserve/inode-00", {});
        write_file(folder.path() + "/tmp/" + kSession + "-part");
    }
    const auto backend = init_local(folder.path());
    CHECK(backend->list("").empty());
    backend->put_new("keyring/1", as_bytes("new"));
}

TEST_CASE("two inits of one place do not mix", "[local]") {
    const TemporaryFolder folder;
    auto first = init_local(folder.path());
    first->put_new("keyring/1", as_bytes("first"));
    CHECK(kind_thrown([&] { init_local(folder.path()); }) == ErrorKind::Busy);
    CHECK(as_text(first->get("keyring/1")) == "first");
    first.reset();
    CHECK_NOTHROW(init_local(folder.path()));
}

TEST_CASE("a full file system is NoSpace, leaves nothing behind, and works again once there is room", "[local]") {
    const TemporaryMount mount("size=1m");
    if (!mount.mounted()) {
        WARN("SKIPPED, cannot fill a file system up: " << mount.why_not());
        return;
    }
    const auto backend = init_local(mount.path());
    const Bytes large(2 << 20, 7);
    backend->put_new(kSnapshot, as_bytes("before"));

    CHECK(kind_thrown([&] { backend->put_new(kPack, large); }) == ErrorKind::NoSpace);
    CHECK(kind_thrown([&] {
              auto writer = backend->begin_object(kSession);
              for (ByteView rest = large; !rest.empty(); rest = rest.subspan(4'096)) writer->append(rest.first(4'096));
              writer->publish(kPack);
          }) == ErrorKind::NoSpace);
    REQUIRE(backend->list("").size() == 1);
    CHECK(as_text(backend->get(kSnapshot)) == "before");

    backend->put_new(kPack, ByteView(large).first(large.size() / 4));
    CHECK(backend->get(kPack).size() == large.size() / 4);
}

TEST_CASE("a file system without free inodes is NoSpace for init, which can be repeated", "[local]") {
    const TemporaryMount mount("nr_inodes=200");
    if (!mount.mounted()) {
        WARN("SKIPPED, cannot use inodes up: " << mount.why_not());
        return;
    }
    CHECK(kind_thrown([&] { init_local(mount.path()); }) == ErrorKind::NoSpace);
    CHECK(kind_thrown([&] { init_local(mount.path()); }) == ErrorKind::NoSpace);
    CHECK(kind_thrown([&] { open_local(mount.path()); }) == ErrorKind::NoRepository);
}

TEST_CASE("a file system mounted read-only refuses writing as ReadOnly and is read all the same", "[local]") {
    TemporaryMount mount("size=1m");
    if (!mount.mounted()) {
        WARN("SKIPPED, cannot mount read-only: " << mount.why_not());
        return;
    }
    init_local(mount.path())->put_new("config/1", as_bytes("c"));
    mount.make_read_only();
    const auto backend = open_local(mount.path());
    CHECK(as_text(backend->get("config/1")) == "c");
    CHECK(kind_thrown([&] { backend->put_new(kSnapshot, {}); }) == ErrorKind::ReadOnly);
    CHECK(kind_thrown([&] { backend->begin_object(kSession); }) == ErrorKind::ReadOnly);
    CHECK(kind_thrown([&] { backend->remove("config/1"); }) == ErrorKind::ReadOnly);
    CHECK(kind_thrown([&] { init_local(mount.path() + "/other"); }) == ErrorKind::ReadOnly);
}

TEST_CASE("the type of a mount is found by its device, whatever optional fields stand before it", "[local]") {
    const std::string mountinfo =
        "22 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda rw\n"
        "40 22 0:41 / /mnt/nas\\040x rw,nosuid - fuse.sshfs user@nas:/ rw\n"
        "41 22 0:4 / /proc rw - proc proc rw\n"
        "42 22 0:410 / /mnt/y rw -\n";
    const auto places = parse_mountinfo(mountinfo);
    CHECK(type_of_device(places, 0, 41) == "fuse.sshfs");
    CHECK(type_of_device(places, 254, 0) == "ext4");
    CHECK(type_of_device(places, 0, 4) == "proc");
    CHECK(type_of_device(places, 0, 410).empty());
    CHECK(type_of_device(places, 0, 1).empty());
    CHECK(places[1].point == "/mnt/nas x");
    CHECK(places[1].source == "user@nas:/");
    CHECK(is_remote_fuse_type("fuse.sshfs"));
    CHECK(is_remote_fuse_type("fuse.rclone"));
    CHECK_FALSE(is_remote_fuse_type("fuse.mergerfs"));
    CHECK_FALSE(is_remote_fuse_type("fuseblk"));
}

}  // namespace
}  // namespace vault
