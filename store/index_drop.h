// Packs on their way out of the index.
#pragma once

#include "store/index_view.h"

namespace vault {

// Removes the packs of these numbers, under the write lock: their rows and directories, and each of their chunks'
// places; where a chunk's first place goes, a copy takes it. Exact, because the index keeps the directories. A kill
// leaves some of the packs dropped and the others whole. `view` is replaced by what the index is then. Throws Corrupt
// where the index contradicts itself.
void drop_packs(const IndexFolder& folder, std::unique_ptr<IndexView>& view, const std::vector<PackNumber>& vanished,
                const IndexBudget& budget);

}  // namespace vault
