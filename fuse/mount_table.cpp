// umount(2), fusermount3(1).
#include "fuse/mount_table.h"

#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "store/base/error.h"
#include "store/base/text.h"

extern char** environ;

namespace vault {

namespace {

[[noreturn]] void refuse_busy(const std::string& point) {
    throw Error(ErrorKind::Busy, escaped(point) + " is in use: something has a file open or stands in a folder there "
                                                  "(`fuser -vm` names it)");
}

void run_fusermount(const std::string& point, Detach detach) {
    const char* arguments[] = {"fusermount3", "-u", "-q", detach == Detach::AtOnce ? "-z" : "--", point.c_str(),
                               nullptr};
    pid_t child = 0;
    const int failed =
        ::posix_spawnp(&child, arguments[0], nullptr, nullptr, const_cast<char**>(arguments), environ);
    if (failed != 0) throw system_error("cannot run fusermount3", failed);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0)
        if (errno != EINTR) throw system_error("cannot wait for fusermount3", errno);
    if (status == 0) return;
    const auto still = mounted_at(point);
    if (still && still->type == kMountType) refuse_busy(point);
}

}  // namespace

std::string resolved_mount_point(const std::string& path) {
    char resolved[PATH_MAX];
    if (::realpath(path.c_str(), resolved) != nullptr) return resolved;
    // A dead mount answers nothing, not even what it is: only what leads to it is resolved.
    std::filesystem::path whole = std::filesystem::absolute(path).lexically_normal();
    if (!whole.has_filename()) whole = whole.parent_path();
    if (::realpath(whole.parent_path().c_str(), resolved) == nullptr) return whole.string();
    return (std::filesystem::path(resolved) / whole.filename()).string();
}

std::optional<MountedPlace> mounted_at(const std::string& path) {
    const std::string point = resolved_mount_point(path);
    std::optional<MountedPlace> found;
    for (MountedPlace& place : mounted_places())
        if (place.point == point) found = std::move(place);
    return found;
}

void unmount(const std::string& point, Detach detach) {
    if (::geteuid() != 0) return run_fusermount(point, detach);
    if (::umount2(point.c_str(), UMOUNT_NOFOLLOW | (detach == Detach::AtOnce ? MNT_DETACH : 0)) == 0) return;
    if (errno == EBUSY) refuse_busy(point);
    throw system_error("cannot unmount " + escaped(point), errno);
}

}  // namespace vault
