// A folder whatever path leads to it.
#pragma once

#include <cstdint>

namespace vault {

struct FolderIdentity {
    std::uint64_t filesystem = 0, inode = 0;  // st_dev, st_ino
    bool operator==(const FolderIdentity&) const = default;
};

}  // namespace vault
