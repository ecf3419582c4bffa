// A VaultFs used as the kernel would: paths by lookups, folders in pieces, files by reads. Header only, so that what
// does not test the mount need not link it.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "fuse/vault_fs.h"
#include "store/format/manifest_key.h"

namespace vault {

// The node at `path` below the mount point; throws std::out_of_range where a name is not there.
inline FoundNode node_at(VaultFs& fs, const std::string& path) {
    FoundNode found{fs.getattr(kRootInode), Lifetime::Forever};
    std::uint64_t inode = kRootInode;
    for (const std::string& name : components_of_path(path)) {
        const auto next = fs.lookup(inode, name);
        if (!next) throw std::out_of_range(path + ": no " + name);
        found = *next;
        inode = found.attributes.inode.number();
    }
    return found;
}

inline std::uint64_t inode_at(VaultFs& fs, const std::string& path) {
    return components_of_path(path).empty() ? kRootInode : node_at(fs, path).attributes.inode.number();
}

// All items but the two dots, taken `per_call` at a time, each call going on at the cookie of the last.
inline std::vector<DirectoryItem> items_of(VaultFs& fs, std::uint64_t folder, std::size_t per_call) {
    std::vector<DirectoryItem> items;
    std::uint64_t cookie = 0;
    for (bool more = true; more;) {
        std::size_t taken = 0;
        more = false;
        fs.readdir(folder, cookie, [&](const DirectoryItem& item) {
            if (taken == per_call) {
                more = true;
                return false;
            }
            ++taken;
            cookie = item.next_cookie;
            if (item.name != "." && item.name != "..") items.push_back(item);
            return true;
        });
    }
    return items;
}

inline std::vector<std::string> names_in_folder(VaultFs& fs, const std::string& path, std::size_t per_call = 100) {
    std::vector<std::string> names;
    for (const DirectoryItem& item : items_of(fs, inode_at(fs, path), per_call)) names.push_back(item.name);
    return names;
}

inline std::string text_of(const FileBytes& bytes) {
    std::string text;
    for (const ByteView part : bytes.parts) text += as_text(part);
    if (text.size() != bytes.size) throw std::logic_error("the parts are not as long as they say");
    return text;
}

inline std::string content_at(VaultFs& fs, const std::string& path) {
    const NodeAttributes node = node_at(fs, path).attributes;
    return text_of(fs.read(node.inode.number(), 0, node.size));
}

// "/snapshots/<name>" of the newest snapshot.
inline std::string newest_snapshot(VaultFs& fs) { return "/" + fs.readlink(inode_at(fs, "/latest")); }

}  // namespace vault
