// Opening, behind two caches.
#include "fuse/open_trees.h"

namespace vault {

std::shared_ptr<const SnapshotTree> OpenTrees::tree(std::uint32_t slot) {
    const auto open = [&] {
        const MountedSnapshotPointer shown = watch_.in_slot(slot);
        if (!shown) throw Error(ErrorKind::NotFound, "no snapshot has the slot " + std::to_string(slot));
        chunks_.cover(shown->found);
        return std::make_shared<const SnapshotTree>(chunks_, shown->snapshot.root(), slot);
    };
    return trees_.get(slot, open, [](const SnapshotTree&) { return 1; });
}

std::shared_ptr<const FileReader> OpenTrees::file(Inode inode) {
    const auto open = [&] {
        return std::make_shared<const FileReader>(chunks_, tree(inode.slot)->at(inode.rank).entry);
    };
    return files_.get(inode.number(), open, [](const FileReader& file) { return file.weight(); });
}

}  // namespace vault
