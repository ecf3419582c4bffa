// Walks source roots in the order of manifest keys: a folder's entries by name, then its subfolders one after the
// other. Relative to folder descriptors and never through a symlink, so what is swapped meanwhile cannot lead out of a
// root.
#pragma once

#include <string>
#include <vector>

#include "store/excludes.h"
#include "store/folder_identity.h"
#include "store/source_entry.h"
#include "store/source_folder.h"
#include "store/source_roots.h"

namespace vault {

// The entry belongs to no source root: it is only on the way to one.
constexpr std::size_t kNoSource = static_cast<std::size_t>(-1);

struct WalkedEntry {
    std::string key;                       // in the manifest
    std::string path;                      // as recorded; any bytes, for messages
    std::shared_ptr<SourceFolder> folder;  // null: made up (a folder above --as)
    std::string name;                      // in that folder; empty: the folder itself, which is then open for reading
    SourceStat stat;
    bool implied = false;            // only on the way to a source root
    std::size_t source = kNoSource;  // the number of the source root that it belongs to
};

class WalkVisitor {
  public:
    virtual ~WalkVisitor() = default;
    // In order of key; a folder before what it holds. What it throws ends the walk.
    virtual void entry(WalkedEntry entry) = 0;
    // An entry or folder that could not be read, by its recorded path.
    virtual void unreadable(const std::string& path, const std::string& message) = 0;
};

// What the folders `not_entered` hold is not visited; they are. Throws what the visitor throws; trouble with the file
// system goes to the visitor, except for the only source root itself and the folders on the way to any. `open` outlives
// the entries.
void walk(const std::vector<SourceRoot>& roots, Excludes& excludes, const std::vector<FolderIdentity>& not_entered,
          OpenFolders& open, WalkVisitor& visitor);

}  // namespace vault
