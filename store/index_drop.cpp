// Deleting chunks through the directories of their packs, in batches of bounded memory.
#include "store/index_drop.h"

#include <algorithm>

namespace vault {

namespace {

constexpr std::size_t kLookupIds = 1024;

struct Batch {
    std::vector<PackNumber> packs;  // ascending
    std::vector<ChunkId> ids;       // of all their chunks; ascending, each once
    bool drops(PackNumber pack) const { return std::ranges::binary_search(packs, pack); }
};

// From `first` on, as many packs as fit `bytes` (half of what sorting may take: vectors double), at least one.
Batch next_batch(const IndexView& view, const std::vector<PackNumber>& vanished, std::size_t first,
                 std::uint64_t bytes) {
    Batch batch;
    for (std::size_t i = first; i < vanished.size(); ++i) {
        const std::uint64_t more = view.packs().at(vanished[i]).chunks;
        if (!batch.packs.empty() && (batch.ids.size() + more) * sizeof(ChunkId) > bytes) break;
        batch.packs.push_back(vanished[i]);
        for (const DirectoryBox& box : view.directory(vanished[i]).boxes)
            for (const DirectoryChunk& chunk : box.chunks) batch.ids.push_back(chunk.id);
    }
    std::ranges::sort(batch.ids);
    const auto surplus = std::ranges::unique(batch.ids);
    batch.ids.erase(surplus.begin(), surplus.end());
    return batch;
}

struct DropFiles {
    SortedFile chunks, copies;
};

void drop_chunk(const IndexView& view, const Batch& batch, const std::vector<PackNumber>& vanished, const ChunkId& id,
                const ChunkLocation& first, DropFiles& files) {
    const std::vector<ChunkLocation> copies = view.copies(id);
    const ChunkLocation* promoted = nullptr;
    if (batch.drops(first.pack)) {
        // Rather a pack that stays than one that a later batch drops.
        for (const ChunkLocation& copy : copies) {
            if (batch.drops(copy.pack)) continue;
            const bool stays = !std::ranges::binary_search(vanished, copy.pack);
            if (promoted == nullptr || stays) promoted = &copy;
            if (stays) break;
        }
        if (promoted != nullptr) {
            const auto value = encode_value(*promoted);
            files.chunks.put(as_text(id.view()), {value.data(), value.size()});
        } else {
            files.chunks.remove(as_text(id.view()));
        }
    }
    for (const ChunkLocation& copy : copies)
        if (&copy == promoted || batch.drops(copy.pack)) files.copies.remove(copy_key(id, copy.pack));
}

SortedFiles write_batch(const IndexFolder& folder, const IndexView& view, const Batch& batch,
                        const std::vector<PackNumber>& vanished) {
    const std::filesystem::path work = folder.work();
    DropFiles rows{{Column::Chunks, work / "drop-chunks"}, {Column::Copies, work / "drop-copies"}};
    for (std::size_t start = 0; start < batch.ids.size(); start += kLookupIds) {
        const auto ids = std::span(batch.ids).subspan(start, std::min(kLookupIds, batch.ids.size() - start));
        const auto places = view.first_places(ids);
        for (std::size_t i = 0; i < ids.size(); ++i) {
            if (!places[i]) throw Error(ErrorKind::Corrupt, "the index lacks a chunk of a pack that it knows");
            drop_chunk(view, batch, vanished, ids[i], *places[i], rows);
        }
    }
    SortedFile packs(Column::Packs, work / "drop-packs"), directories(Column::Directories, work / "drop-directories");
    for (const PackNumber number : batch.packs) {
        packs.remove(pack_key(number));
        directories.remove(pack_key(number));
    }
    SortedFiles files;
    rows.chunks.finish(files);
    rows.copies.finish(files);
    packs.finish(files);
    directories.finish(files);
    return files;
}

}  // namespace

void drop_packs(const IndexFolder& folder, std::unique_ptr<IndexView>& view, const std::vector<PackNumber>& vanished,
                const IndexBudget& budget) {
    for (std::size_t done = 0; done < vanished.size();) {
        const Batch batch = next_batch(*view, vanished, done, budget.sort_bytes / 2);
        const SortedFiles files = write_batch(folder, *view, batch, vanished);
        {
            IndexDatabase database(folder.database(), IndexAccess::Change, budget.block_cache_bytes);
            database.ingest(files);
            database.settle();
        }
        done += batch.packs.size();
        const RepositoryId repository = view->identity().repository;
        view = std::make_unique<IndexView>(folder, repository, budget.block_cache_bytes);
    }
}

}  // namespace vault
