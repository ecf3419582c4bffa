// Which file systems a local repository may lie on. Says nothing about whether they keep their promises: local_probe.h.
#pragma once

#include <string>
#include <vector>

#include "store/base/mountinfo.h"

namespace vault {

// Throws Unsupported, in one line that names the type and what to do, if the open folder lies on a file system whose
// clients outlive its server (NFS, SMB, 9p, sshfs, object stores behind FUSE …). There a restarted server may lose
// names that a client has already seen and built upon, and no fsync of the client's can rule that out. Reading is safe.
void refuse_shared_file_system(int folder_fd, const std::string& location);

// The type of the first mount with this device number ("fuse.sshfs"), or "" if there is none. For FUSE, whose types all
// share one magic number.
std::string type_of_device(const std::vector<MountedPlace>& places, unsigned device_major, unsigned device_minor);

// Whether a FUSE type of mountinfo is known to reach a server over a network.
bool is_remote_fuse_type(const std::string& type);

}  // namespace vault
