// The kernel's table of mounts: which of them are vault's, and how they go. Not for what is inside a mount.
#pragma once

#include <optional>
#include <string>

#include "store/base/mountinfo.h"

namespace vault {

constexpr const char* kMountType = "fuse.vault";

// The topmost mount exactly at `path`, which may be relative and lead through symlinks. What is mounted there is not
// asked for anything, since it may be dead.
std::optional<MountedPlace> mounted_at(const std::string& path);

// `path` made absolute without symlinks, also where a dead mount is at its end.
std::string resolved_mount_point(const std::string& path);

enum class Detach { WhenUnused, AtOnce };

// Unmounts what is at `point`; without root by fusermount3. At once: it is out of sight, though those who use it may
// go on. Throws Busy where it is in use, Denied, Io.
void unmount(const std::string& point, Detach detach);

}  // namespace vault
