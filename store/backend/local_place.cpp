// File systems by their magic number (statfs(2), linux/magic.h), FUSE ones by the type that their mount names.
#include "store/backend/local_place.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "store/base/error.h"
#include "store/base/text.h"

namespace vault {

namespace {

constexpr std::uint32_t kFuseMagic = 0x65735546;

struct SharedType {
    std::uint32_t magic;
    std::string_view name;
};

constexpr std::array<SharedType, 12> kSharedTypes = {{
    {0x00006969, "nfs"},
    {0x0000517B, "smb"},
    {0xFE534D42, "smb2"},
    {0xFF534D42, "cifs"},
    {0x01021997, "9p"},
    {0x5346414F, "openafs"},
    {0x6B414653, "afs"},
    {0x73757245, "coda"},
    {0x00C36400, "ceph"},
    {0x0BD00BD0, "lustre"},
    {0x0000564C, "ncp"},
    {0x47504653, "gpfs"},
}};

constexpr std::array<std::string_view, 22> kRemoteFuseTypes = {
    "fuse.sshfs",    "fuse.rclone",     "fuse.s3fs",       "fuse.s3ql",      "fuse.s3backer",    "fuse.goofys",
    "fuse.geesefs",  "fuse.gcsfuse",    "fuse.blobfuse",   "fuse.blobfuse2", "fuse.mount-s3",    "fuse.curlftpfs",
    "fuse.davfs",    "fuse.davfs2",     "fuse.glusterfs",  "fuse.ceph-fuse", "fuse.juicefs",     "fuse.smbnetfs",
    "fuse.gvfsd-fuse", "fuse.seaweedfs", "fuse.mfs",       "fuse.hdfs",
};

[[noreturn]] void refuse(const std::string& location, const std::string& type) {
    throw Error(ErrorKind::Unsupported, location + " lies on " + escaped(type) +
                                            ", which other machines share: a restart of its server can lose what vault"
                                            " has already built upon; use a file system of this machine");
}

}  // namespace

std::string type_of_device(const std::vector<MountedPlace>& places, unsigned device_major, unsigned device_minor) {
    const std::string device = std::to_string(device_major) + ':' + std::to_string(device_minor);
    const auto place = std::ranges::find(places, device, &MountedPlace::device);
    return place == places.end() ? "" : place->type;
}

bool is_remote_fuse_type(const std::string& type) {
    return std::find(kRemoteFuseTypes.begin(), kRemoteFuseTypes.end(), type) != kRemoteFuseTypes.end();
}

void refuse_shared_file_system(int folder_fd, const std::string& location) {
    struct statfs file_system = {};
    if (::fstatfs(folder_fd, &file_system) != 0)
        throw system_error("cannot learn the file system of " + location, errno);
    const auto magic = static_cast<std::uint32_t>(file_system.f_type);
    const auto shared = std::find_if(kSharedTypes.begin(), kSharedTypes.end(),
                                     [&](const SharedType& type) { return type.magic == magic; });
    if (shared != kSharedTypes.end()) refuse(location, std::string(shared->name));
    if (magic != kFuseMagic) return;

    struct stat folder = {};
    if (::fstat(folder_fd, &folder) != 0) throw system_error("cannot look at " + location, errno);
    const std::string type = type_of_device(mounted_places(), major(folder.st_dev), minor(folder.st_dev));
    if (type.empty())
        throw Error(ErrorKind::Unsupported,
                    location + " lies on a FUSE file system that /proc/self/mountinfo does not name, so that nothing"
                               " tells whether other machines share it");
    if (is_remote_fuse_type(type)) refuse(location, type);
}

}  // namespace vault
