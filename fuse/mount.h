// VaultFs in the kernel: the adapter to libfuse's low-level interface, and the only user of libfuse. Here kinds of
// Error become errno.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "fuse/vault_fs.h"

namespace vault {

struct MountOptions {
    std::string point;   // an existing folder
    std::string source;  // what the table of mounts shows for it
    bool allow_other = false;
};

// A mounted file system, always with ro, nosuid, nodev and default_permissions; unmounted when it is destroyed.
class Mount {
  public:
    // Mounts. `tell` is called for each answer of EIO or the like, from any thread, with one line. Throws NotFound for
    // a mount point that is not there, Usage for one that is no folder or is a mount of vault already, Denied, Io. `fs`
    // outlives it.
    Mount(VaultFs& fs, MountOptions options, std::function<void(const std::string&)> tell);
    ~Mount();

    // Answers the kernel on several threads until somebody unmounts, or stop(). On a thread of its own `ready` is
    // called once the mount has answered, and `unmounted` as soon as it has gone: requests that wait for the store
    // answer nobody then. Throws Io where the kernel's side fails.
    void serve(const std::function<void()>& ready, const std::function<void()>& unmounted);

    // Ends serve(), which unmounts whoever uses the mount; does not wait for that. From any thread.
    void stop();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace vault
