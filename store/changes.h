// What changed from one snapshot, or folder of one, to another: the differences of two manifests, told as changes of
// entries. By what is recorded alone: no content is read.
#pragma once

#include <functional>
#include <string>

#include "store/format/entry.h"
#include "store/tree_nodes.h"

namespace vault {

enum class ChangeSort {
    Added,
    Removed,
    OtherContent,   // bytes or holes of a file, target of a symlink, number of a device
    OtherType,      // a file became a folder, and the like
    OtherMetadata,  // nothing but what a restore gives back beside the content: see same_metadata()
};

struct Change {
    ChangeSort sort = ChangeSort::Added;
    // OtherContent: nothing else that is recorded differs, not even ctime. No program does that by writing.
    bool unnoticed = false;
    bool is_directory = false;  // of the second snapshot; Removed: of the first
    std::string path;           // absolute, in the second snapshot; Removed: in the first
};

struct EntryCounts {
    std::uint64_t files = 0, directories = 0, others = 0;
    std::uint64_t bytes = 0;  // length of the files
    void add(const Entry& entry);
};

struct ChangeSums {
    // Whose type changed counts in both, beside `types`: what was there before, less removed, plus added is there now.
    EntryCounts added, removed;
    std::uint64_t files = 0, others = 0;  // content changed
    std::uint64_t types = 0, metadata = 0;
    std::uint64_t bytes_before = 0, bytes_after = 0;  // length of `files`
};

// A snapshot's manifest, a path in it, and what errors about the path call the snapshot.
struct SnapshotPart {
    TreeRoot root;
    std::string path = "/";
    std::string name = "the snapshot";
};

// Mode, owner, mtime, attributes, file flags, and hard links: how many, and which entry holds the first. Not ctime,
// btime, inode numbers, allocated bytes and the links of folders: a copy of a tree has others, and a restore cannot
// set them.
bool same_metadata(const Entry& before, const Entry& after);

// Calls `each` for every change, the two paths themselves first and then in the order of the manifest: each folder's
// entries, then the folders in it. Reads only the nodes that differ where the paths are the same, otherwise both parts
// as wholes. Memory: two paths of nodes. `interrupted` is polled at each difference; true ends it with Interrupted.
// Throws NotFound for a path that is not there, Usage, Corrupt.
ChangeSums find_changes(NodeSource& source, const SnapshotPart& before, const SnapshotPart& after,
                        const std::function<bool()>& interrupted, const std::function<void(const Change&)>& each);

}  // namespace vault
