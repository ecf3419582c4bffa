// statx, xattrs, chattr flags, names of owners and data runs of one entry.
#include "store/source_entry.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/fs.h>
#include <pwd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <functional>

#include "store/format/limits.h"

namespace vault {

namespace {

constexpr std::size_t kListBytesMax = 64 * kKiB;  // the kernel's own limit
constexpr std::size_t kShortListBytes = 1 * kKiB;

EntryType type_of(unsigned mode) {
    switch (mode & S_IFMT) {
        case S_IFREG: return EntryType::Regular;
        case S_IFDIR: return EntryType::Directory;
        case S_IFLNK: return EntryType::Symlink;
        case S_IFCHR: return EntryType::CharacterDevice;
        case S_IFBLK: return EntryType::BlockDevice;
        case S_IFIFO: return EntryType::Fifo;
        case S_IFSOCK: return EntryType::Socket;
        default: throw Error(ErrorKind::Unsupported, "an entry of a type that is none of the seven");
    }
}

Time time_of(const struct statx_timestamp& time) {
    return {time.tv_sec, time.tv_nsec};
}

// getpwuid_r and getgrgid_r are one thing but for their types.
template <class Record>
std::string owner_name(std::uint32_t number, int (*look_up)(std::uint32_t, Record*, char*, std::size_t, Record**),
                       char* Record::*name) {
    std::string buffer(1024, '\0');
    Record record;
    Record* found = nullptr;
    int error = ERANGE;
    while (error == ERANGE && buffer.size() <= kMiB) {  // groups with many members need much room
        error = look_up(number, &record, buffer.data(), buffer.size(), &found);
        if (error == ERANGE) buffer.resize(buffer.size() * 4);
    }
    if (error != 0 || found == nullptr) return "";
    const std::string text = found->*name;
    return text.size() <= kNameBytesMax ? text : "";
}

// The two ways to name an entry to the calls.
struct AttributeCalls {
    std::function<ssize_t(char*, std::size_t)> list;
    std::function<ssize_t(const char*, void*, std::size_t)> get;
};

Bytes attribute_value(const AttributeCalls& calls, const std::string& name, const std::string& what, bool& vanished) {
    Bytes value(256);
    for (;;) {
        const ssize_t bytes = calls.get(name.c_str(), value.data(), value.size());
        if (bytes >= 0) {
            value.resize(static_cast<std::size_t>(bytes));
            return value;
        }
        vanished = errno == ENODATA;
        if (vanished) return {};
        if (errno != ERANGE || value.size() >= kAttributeValueBytesMax)
            throw system_error("cannot read the attribute " + escaped(name) + " of " + escaped(what), errno);
        value.resize(kAttributeValueBytesMax);
    }
}

AttributeSet attributes_of(std::string_view list, const AttributeCalls& calls, const std::string& what) {
    AttributeSet set;
    while (!list.empty()) {
        const std::string name(list.substr(0, list.find('\0')));
        list.remove_prefix(std::min(list.size(), name.size() + 1));
        bool vanished = false;
        Bytes value = attribute_value(calls, name, what, vanished);
        if (!vanished) set.push_back({name, std::move(value)});
    }
    std::sort(set.begin(), set.end(), [](const Attribute& a, const Attribute& b) { return a.name < b.name; });
    return set;
}

AttributeSet read_with(const AttributeCalls& calls, const std::string& what) {
    // Most files have none, so the first call must be cheap and enough.
    char short_list[kShortListBytes];
    ssize_t bytes = calls.list(short_list, sizeof short_list);
    if (bytes >= 0) return attributes_of({short_list, static_cast<std::size_t>(bytes)}, calls, what);
    if (errno == ENOTSUP) return {};
    if (errno == ERANGE) {
        std::string list(kListBytesMax, '\0');
        bytes = calls.list(list.data(), list.size());
        if (bytes >= 0) return attributes_of(std::string_view(list).substr(0, bytes), calls, what);
    }
    throw system_error("cannot list the attributes of " + escaped(what), errno);
}

}  // namespace

unsigned type_bits(EntryType type) {
    switch (type) {
        case EntryType::Regular: return S_IFREG;
        case EntryType::Directory: return S_IFDIR;
        case EntryType::Symlink: return S_IFLNK;
        case EntryType::CharacterDevice: return S_IFCHR;
        case EntryType::BlockDevice: return S_IFBLK;
        case EntryType::Fifo: return S_IFIFO;
        case EntryType::Socket: return S_IFSOCK;
    }
    return 0;
}

SourceStat stat_entry(int directory_fd, const char* name) {
    struct statx now;
    const int itself = *name == '\0' ? AT_EMPTY_PATH : 0;
    const int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_SYNC_AS_STAT | itself;
    if (::statx(directory_fd, name, flags, STATX_BASIC_STATS | STATX_BTIME, &now) != 0)
        throw system_error("cannot stat " + escaped(name), errno);
    SourceStat stat;
    stat.type = type_of(now.stx_mode);
    stat.mode = now.stx_mode & 07777;
    stat.uid = now.stx_uid;
    stat.gid = now.stx_gid;
    stat.mtime = time_of(now.stx_mtime);
    stat.ctime = time_of(now.stx_ctime);
    if ((now.stx_mask & STATX_BTIME) != 0) stat.btime = time_of(now.stx_btime);
    stat.inode = now.stx_ino;
    stat.links = now.stx_nlink;
    stat.size = now.stx_size;
    stat.allocated = now.stx_blocks * 512;
    if (stat.type == EntryType::CharacterDevice || stat.type == EntryType::BlockDevice) {
        stat.device_major = now.stx_rdev_major;
        stat.device_minor = now.stx_rdev_minor;
    }
    stat.filesystem = makedev(now.stx_dev_major, now.stx_dev_minor);
    stat.is_mount_point = (now.stx_attributes_mask & now.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
    return stat;
}

SourceStat stat_descriptor(int fd) {
    return stat_entry(fd, "");
}

bool looks_unchanged(const SourceStat& now, const Entry& before) {
    return now.type == before.type && now.size == before.size && now.mtime == before.mtime &&
           now.ctime == before.ctime && now.inode == before.inode;
}

const std::string& OwnerNames::user(std::uint32_t uid) {
    const std::lock_guard lock(mutex_);
    const auto found = users_.find(uid);
    if (found != users_.end()) return found->second;
    return users_.emplace(uid, owner_name<struct passwd>(uid, ::getpwuid_r, &passwd::pw_name)).first->second;
}

const std::string& OwnerNames::group(std::uint32_t gid) {
    const std::lock_guard lock(mutex_);
    const auto found = groups_.find(gid);
    if (found != groups_.end()) return found->second;
    return groups_.emplace(gid, owner_name<struct group>(gid, ::getgrgid_r, &::group::gr_name)).first->second;
}

Entry entry_of(const SourceStat& stat, OwnerNames& names) {
    Entry entry;
    entry.type = stat.type;
    entry.mode = stat.mode;
    entry.uid = stat.uid;
    entry.gid = stat.gid;
    entry.user = names.user(stat.uid);
    entry.group = names.group(stat.gid);
    entry.mtime = stat.mtime;
    entry.ctime = stat.ctime;
    entry.btime = stat.btime;
    entry.inode = stat.inode;
    entry.links = stat.links;
    entry.size = stat.size;
    entry.allocated = stat.allocated;
    entry.device_major = stat.device_major;
    entry.device_minor = stat.device_minor;
    return entry;
}

AttributeSet read_attributes(int fd, const std::string& what) {
    return read_with({[fd](char* to, std::size_t size) { return ::flistxattr(fd, to, size); },
                      [fd](const char* name, void* to, std::size_t size) { return ::fgetxattr(fd, name, to, size); }},
                     what);
}

AttributeSet read_attributes_at(int directory_fd, const std::string& name, const std::string& what) {
    const std::string path = "/proc/self/fd/" + std::to_string(directory_fd) + "/" + name;
    return read_with({[&path](char* to, std::size_t size) { return ::llistxattr(path.c_str(), to, size); },
                      [&path](const char* attribute, void* to, std::size_t size) {
                          return ::lgetxattr(path.c_str(), attribute, to, size);
                      }},
                     what);
}

std::uint32_t read_attribute_flags(int fd) {
    // The call is declared with a long and writes an int; a long of zeros takes either.
    unsigned long flags = 0;
    if (::ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0) return static_cast<std::uint32_t>(flags);
    if (errno == ENOTTY || errno == ENOTSUP || errno == EINVAL || errno == ENOSYS) return 0;
    throw system_error("cannot read the chattr flags", errno);
}

std::string read_link(int directory_fd, const std::string& name) {
    std::string target(kSymlinkTargetBytesMax + 1, '\0');
    const ssize_t bytes = ::readlinkat(directory_fd, name.c_str(), target.data(), target.size());
    if (bytes < 0) throw system_error("cannot read the symlink " + escaped(name), errno);
    target.resize(static_cast<std::size_t>(bytes));
    if (target.empty() || target.size() > kSymlinkTargetBytesMax)
        throw Error(ErrorKind::Unsupported, "the symlink " + escaped(name) + " has a target of " +
                                                std::to_string(target.size()) + " bytes");
    return target;
}

std::optional<DataRun> next_data_run(int fd, std::uint64_t offset, std::uint64_t file_bytes) {
    if (offset >= file_bytes) return std::nullopt;
    const off_t start = ::lseek(fd, static_cast<off_t>(offset), SEEK_DATA);
    if (start < 0) {
        if (errno == ENXIO) return std::nullopt;
        if (errno == EINVAL || errno == ENOTSUP) return DataRun{offset, file_bytes - offset};
        throw system_error("cannot look for data (SEEK_DATA)", errno);
    }
    if (static_cast<std::uint64_t>(start) >= file_bytes) return std::nullopt;
    const off_t end = ::lseek(fd, start, SEEK_HOLE);
    if (end < 0) {
        if (errno == ENXIO) return std::nullopt;  // the file was cut short since
        throw system_error("cannot look for a hole (SEEK_HOLE)", errno);
    }
    const std::uint64_t until = std::min(static_cast<std::uint64_t>(end), file_bytes);
    return DataRun{static_cast<std::uint64_t>(start), until - static_cast<std::uint64_t>(start)};
}

}  // namespace vault
