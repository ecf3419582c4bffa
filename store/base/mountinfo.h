// The kernel's table of mounts as it stands in /proc/self/mountinfo (proc(5)).
#pragma once

#include <string>
#include <vector>

namespace vault {

struct MountedPlace {
    std::string point;   // absolute, without symlinks
    std::string device;  // "0:42"
    std::string type;    // "ext4", "fuse.vault"
    std::string source;
    std::string options;  // of the file system, "ro,user_id=0,…"
};

// The lines of `text` that name a type, in their order: that in which they were mounted.
std::vector<MountedPlace> parse_mountinfo(const std::string& text);

// The table of this process. Throws Io.
std::vector<MountedPlace> mounted_places();

}  // namespace vault
