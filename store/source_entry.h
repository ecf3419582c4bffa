// What the file system says of one entry: everything that an Entry keeps but the content. Reading side; metadata_apply.h is the other.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <unordered_map>

#include "store/format/entry.h"

namespace vault {

// What statx gave, in the units of Entry, and the identity that hard links share.
struct SourceStat {
    EntryType type = EntryType::Regular;
    std::uint32_t mode = 0, uid = 0, gid = 0;
    Time mtime, ctime;
    std::optional<Time> btime;
    std::uint64_t inode = 0, links = 1, size = 0, allocated = 0;
    std::uint32_t device_major = 0, device_minor = 0;  // of a device node
    std::uint64_t filesystem = 0;                      // st_dev, for hard link groups
    bool is_mount_point = false;                       // a mount is rooted here (STATX_ATTR_MOUNT_ROOT)
};

// statx of `name` in the open directory, not following a symlink (AT_EMPTY_PATH with an empty name: of the descriptor itself).
// Throws the Error of errno; Unsupported for a type that is none of the seven.
SourceStat stat_entry(int directory_fd, const char* name);
SourceStat stat_descriptor(int fd);

// Whether an entry of a parent snapshot describes this file unchanged: type, size, mtime, ctime and inode are equal.
bool looks_unchanged(const SourceStat& now, const Entry& before);

// User and group names by number, looked up once each (getpwuid_r may ask the network). Not thread-safe.
class OwnerNames {
  public:
    const std::string& user(std::uint32_t uid);
    const std::string& group(std::uint32_t gid);

  private:
    std::unordered_map<std::uint32_t, std::string> users_, groups_;
};

// The Entry of these facts, its attributes, content and links left empty.
Entry entry_of(const SourceStat& stat, OwnerNames& names);

// The extended attributes, names ascending (empty set: none). By descriptor, or where the entry cannot be opened (symlinks, devices, FIFOs, sockets)
// by /proc/self/fd/<directory>/<name> without following. Attributes that cannot be read (EPERM, ENOTSUP) throw with the name.
AttributeSet read_attributes(int fd, const std::string& what);
AttributeSet read_attributes_at(int directory_fd, const std::string& name, const std::string& what);

// chattr flags; 0 where the file system has none.
std::uint32_t read_attribute_flags(int fd);

std::string read_link(int directory_fd, const std::string& name);

// The data runs of an open file as SEEK_DATA and SEEK_HOLE tell, from `offset`: the next run of data at or after it, cut to the file's end.
// Nothing where only a hole remains. A file system without the calls has one run.
struct DataRun {
    std::uint64_t offset = 0, length = 0;
};
std::optional<DataRun> next_data_run(int fd, std::uint64_t offset, std::uint64_t file_bytes);

}  // namespace vault
