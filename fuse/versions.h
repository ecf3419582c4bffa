// The distinct versions of one path across the snapshots, oldest first: what versions/ shows.
#pragma once

#include "fuse/open_trees.h"

namespace vault {

// Thread-safe. What was worked out is kept for the paths asked for last, until the snapshots change.
class Versions {
  public:
    explicit Versions(OpenTrees& trees) : trees_(trees), kept_(kPathsMax) {}

    // A link for each snapshot of `catalogue` in which `path` (absolute) is not as in the one before that has it:
    // another content, type, owner, mode, time, target or extended attribute; of a folder, anything below it. A
    // snapshot that cannot be read has a link too, since nobody can say that it has no other version.
    std::shared_ptr<const std::vector<SnapshotLink>> of(const std::string& path,
                                                        const std::shared_ptr<const Catalogue>& catalogue);

    static constexpr std::size_t kPathsMax = 64;

  private:
    std::vector<SnapshotLink> work_out(const std::string& path, const Catalogue& catalogue);

    OpenTrees& trees_;
    BoundedCache<std::string, std::vector<SnapshotLink>> kept_;  // by number of the catalogue and path
};

}  // namespace vault
