// Makes the index agree with a listing of packs.
#pragma once

#include "store/index_view.h"

namespace vault {

struct IndexSyncRequest {
    const IndexFolder& folder;
    const Keys& keys;
    Backend& backend;
    const std::vector<ObjectInfo>& packs;
    const IndexBudget& budget;
    const std::function<void(std::uint64_t, std::uint64_t)>& progress;
};

// The index as it is, or null where it is absent or damaged. Without the lock an index that somebody just rewrites
// may look damaged.
std::unique_ptr<IndexView> open_view(const IndexFolder& folder, const RepositoryId& repository,
                                     const IndexBudget& budget);

// Under the write lock. Returns the index as it is afterwards; counts in `report`. An index that turns out damaged
// is thrown away and rebuilt.
std::unique_ptr<IndexView> sync_index(const IndexSyncRequest& request, const UniqueFd& lock, IndexSyncReport& report);

}  // namespace vault
