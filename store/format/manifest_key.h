// Paths as keys of a manifest: their order puts a directory's entries side by side. docs/format.md, 8.5.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vault {

// The key of the absolute path with these components; the empty list is the root. Throws Corrupt for a component that
// is empty, ".", "..", longer than 255 bytes or has '/' or 0 in it, and for a key that is too long.
std::string manifest_key(const std::vector<std::string>& components);

// The components of a key. Throws Corrupt where it is not the key of any path.
std::vector<std::string> components_of_key(std::string_view key);

// "/c1/c2/name"; the root is "/". The key must be valid.
std::string path_of_key(std::string_view key);

// The components of an absolute path as a user types it: empty ones and "." fall away. Throws Usage for ".." and for
// what is no absolute path.
std::vector<std::string> components_of_path(std::string_view absolute_path);

// The prefix of all keys below the directory with these components; the root's is empty (everything but the root
// itself).
std::string subtree_prefix(const std::vector<std::string>& components);

// The prefix of the keys of the directory's own entries: subtree_prefix and another 0 byte (the root: one 0 byte).
std::string children_prefix(const std::vector<std::string>& components);

// The key of the parent directory of a valid key other than the root's.
std::string parent_key(std::string_view key);

// The last component; empty for the root.
std::string_view name_of_key(std::string_view key);

}  // namespace vault
