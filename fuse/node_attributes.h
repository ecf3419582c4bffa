// What the mount says of one node, as stat(2) and readdir(3) want it, without the types of libfuse.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "fuse/inode.h"
#include "store/format/entry.h"

namespace vault {

// How long the kernel may keep an answer: what lies in a snapshot never changes.
enum class Lifetime { Moment, Forever };

struct NodeAttributes {
    Inode inode;
    EntryType type = EntryType::Regular;
    std::uint32_t mode = 0;  // permission bits, setuid, setgid, sticky
    std::uint32_t uid = 0, gid = 0;
    std::uint64_t links = 1, size = 0, allocated = 0;  // bytes
    std::uint32_t device_major = 0, device_minor = 0;
    Time mtime, ctime;
    Lifetime lifetime = Lifetime::Forever;
};

// A name in a folder and what it stands for.
struct FoundNode {
    NodeAttributes attributes;
    Lifetime name_lifetime = Lifetime::Forever;
};

struct DirectoryItem {
    std::string name;
    Inode inode;
    EntryType type = EntryType::Directory;
    std::uint64_t next_cookie = 0;  // where to go on behind it
    std::optional<NodeAttributes> attributes;  // none: whoever wants them looks the name up
    Lifetime name_lifetime = Lifetime::Forever;
};

// Takes an item; false: it has no room for it, and there is no next.
using TakeItem = std::function<bool(const DirectoryItem&)>;

// Cookies of the two names that every folder starts with; its n-th child has n + 3.
constexpr std::uint64_t kCookieOfDot = 1, kCookieOfDotDot = 2, kCookieOfFirstChild = 3;

}  // namespace vault
