// Whole reads and writes on descriptors, and small files put atomically. Not the repository's objects: those have
// the stricter rules of store/backend.
#pragma once

#include <optional>
#include <string>

#include "store/base/bytes.h"
#include "store/base/unique_fd.h"

namespace vault {

// Opens `path` (relative to `directory_fd`, or to the working directory with AT_FDCWD) with O_CLOEXEC.
// Throws the Error of errno, naming `path` escaped.
UniqueFd open_at(int directory_fd, const std::string& path, int flags, unsigned mode = 0666);

// Reads until `into` is full or the file ends; returns the bytes read. Repeats on EINTR and short reads. `what` names
// the file in the Error that a failure throws.
std::size_t read_up_to(int fd, MutableByteView into, const std::string& what);
std::size_t read_up_to_at(int fd, std::uint64_t offset, MutableByteView into, const std::string& what);

// Writes all of `from`. Repeats on EINTR and short writes; throws the Error of errno.
void write_all(int fd, ByteView from, const std::string& what);
void write_all_at(int fd, std::uint64_t offset, ByteView from, const std::string& what);

// The whole file, or nothing where it does not exist. Throws Corrupt if it is longer than `bytes_max`.
std::optional<Bytes> read_small_file(const std::string& path, std::size_t bytes_max);

// Replaces `path` by `contents` so that after a crash it is the old file or the new one, whole: a temporary beside it,
// fsync, rename, fsync of the folder.
void replace_small_file(const std::string& path, ByteView contents, unsigned mode = 0600);

// Makes `path` and what is missing above it, each with `mode`.
void make_folders(const std::string& path, unsigned mode = 0700);

// fsync of an open file or folder. A failure is final: the caller must not call it again for the same file and trust
// the answer, since the kernel may have dropped the dirty pages.
void sync_fd(int fd, const std::string& what);

}  // namespace vault
