// One function an operation, and one template that carries them all.
#include "fuse/mount_operations.h"

#include <linux/fs.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <new>

#include "store/format/limits.h"
#include "store/source_entry.h"

namespace vault {

namespace {

constexpr double kForever = 86'400, kMoment = 1;  // seconds
constexpr std::uint64_t kBlockBytes = 4'096;
constexpr std::size_t kPartsMax = 512;  // of one reply; the kernel takes 1,024
constexpr unsigned kReadBytesMax = 1u << 20;

double seconds(Lifetime lifetime) { return lifetime == Lifetime::Forever ? kForever : kMoment; }

struct stat stat_of(const NodeAttributes& node) {
    struct stat made {};
    made.st_ino = node.inode.number();
    made.st_mode = type_bits(node.type) | node.mode;
    made.st_nlink = node.links;
    made.st_uid = node.uid;
    made.st_gid = node.gid;
    made.st_rdev = makedev(node.device_major, node.device_minor);
    made.st_size = static_cast<off_t>(node.size);
    made.st_blksize = kBlockBytes;
    made.st_blocks = static_cast<blkcnt_t>((node.allocated + 511) / 512);
    made.st_mtim = {node.mtime.seconds, node.mtime.nanoseconds};
    made.st_atim = made.st_mtim;
    made.st_ctim = {node.ctime.seconds, node.ctime.nanoseconds};
    return made;
}

fuse_entry_param entry_of(const NodeAttributes& node, Lifetime name_lifetime) {
    fuse_entry_param made{};
    made.ino = node.inode.number();
    made.attr = stat_of(node);
    made.attr_timeout = seconds(node.lifetime);
    made.entry_timeout = seconds(name_lifetime);
    return made;
}

void init(void* user_data, fuse_conn_info* connection) {
    Adapter& adapter = *static_cast<Adapter*>(user_data);
    const auto want = [&](unsigned capability) { connection->want |= connection->capable & capability; };
    // Adaptive readdirplus turns a walk into one lookup a file: 28 s instead of 1.5 s for a million.
    want(FUSE_CAP_READDIRPLUS);
    connection->want &= ~static_cast<unsigned>(FUSE_CAP_READDIRPLUS_AUTO);
    // Contents never change, so cached pages are never looked at again.
    connection->want &= ~static_cast<unsigned>(FUSE_CAP_AUTO_INVAL_DATA);
    want(FUSE_CAP_NO_OPEN_SUPPORT);
    adapter.opens_alone = (connection->want & FUSE_CAP_NO_OPEN_SUPPORT) != 0;
    want(FUSE_CAP_CACHE_SYMLINKS);
    want(FUSE_CAP_PARALLEL_DIROPS);
    want(FUSE_CAP_POSIX_ACL);  // the ACLs that a snapshot keeps count for who may read
    connection->max_readahead = kReadBytesMax;
    connection->max_read = kReadBytesMax;
    connection->time_gran = 1;
}

// --- operations: each replies once, as its last step ---

void lookup(Adapter& adapter, fuse_req_t request, fuse_ino_t folder, const char* name) {
    const auto found = adapter.fs.lookup(folder, name);
    if (!found && Inode::of(folder).is_upper()) {
        fuse_reply_err(request, ENOENT);
        return;
    }
    fuse_entry_param entry{};  // inode 0: there is no such name, and never will be
    entry.entry_timeout = kForever;
    if (found) entry = entry_of(found->attributes, found->name_lifetime);
    fuse_reply_entry(request, &entry);
}

void getattr(Adapter& adapter, fuse_req_t request, fuse_ino_t inode, fuse_file_info*) {
    const NodeAttributes node = adapter.fs.getattr(inode);
    const struct stat made = stat_of(node);
    fuse_reply_attr(request, &made, seconds(node.lifetime));
}

void readlink(Adapter& adapter, fuse_req_t request, fuse_ino_t inode) {
    const std::string target = adapter.fs.readlink(inode);
    if (target.size() > kSymlinkTargetBytesMax) {
        fuse_reply_err(request, ENAMETOOLONG);
    } else {
        fuse_reply_readlink(request, target.c_str());
    }
}

// Nothing is kept for an open file. ENOSYS tells the kernel so: it never asks again, which spares a copy of many files
// two requests each, and keeps what it has read of them.
void open(Adapter& adapter, fuse_req_t request, fuse_ino_t, fuse_file_info* file) {
    file->keep_cache = 1;
    if (adapter.opens_alone) {
        fuse_reply_err(request, ENOSYS);
    } else {
        fuse_reply_open(request, file);
    }
}

// The kernel keeps what a folder of a snapshot lists, and asks each time for the folders above, which change.
void opendir(Adapter& adapter, fuse_req_t request, fuse_ino_t folder, fuse_file_info* file) {
    file->cache_readdir = file->keep_cache = adapter.fs.getattr(folder).lifetime == Lifetime::Forever;
    fuse_reply_open(request, file);
}

void read(Adapter& adapter, fuse_req_t request, fuse_ino_t inode, std::size_t size, off_t offset, fuse_file_info*) {
    const FileBytes bytes = adapter.fs.read(inode, static_cast<std::uint64_t>(offset), size);
    if (offset == 0) adapter.ahead->asked(inode);
    if (bytes.parts.size() > kPartsMax) {
        std::vector<char> whole;
        whole.reserve(bytes.size);
        for (const ByteView part : bytes.parts) whole.insert(whole.end(), part.begin(), part.end());
        fuse_reply_buf(request, whole.data(), whole.size());
        return;
    }
    std::vector<iovec> parts;
    for (const ByteView part : bytes.parts)
        parts.push_back({const_cast<std::uint8_t*>(part.data()), part.size()});
    fuse_reply_iov(request, parts.data(), static_cast<int>(parts.size()));
}

enum class Listing { Names, WithAttributes };

template <Listing listing>
void readdir(Adapter& adapter, fuse_req_t request, fuse_ino_t folder, std::size_t size, off_t cookie,
             fuse_file_info*) {
    std::vector<char> buffer(size);
    std::size_t used = 0;
    adapter.fs.readdir(folder, static_cast<std::uint64_t>(cookie), [&](const DirectoryItem& item) {
        const auto next = static_cast<off_t>(item.next_cookie);
        char* const place = buffer.data() + used;
        std::size_t needed = 0;
        fuse_entry_param entry{};  // inode 0: no attributes, the kernel looks the name up when it wants them
        if (item.attributes) entry = entry_of(*item.attributes, item.name_lifetime);
        entry.attr.st_ino = item.inode.number();
        entry.attr.st_mode = type_bits(item.type) | (entry.attr.st_mode & 07777);
        if constexpr (listing == Listing::Names) {
            needed = fuse_add_direntry(request, place, size - used, item.name.c_str(), &entry.attr, next);
        } else {
            needed = fuse_add_direntry_plus(request, place, size - used, item.name.c_str(), &entry, next);
        }
        if (needed > size - used) return false;
        used += needed;
        return true;
    });
    fuse_reply_buf(request, buffer.data(), used);
}

// Both ways of asking for an attribute: how long it is, or what it says.
void reply_attribute(fuse_req_t request, std::size_t size, ByteView value) {
    if (size == 0) {
        fuse_reply_xattr(request, value.size());
    } else if (size < value.size()) {
        fuse_reply_err(request, ERANGE);
    } else {
        fuse_reply_buf(request, reinterpret_cast<const char*>(value.data()), value.size());
    }
}

void getxattr(Adapter& adapter, fuse_req_t request, fuse_ino_t inode, const char* name, std::size_t size) {
    const auto value = adapter.fs.attribute(inode, name);
    if (value) {
        reply_attribute(request, size, *value);
    } else {
        fuse_reply_err(request, ENODATA);
    }
}

void listxattr(Adapter& adapter, fuse_req_t request, fuse_ino_t inode, std::size_t size) {
    std::string names;
    for (const std::string& name : adapter.fs.attribute_names(inode)) (names += name) += '\0';
    reply_attribute(request, size, as_bytes(names));
}

void statfs(Adapter& adapter, fuse_req_t request, fuse_ino_t inode) {
    const FileSystemSize size = adapter.fs.size_of(inode);
    struct statvfs made {};
    made.f_bsize = made.f_frsize = kBlockBytes;
    made.f_blocks = (size.bytes + kBlockBytes - 1) / kBlockBytes;  // all of them are used
    made.f_files = size.entries;
    made.f_namemax = 255;
    made.f_flag = ST_RDONLY | ST_NOSUID | ST_NODEV;
    fuse_reply_statfs(request, &made);
}

void lseek(Adapter& adapter, fuse_req_t request, fuse_ino_t inode, off_t offset, int whence, fuse_file_info*) {
    if ((whence != SEEK_DATA && whence != SEEK_HOLE) || offset < 0) {
        fuse_reply_err(request, EINVAL);
        return;
    }
    const auto found = adapter.fs.seek(inode, static_cast<std::uint64_t>(offset),
                                       whence == SEEK_DATA ? SeekTo::Data : SeekTo::Hole);
    if (found) {
        fuse_reply_lseek(request, static_cast<off_t>(*found));
    } else {
        fuse_reply_err(request, ENXIO);
    }
}

// lsattr(1); the kernel asks for the flags in an unsigned int, whatever the type in the request's name.
void ioctl(Adapter& adapter, fuse_req_t request, fuse_ino_t inode, unsigned command, void*, fuse_file_info*, unsigned,
           const void*, std::size_t, std::size_t out_bytes) {
    const std::uint32_t flags = command == FS_IOC_GETFLAGS ? adapter.fs.attribute_flags(inode) : 0;
    if (command == FS_IOC_GETFLAGS && out_bytes >= sizeof flags) {
        fuse_reply_ioctl(request, 0, &flags, sizeof flags);
    } else {
        fuse_reply_err(request, ENOTTY);
    }
}

// --- the door ---

int errno_of(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::NotFound: return ESTALE;  // what an inode stood for has gone; absent names are no errors
        case ErrorKind::Usage: return EINVAL;
        case ErrorKind::Interrupted: return EINTR;
        default: return EIO;
    }
}

int errno_of(Adapter& adapter, fuse_ino_t inode, const Error& error) noexcept {
    try {
        const bool gone = error.kind() == ErrorKind::Corrupt && adapter.fs.is_forgotten(inode);
        if (gone || error.kind() == ErrorKind::NotFound) return ESTALE;
        adapter.tell(error.what());
    } catch (...) {
        // The first error is the one to answer.
    }
    return errno_of(error.kind());
}

template <auto operation>
struct Carry;
template <class... Arguments, void (*operation)(Adapter&, fuse_req_t, fuse_ino_t, Arguments...)>
struct Carry<operation> {
    static void call(fuse_req_t request, fuse_ino_t inode, Arguments... arguments) {
        Adapter& adapter = *static_cast<Adapter*>(fuse_req_userdata(request));
        try {
            operation(adapter, request, inode, arguments...);
        } catch (const Error& error) {
            fuse_reply_err(request, errno_of(adapter, inode, error));
        } catch (const std::bad_alloc&) {
            fuse_reply_err(request, ENOMEM);
        } catch (const std::exception& error) {
            fuse_reply_err(request, errno_of(adapter, inode, Error(ErrorKind::Io, error.what())));
        }
    }
};

fuse_lowlevel_ops make_operations() {
    fuse_lowlevel_ops made{};
    made.init = init;
    made.lookup = Carry<lookup>::call;
    made.getattr = Carry<getattr>::call;
    made.readlink = Carry<readlink>::call;
    made.open = Carry<open>::call;
    made.opendir = Carry<opendir>::call;
    made.read = Carry<read>::call;
    made.readdir = Carry<readdir<Listing::Names>>::call;
    made.readdirplus = Carry<readdir<Listing::WithAttributes>>::call;
    made.getxattr = Carry<getxattr>::call;
    made.listxattr = Carry<listxattr>::call;
    made.statfs = Carry<statfs>::call;
    made.lseek = Carry<lseek>::call;
    made.ioctl = Carry<ioctl>::call;
    return made;
}

}  // namespace

bool give_content(fuse_session* session, fuse_ino_t inode, const FileBytes& content) {
    if (content.parts.size() > kPartsMax) return true;
    std::vector<std::uint8_t> room(sizeof(fuse_bufvec) + content.parts.size() * sizeof(fuse_buf));
    auto* list = new (room.data()) fuse_bufvec{};
    list->count = content.parts.size();
    for (std::size_t i = 0; i < content.parts.size(); ++i) {
        list->buf[i] = {};
        list->buf[i].size = content.parts[i].size();
        list->buf[i].mem = const_cast<std::uint8_t*>(content.parts[i].data());
    }
    return ::fuse_lowlevel_notify_store(session, inode, 0, list, FUSE_BUF_NO_SPLICE) != -ENOENT;
}

const fuse_lowlevel_ops& mount_operations() {
    static const fuse_lowlevel_ops operations = make_operations();
    return operations;
}

}  // namespace vault
