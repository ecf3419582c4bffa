// A folder of the check alone, and the index in it.
#include "store/check_index.h"

#include "store/base/file.h"

namespace vault {

CheckFolder::CheckFolder(const std::filesystem::path& cache_folder) : path_(cache_folder / "check-unlocked") {
    try {
        make_folders(cache_folder.string());
        path_ = folder_.emplace(cache_folder, "check-").path();
    } catch (const Error&) {
        // Index::open says why it cannot write there, and goes elsewhere.
    }
}

View open_check_view(const Repository& repository, const CheckFolder& folder, const std::vector<ObjectInfo>& packs,
                     const SyncProgress& progress) {
    View view;
    view.index = Index::open(folder.path(), repository.keys(), repository.backend(), packs, {}, view.sync, progress);
    for (const ObjectInfo& pack : packs) view.packed_bytes += pack.size;
    view.chunks = std::make_unique<ChunkStore>(repository.backend(), repository.keys(), *view.index,
                                               view.index->numbers_of(packs));
    return view;
}

}  // namespace vault
