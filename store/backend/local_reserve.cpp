// The reserve of a local repository.
#include "store/backend/local_reserve.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string>

#include "store/base/error.h"
#include "store/base/file.h"

namespace vault {

namespace {

constexpr off_t kReserveBytes = 8 << 20;
constexpr off_t kBytesPerBlock = 512;  // of st_blocks, whatever the file system's own
constexpr int kReserveInodes = 64;
constexpr std::size_t kWriteBytes = 1 << 20;

std::string inode_name(int number) {
    char name[32];
    std::snprintf(name, sizeof name, "reserve/inode-%02d", number);
    return name;
}

// Neither waits for the other end of a FIFO that stands in its place.
UniqueFd open_file(int root_fd, const std::string& name) {
    UniqueFd file = open_at(root_fd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0600);
    struct stat found {};
    if (::fstat(file.get(), &found) != 0) throw system_error("cannot stat " + name, errno);
    if (!S_ISREG(found.st_mode))
        throw Error(ErrorKind::Io, name + " is no file; remove it, and the next prune makes it");
    return file;
}

void allocate(int fd) {
    struct stat have {};
    if (::fstat(fd, &have) != 0) throw system_error("cannot stat reserve/space", errno);
    if (have.st_blocks * kBytesPerBlock >= kReserveBytes) return;
    if (::fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, kReserveBytes) == 0) return;
    if (errno != EOPNOTSUPP) throw system_error("cannot allocate reserve/space", errno);
    const Bytes zeros(kWriteBytes, 0);
    for (off_t at = 0; at < kReserveBytes; at += static_cast<off_t>(kWriteBytes))
        write_all_at(fd, static_cast<std::uint64_t>(at), zeros, "reserve/space");
}

}  // namespace

void make_reserve(int root_fd) {
    const UniqueFd space = open_file(root_fd, "reserve/space");
    allocate(space.get());
    for (int i = 0; i < kReserveInodes; ++i) open_file(root_fd, inode_name(i));
}

bool release_reserve(int root_fd) noexcept {
    try {
        bool any = ::unlinkat(root_fd, "reserve/space", 0) == 0;
        for (int i = 0; i < kReserveInodes; ++i) any = ::unlinkat(root_fd, inode_name(i).c_str(), 0) == 0 || any;
        return any;
    } catch (const std::exception&) {
        return false;  // out of memory for a name of 16 bytes: nothing is left to try
    }
}

}  // namespace vault
