// Staging beside or inside the target, and its end.
#include "store/restore_target.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>
#include <vector>

#include "store/base/error.h"
#include "store/base/file.h"
#include "store/base/text.h"
#include "store/restore_names.h"

namespace vault {

namespace {

constexpr int kOpenFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
constexpr unsigned kDepthMax = 16'384;  // of a staging folder: no manifest key is longer

std::string random_suffix() {
    std::uint8_t bytes[8];
    if (::getrandom(bytes, sizeof bytes, 0) != static_cast<ssize_t>(sizeof bytes))
        throw system_error("cannot get random bytes", errno);
    return to_hex(bytes);
}

struct Place {
    std::string folder, name;
};

// Where `path`, which has no slash at its end, lies and what it is called there.
Place place_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return {".", path};
    return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

bool is_staging_name(const std::string& name, const std::string& prefix) {
    return name.size() == prefix.size() + 16 && name.starts_with(prefix) &&
           name.find_first_not_of("0123456789abcdef", prefix.size()) == std::string::npos;
}

struct ::stat stat_of(int fd, const std::string& what) {
    struct ::stat stat;
    if (::fstat(fd, &stat) != 0) throw system_error("cannot stat " + escaped(what), errno);
    return stat;
}

void clear_flags(int fd) {
    int none = 0;
    ::ioctl(fd, FS_IOC_SETFLAGS, &none);  // what that does not help against is told by the removal
}

void remove_below(int fd, const std::string& name, dev_t device, unsigned depth) {
    if (depth > kDepthMax) throw Error(ErrorKind::Io, "folders nest too deep in " + escaped(name));
    clear_flags(fd);
    ::fchmod(fd, 0700);  // an unprivileged user cannot remove from a folder restored read-only
    for (const std::string& entry : directory_names(fd, name)) {
        if (::unlinkat(fd, entry.c_str(), 0) == 0) continue;
        if (errno != EISDIR && errno != EPERM) throw system_error("cannot remove " + escaped(entry), errno);
        UniqueFd child(::openat(fd, entry.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
        if (!child && errno == EACCES && ::fchmodat(fd, entry.c_str(), 0700, 0) == 0)
            child.reset(::openat(fd, entry.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
        if (!child) throw system_error("cannot open " + escaped(entry), errno);
        const struct ::stat stat = stat_of(child.get(), entry);
        if (stat.st_dev != device)
            throw Error(ErrorKind::Denied, "another file system is mounted on " + escaped(entry));
        if (S_ISDIR(stat.st_mode)) {
            remove_below(child.get(), entry, device, depth + 1);
            if (::unlinkat(fd, entry.c_str(), AT_REMOVEDIR) != 0)
                throw system_error("cannot remove " + escaped(entry), errno);
        } else {
            clear_flags(child.get());
            if (::unlinkat(fd, entry.c_str(), 0) != 0) throw system_error("cannot remove " + escaped(entry), errno);
        }
    }
}

bool stands_there(int parent_fd, const std::string& name, int fd) {
    struct ::stat there;
    if (::fstatat(parent_fd, name.c_str(), &there, AT_SYMLINK_NOFOLLOW) != 0) return false;
    const struct ::stat stat = stat_of(fd, name);
    return stat.st_dev == there.st_dev && stat.st_ino == there.st_ino;
}

// Removes the staging folders of dead restores: ours, and nobody held its lock. The lock is held until the folder is
// gone, so that two never remove one, nor a live restore's. Returns whether one of a live restore (or of one that is
// just being removed) is there.
bool remove_abandoned(int parent_fd, const std::string& parent_path, const std::string& prefix) {
    bool any_alive = false;
    for (const std::string& name : directory_names(parent_fd, parent_path)) {
        if (!is_staging_name(name, prefix)) continue;
        const UniqueFd fd(::openat(parent_fd, name.c_str(), kOpenFolder | O_CLOEXEC));
        if (!fd || stat_of(fd.get(), name).st_uid != ::geteuid()) continue;
        if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) any_alive = true;
        else if (stands_there(parent_fd, name, fd.get())) remove_staging(parent_fd, name);
    }
    return any_alive;
}

Error other_restore(const std::string& path) {
    return Error(ErrorKind::Busy, "another restore into " + escaped(path) + " is at work");
}

// While it lives, no other restore begins in this folder.
class FolderLock {
  public:
    FolderLock(int fd, const std::string& path) : fd_(::openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
        if (!fd_) throw system_error("cannot open " + escaped(path), errno);
        for (int waited_ms = 0; ::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0; waited_ms += kStepMs) {
            if (errno != EWOULDBLOCK) throw system_error("cannot lock " + escaped(path), errno);
            if (waited_ms >= kWaitMs) throw other_restore(path);
            std::this_thread::sleep_for(std::chrono::milliseconds(kStepMs));
        }
    }

  private:
    static constexpr int kStepMs = 20, kWaitMs = 10'000;
    UniqueFd fd_;
};

std::string prefix_beside(const std::string& target_name) {
    std::string prefix(1, '.');  // appended to, not added: g++ 12 warns of "." + std::string by mistake
    return prefix.append(target_name, 0, 200).append(".vault-");
}

void rename_new(int from_fd, const std::string& from, int to_fd, const std::string& to, const std::string& place) {
    if (::renameat2(from_fd, from.c_str(), to_fd, to.c_str(), RENAME_NOREPLACE) == 0) return;
    if (errno == EINVAL || errno == ENOSYS) {  // a file system without RENAME_NOREPLACE
        struct ::stat stat;
        if (::fstatat(to_fd, to.c_str(), &stat, AT_SYMLINK_NOFOLLOW) == 0)
            errno = EEXIST;
        else if (::renameat(from_fd, from.c_str(), to_fd, to.c_str()) == 0)
            return;
    }
    const int error = errno;
    throw system_error("cannot rename " + escaped(place) + " to " + escaped(to), error);
}

}  // namespace

void remove_staging(int directory_fd, const std::string& name) {
    const UniqueFd fd = open_at(directory_fd, name, kOpenFolder);
    remove_below(fd.get(), name, stat_of(fd.get(), name).st_dev, 0);
    if (::unlinkat(directory_fd, name.c_str(), AT_REMOVEDIR) != 0)
        throw system_error("cannot remove " + escaped(name), errno);
}

RestoreTarget::RestoreTarget(const std::string& path) : path_(path) {
    while (path_.size() > 1 && path_.ends_with('/')) path_.pop_back();
    if (path_.empty()) throw Error(ErrorKind::Usage, "the target has no name");
    place_ = path_;
    struct ::stat stat;
    existed_ = ::lstat(path_.c_str(), &stat) == 0;
    if (!existed_ && errno != ENOENT) throw system_error("cannot look at the target " + escaped(path_), errno);
    if (existed_) {
        // A link to a folder is followed: the user named it.
        UniqueFd fd(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!fd && (errno == ENOTDIR || errno == ENOENT))
            throw Error(ErrorKind::Exists, "the target " + escaped(path_) + " is not a folder");
        if (!fd) throw system_error("cannot open the target " + escaped(path_), errno);
        if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
            if (errno == EWOULDBLOCK) throw other_restore(path_);
            throw system_error("cannot lock the target " + escaped(path_), errno);
        }
        remove_abandoned(fd.get(), path_, ".vault-");
        remove_abandoned_beside();
        if (directory_names(fd.get(), path_).empty())
            stage_in(std::move(fd), path_, ".vault-");
        else
            root_ = std::move(fd);
        return;
    }
    const auto [folder, name] = place_of(path_);
    name_ = name;
    make_folders(folder, 0777);
    UniqueFd fd = open_at(AT_FDCWD, folder, O_RDONLY | O_DIRECTORY);
    const FolderLock alone(fd.get(), folder);
    if (remove_abandoned(fd.get(), folder, prefix_beside(name_))) throw other_restore(path_);
    stage_in(std::move(fd), folder, prefix_beside(name_));
}

// What a dead restore left when the target did not exist yet. Where this user may not look there, it stays.
void RestoreTarget::remove_abandoned_beside() {
    const auto [folder, name] = place_of(path_);
    if (name.empty() || name == "." || name == "..") return;
    const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd) remove_abandoned(fd.get(), folder, prefix_beside(name));
}

void RestoreTarget::stage_in(UniqueFd folder, const std::string& folder_path, const std::string& prefix) {
    parent_ = std::move(folder);
    // Between mkdir and the lock another restore may take the folder for a dead one's: then it is gone, and once more.
    for (int attempts = 0; attempts < 16; ++attempts) {
        staging_ = prefix + random_suffix();
        if (::mkdirat(parent_.get(), staging_.c_str(), 0700) != 0)
            throw system_error("cannot make a folder in " + escaped(folder_path), errno);
        root_.reset(::openat(parent_.get(), staging_.c_str(), kOpenFolder | O_CLOEXEC));
        if (!root_ && errno == ENOENT) continue;
        if (!root_) throw system_error("cannot open " + escaped(staging_), errno);
        if (::flock(root_.get(), LOCK_EX | LOCK_NB) != 0) continue;
        if (!stands_there(parent_.get(), staging_, root_.get())) continue;
        place_ = folder_path + "/" + staging_;
        // A default ACL of the folder above would be handed on to every entry.
        for (const char* acl : {"system.posix_acl_default", "system.posix_acl_access"})
            if (::fremovexattr(root_.get(), acl) != 0 && errno != ENODATA && errno != ENOTSUP)
                throw system_error("cannot clear the ACL of " + escaped(place_), errno);
        if (::fchmod(root_.get(), 0700) != 0) throw system_error("cannot set the mode of " + escaped(place_), errno);
        const struct ::stat stat = stat_of(root_.get(), place_);
        owns_new_entries_ = stat.st_uid == ::geteuid() && stat.st_gid == ::getegid() && (stat.st_mode & S_ISGID) == 0;
        return;
    }
    throw Error(ErrorKind::Busy, "restores in " + escaped(folder_path) + " keep removing each other's folders");
}

void RestoreTarget::finish() {
    if (!is_staged()) return;
    existed_ ? finish_inside() : finish_beside();
    staging_.clear();
    owns_new_entries_ = false;
    place_ = path_;
}

void RestoreTarget::finish_beside() {
    rename_new(parent_.get(), staging_, parent_.get(), name_, place_);
}

void RestoreTarget::finish_inside() {
    for (const std::string& name : directory_names(root_.get(), place_))
        rename_new(root_.get(), name, parent_.get(), name, place_);
    if (::unlinkat(parent_.get(), staging_.c_str(), AT_REMOVEDIR) != 0)
        throw system_error("cannot remove " + escaped(place_), errno);
    root_ = std::move(parent_);
}

}  // namespace vault
