// openat2 beneath a root, and its replacement component by component.
#include "store/restore_beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "store/base/error.h"
#include "store/base/text.h"

namespace vault {

namespace {

constexpr int kDirectory = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr std::size_t kPathBytesMax = 4'000;  // below the kernel's 4,096; longer paths go in steps

int open_by_kernel(int from, const char* path) {
    struct open_how how = {};
    how.flags = kDirectory;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    for (;;) {
        const long fd = ::syscall(SYS_openat2, from, path, &how, sizeof how);
        if (fd >= 0 || (errno != EINTR && errno != EAGAIN)) return static_cast<int>(fd);
    }
}

[[noreturn]] void refuse(const std::string& path, int error) {
    const std::string what = "cannot enter the folder " + escaped(path);
    // ELOOP of openat2, ENOTDIR of O_DIRECTORY | O_NOFOLLOW on a symlink.
    if (error == ELOOP || error == EXDEV)
        throw Error(ErrorKind::Denied, what + ": a symbolic link stands in the way");
    throw system_error(what, error);
}

// As much of `path` as one call takes: up to a slash, or its end.
std::size_t step_length(const std::string& path, std::size_t at, Resolve resolve) {
    if (resolve == Resolve::ByKernel && path.size() - at <= kPathBytesMax) return path.size() - at;
    const std::size_t slash =
        resolve == Resolve::ByKernel ? path.rfind('/', at + kPathBytesMax) : path.find('/', at);
    return (slash == std::string::npos ? path.size() : slash) - at;
}

UniqueFd open_directory(int root_fd, const std::string& path, Resolve resolve) {
    UniqueFd at_fd;
    for (std::size_t at = 0; at < path.size();) {
        const std::size_t length = step_length(path, at, resolve);
        const std::string step = path.substr(at, length);
        const int from = at_fd ? at_fd.get() : root_fd;
        const int fd = resolve == Resolve::ByKernel ? open_by_kernel(from, step.c_str())
                                                    : ::openat(from, step.c_str(), kDirectory);
        if (fd < 0) refuse(path, errno);
        at_fd.reset(fd);
        at += length + 1;
    }
    return at_fd;
}

}  // namespace

Resolve best_resolve() {
    static const Resolve best = [] {
        const UniqueFd fd(open_by_kernel(AT_FDCWD, "."));
        // EPERM is what older container filters answer for calls that they do not know.
        return !fd && (errno == ENOSYS || errno == EPERM) ? Resolve::ByComponent : Resolve::ByKernel;
    }();
    return best;
}

Beneath::Beneath(int root_fd, std::size_t open_max, Resolve resolve)
    : root_fd_(root_fd), open_max_(std::max<std::size_t>(open_max, 1)), resolve_(resolve) {}

int Beneath::directory(const std::string& path) {
    if (path.empty()) return root_fd_;
    ++clock_;
    for (Open& open : open_) {
        if (open.path != path) continue;
        open.used = clock_;
        return open.fd.get();
    }
    UniqueFd fd = open_directory(root_fd_, path, resolve_);
    if (open_.size() < open_max_) {
        open_.push_back({path, std::move(fd), clock_});
        return open_.back().fd.get();
    }
    const auto oldest =
        std::min_element(open_.begin(), open_.end(), [](const Open& a, const Open& b) { return a.used < b.used; });
    *oldest = {path, std::move(fd), clock_};
    return oldest->fd.get();
}

}  // namespace vault
