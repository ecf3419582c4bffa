// What the file system says of one entry: everything that an Entry keeps but the content. Reading side;
// metadata_apply.h is the other. Thread-safe.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "store/format/entry.h"

namespace vault {

// What statx gave, in the units of Entry, and the identity that hard links share.
struct SourceStat {
    EntryType type = EntryType::Regular;
    std::uint32_t mode = 0, uid = 0, gid = 0;  // mode without the type
    Time mtime, ctime;
    std::optional<Time> btime;
    std::uint64_t inode = 0, links = 1, size = 0, allocated = 0;
    std::uint32_t device_major = 0, device_minor = 0;  // of a device node, else 0
    std::uint64_t filesystem = 0;                      // st_dev, for hard link groups
    bool is_mount_point = false;                       // a mount is rooted here; false where the kernel does not tell
};

unsigned type_bits(EntryType type);  // S_IFREG and so on

// statx of `name` in the open directory, following neither a symlink nor an automount (an empty name: of the
// descriptor itself, which may be O_PATH). Throws the Error of errno; Unsupported for a type that is none of the seven.
SourceStat stat_entry(int directory_fd, const char* name);
SourceStat stat_descriptor(int fd);

// Whether an entry of a parent snapshot describes this file unchanged: type, size, mtime, ctime and inode are equal.
bool looks_unchanged(const SourceStat& now, const Entry& before);

// User and group names by number, looked up once each (the network may be asked); empty where there is none or where
// it is longer than an entry can hold. A lookup that fails throws nothing and counts as no name: the number is kept
// anyway.
class OwnerNames {
  public:
    const std::string& user(std::uint32_t uid);
    const std::string& group(std::uint32_t gid);

  private:
    std::mutex mutex_;  // guards both; names stay where they are
    std::unordered_map<std::uint32_t, std::string> users_, groups_;
};

// The Entry of these facts; attributes, flags, target, content and first link are left empty. The caller sets `size` to
// what it read where that differs: of a regular file the content, of a symlink the target (some file systems say 0).
Entry entry_of(const SourceStat& stat, OwnerNames& names);

// All extended attributes that the file system lists, names ascending; empty: none, also where the file system has no
// such thing. Nothing is left out: ACLs are system.posix_acl_*, and what a file system makes up itself and does not
// take back (there is no list of such names that stays true) is told when it is restored. An attribute that vanishes
// between listing and reading is left out; one that is listed and cannot be read throws, naming it.
// By descriptor, or, where the entry cannot be opened (symlinks, devices, FIFOs, sockets), by
// /proc/self/fd/<directory>/<name> without following. `what` names the entry in messages.
AttributeSet read_attributes(int fd, const std::string& what);
AttributeSet read_attributes_at(int directory_fd, const std::string& name, const std::string& what);

// chattr flags of an open regular file or directory; 0 where the file system has none. The Error names no entry.
std::uint32_t read_attribute_flags(int fd);

// The target of a symlink, of 1 to 4,095 bytes.
std::string read_link(int directory_fd, const std::string& name);

// The data runs of an open file as SEEK_DATA and SEEK_HOLE tell: the next run of data at or after `offset`, cut to
// `file_bytes`. Nothing where only a hole remains. A file system without the calls has one run. Moves the file's
// position. The Error names no entry.
struct DataRun {
    std::uint64_t offset = 0, length = 0;
    bool operator==(const DataRun&) const = default;
};
std::optional<DataRun> next_data_run(int fd, std::uint64_t offset, std::uint64_t file_bytes);

}  // namespace vault
