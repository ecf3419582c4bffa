// Folders under a lock, and the index in one.
#include "store/check_index.h"

#include <fcntl.h>
#include <sys/file.h>

#include <array>

#include "store/base/file.h"
#include "store/base/text.h"
#include "store/seal/primitives.h"

namespace vault {

namespace {

namespace fs = std::filesystem;
constexpr std::string_view kPrefix = "check-";

// The folder under its lock; nothing where somebody else has it, or where it cannot be opened.
UniqueFd try_lock(const fs::path& folder) {
    UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) fd.reset();
    return fd;
}

void remove_dead(const fs::path& cache_folder) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(cache_folder, error)) {
        if (!entry.path().filename().string().starts_with(kPrefix)) continue;
        const UniqueFd lock = try_lock(entry.path());
        if (lock) fs::remove_all(entry.path(), error);
    }
}

}  // namespace

CheckFolder::CheckFolder(const fs::path& cache_folder) {
    std::array<std::uint8_t, 8> random{};
    fill_random(random);
    path_ = cache_folder / (std::string(kPrefix) + to_hex(random));
    try {
        make_folders(cache_folder.string());
        remove_dead(cache_folder);
        make_folders(path_.string());
        lock_ = try_lock(path_);
    } catch (const Error&) {
        // Index::open says why it cannot write there, and goes elsewhere.
    }
}

CheckFolder::~CheckFolder() {
    std::error_code error;
    fs::remove_all(path_, error);
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
