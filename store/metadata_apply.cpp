// Owner, attributes, mode, times and flags of one restored entry, in the order that keeps all of them.
#include "store/metadata_apply.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "store/base/text.h"
#include "store/format/limits.h"

namespace vault {

namespace {

constexpr std::uint32_t kSettableFlags = FS_SECRM_FL | FS_UNRM_FL | FS_COMPR_FL | FS_SYNC_FL | FS_IMMUTABLE_FL |
                                         FS_APPEND_FL | FS_NODUMP_FL | FS_NOATIME_FL | FS_NOCOMP_FL |
                                         FS_JOURNAL_DATA_FL | FS_NOTAIL_FL | FS_DIRSYNC_FL | FS_TOPDIR_FL |
                                         FS_NOCOW_FL | FS_PROJINHERIT_FL;
constexpr std::uint32_t kSetIdBits = 06000;
constexpr std::size_t kTroubleBytesMax = 1'000;

bool is_acl(std::string_view name) {
    return name == "system.posix_acl_access" || name == "system.posix_acl_default" || name == "system.nfs4_acl";
}

bool is_restored(std::string_view name, bool as_is) {
    return as_is || name.starts_with("user.") || is_acl(name);
}

// Labels of security modules are given to every new entry by the system; only those of the snapshot replace them.
bool is_removed_where_foreign(std::string_view name, bool as_is) {
    return name.starts_with("user.") || is_acl(name) || (as_is && name.starts_with("trusted."));
}

// One entry's calls, by descriptor or through /proc, with what went wrong gathered.
class Held {
  public:
    explicit Held(HeldEntry held)
        : fd_(held.fd), path_only_(held.path_only), path_("/proc/self/fd/" + std::to_string(held.fd)) {}

    // False where the system says that this caller may not or that the number means nothing here.
    bool set_owner(uid_t uid, gid_t gid) {
        if (::fchownat(fd_, "", uid, gid, AT_EMPTY_PATH) == 0) return true;
        if (errno != EPERM && errno != EINVAL) failed("set its owner");
        return false;
    }

    void set_mode(std::uint32_t mode) {
        if ((path_only_ ? ::chmod(path_.c_str(), mode) : ::fchmod(fd_, mode)) != 0) failed("set its mode");
    }

    void set_mtime(Time mtime) {
        const struct timespec times[2] = {{0, UTIME_OMIT}, {mtime.seconds, mtime.nanoseconds}};
        const int result = path_only_ ? ::utimensat(AT_FDCWD, path_.c_str(), times, 0) : ::futimens(fd_, times);
        if (result != 0) failed("set its time");
    }

    void set_attribute(const Attribute& attribute) {
        const char* name = attribute.name.c_str();
        const Bytes& value = attribute.value;
        const int result = path_only_ ? ::setxattr(path_.c_str(), name, value.data(), value.size(), 0)
                                      : ::fsetxattr(fd_, name, value.data(), value.size(), 0);
        if (result != 0) failed("set its attribute " + escaped(attribute.name));
    }

    void remove_foreign_attributes(const AttributeSet& wanted, bool as_is) {
        char list[64 * kKiB];  // the kernel's own limit
        const ssize_t bytes =
            path_only_ ? ::listxattr(path_.c_str(), list, sizeof list) : ::flistxattr(fd_, list, sizeof list);
        if (bytes < 0 && errno != ENOTSUP) failed("list its attributes");
        for (ssize_t at = 0; at < bytes; at += static_cast<ssize_t>(std::strlen(list + at)) + 1) {
            const char* name = list + at;
            const bool keep = std::any_of(wanted.begin(), wanted.end(), [&](const auto& a) { return a.name == name; });
            if (keep || !is_removed_where_foreign(name, as_is)) continue;
            if ((path_only_ ? ::removexattr(path_.c_str(), name) : ::fremovexattr(fd_, name)) != 0 && errno != ENODATA)
                failed("remove the attribute " + escaped(name));
        }
    }

    std::string take_trouble() { return std::move(trouble_); }

  private:
    void failed(const std::string& what) {
        const int error = errno;
        if (trouble_.size() >= kTroubleBytesMax) return;
        trouble_ += (trouble_.empty() ? "cannot " : "; cannot ") + what + ": " + std::strerror(error);
    }

    int fd_;
    bool path_only_;
    std::string path_;
    std::string trouble_;
};

bool set_owner(Held& held, const EntryMetadata& metadata, const MetadataRules& rules) {
    if (rules.privileged) return held.set_owner(metadata.uid, metadata.gid);
    // Anyone may give a file to a group of theirs.
    const bool group_set = held.set_owner(static_cast<uid_t>(-1), metadata.gid);
    return group_set && metadata.uid == rules.uid;
}

}  // namespace

EntryMetadata metadata_of(const Entry& entry, AttributeSet attributes) {
    return {entry.type,  entry.mode,           entry.uid, entry.gid, entry.mtime, entry.attribute_flags,
            std::move(attributes)};
}

MetadataRules MetadataRules::of_process(bool as_is) {
    return {as_is, ::geteuid() == 0, ::geteuid(), ::getegid()};
}

MetadataOutcome apply_metadata(HeldEntry held_entry, const EntryMetadata& metadata, const MetadataRules& rules,
                               AlreadySet already) {
    Held held(held_entry);
    MetadataOutcome outcome;
    if (!already.owner) outcome.owner_not_set = !set_owner(held, metadata, rules);

    if (!already.no_attributes) held.remove_foreign_attributes(metadata.attributes, rules.as_is);
    for (const Attribute& attribute : metadata.attributes) {
        if (is_restored(attribute.name, rules.as_is))
            held.set_attribute(attribute);
        else
            ++outcome.attributes_left_out;
    }

    const bool keeps_set_id = rules.as_is && !outcome.owner_not_set;
    outcome.setuid_left_out = (metadata.mode & kSetIdBits) != 0 && !keeps_set_id;
    const std::uint32_t mode = keeps_set_id ? metadata.mode : metadata.mode & ~kSetIdBits;
    if (!already.mode && metadata.type != EntryType::Symlink) held.set_mode(mode);

    held.set_mtime(metadata.mtime);
    outcome.flags_left_out = !rules.as_is && settable_flags(metadata.attribute_flags) != 0;
    outcome.trouble = held.take_trouble();
    return outcome;
}

std::string apply_attribute_flags(int fd, std::uint32_t flags) {
    unsigned long now = 0;
    if (::ioctl(fd, FS_IOC_GETFLAGS, &now) != 0) {
        const bool has_none = errno == ENOTTY || errno == ENOTSUP || errno == EINVAL || errno == ENOSYS;
        if (has_none && settable_flags(flags) == 0) return "";
        return std::string("cannot read its flags: ") + std::strerror(errno);
    }
    int wanted = static_cast<int>((static_cast<std::uint32_t>(now) & ~kSettableFlags) | settable_flags(flags));
    if (static_cast<std::uint32_t>(wanted) == static_cast<std::uint32_t>(now)) return "";
    if (::ioctl(fd, FS_IOC_SETFLAGS, &wanted) == 0) return "";
    return std::string("cannot set its flags: ") + std::strerror(errno);
}

std::uint32_t settable_flags(std::uint32_t flags) {
    return flags & kSettableFlags;
}

}  // namespace vault
