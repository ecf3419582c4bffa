// Listing a snapshot's entries: `ls`, and the lookup that other commands start with.
#pragma once

#include <functional>
#include <string>

#include "store/tree_reader.h"

namespace vault {

// An entry and where it stands.
struct PlacedEntry {
    std::string key;
    Entry entry;
    std::string path() const;  // absolute
    std::string name() const;  // the last component; "/" for the root
};

// The entry at an absolute path as a user types it. Throws NotFound, Usage for "..", and what reading the manifest
// throws where a lost node hides whether it is there.
PlacedEntry find_entry(const ManifestReader& manifest, const std::string& path);

enum class Depth { Children, Subtree };

// Calls `each` for the entries of the directory at `path`, or all entries below it, in the order of the manifest; for
// anything but a directory only for itself. `each` returns whether to go on. Each lost node that may hold such entries
// is told to `lost`, and the others are listed; below the root that needs no more than the manifest's root node.
// Constant memory.
void list_entries(const ManifestReader& manifest, const std::string& path, Depth depth,
                  const std::function<bool(const PlacedEntry&)>& each,
                  const std::function<void(const LostNode&)>& lost);

}  // namespace vault
