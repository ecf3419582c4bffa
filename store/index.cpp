// Opening, and the operations of an open index over its view and the two caches in front of it.
#include "store/index.h"

#include <algorithm>
#include <mutex>
#include <thread>

#include "store/base/text.h"
#include "store/bounded_cache.h"
#include "store/index_addition.h"
#include "store/index_locality.h"
#include "store/index_sync.h"

namespace vault {

namespace {

using namespace std::chrono_literals;

constexpr int kOpenTries = 10;
constexpr auto kOpenPause = 2ms;
constexpr int kSyncTries = 3;
constexpr std::size_t kBoxTableBytesMax = 8 << 20;
// The first ids of a batch are asked for alone: their answers say which pack to load for the rest.
constexpr std::size_t kProbeIds = 8;

class OpenIndex : public Index {
    std::shared_ptr<const IndexView> view() const {
        const std::lock_guard lock(mutex_);
        return view_;
    }

    // Damage in the index is not damage of the repository: it must not be reported as Corrupt, and it is gone after a
    // rebuild.
    template <class Ask>
    auto reporting_damage(const IndexView& index, Ask ask) const {
        try {
            return ask();
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::Corrupt && error.kind() != ErrorKind::Io) throw;
            folder_.mark_damaged(index.identity().incarnation);
            throw Error(ErrorKind::Io, "the index in " + escaped(folder_.path().string()) +
                                           " is damaged; the next command rebuilds it: " + error.what());
        }
    }

  public:
    OpenIndex(IndexFolder folder, std::unique_ptr<PrivateFolder> private_folder, std::shared_ptr<const IndexView> view,
              IndexBudget budget)
        : private_folder_(std::move(private_folder)), folder_(std::move(folder)), budget_(budget),
          locality_(budget.locality_bytes), boxes_(kBoxTableBytesMax), view_(std::move(view)) {}

    PackSet numbers_of(const std::vector<ObjectInfo>& packs) const override { return view()->numbers_of(packs); }
    std::optional<PackNumber> number_of(const PackId& id) const override { return view()->number_of(id); }

    std::vector<std::optional<ChunkLocation>> find(std::span<const ChunkId> ids,
                                                   const PackSet& allowed) const override {
        std::vector<std::optional<ChunkLocation>> places(ids.size());
        const auto index = view();
        reporting_damage(*index, [&] { find(*index, ids, allowed, places); });
        return places;
    }

    std::vector<ChunkLocation> find_all(const ChunkId& id, const PackSet& allowed) const override {
        const auto index = view();
        return reporting_damage(*index, [&] {
            std::vector<ChunkLocation> places;
            const auto first = index->first_places(std::span(&id, 1))[0];
            if (!first) return places;
            places = index->copies(id);
            places.insert(places.begin(), *first);
            std::erase_if(places, [&](const ChunkLocation& place) { return !allowed.contains(place.pack); });
            return places;
        });
    }

    std::shared_ptr<const IndexedPack> pack(PackNumber number) const override {
        const auto index = view();
        const auto load = [&] { return reporting_damage(*index, [&] { return box_table(*index, number); }); };
        const auto weigh = [](const IndexedPack& pack) { return pack.boxes.size() * sizeof(BoxLocation) + 128; };
        return boxes_.get(number, load, weigh);
    }

    std::uint64_t chunk_count(PackNumber number) const override {
        const auto index = view();
        const auto row = index->packs().find(number);
        return row == index->packs().end() ? 0 : row->second.chunks;
    }

    PackDirectory directory(PackNumber number) const override {
        const auto index = view();
        return reporting_damage(*index, [&] { return index->directory(number); });
    }

    std::optional<Bytes> note(const std::string& key) const override {
        const auto index = view();
        const auto value = reporting_damage(*index, [&] { return index->database().get(Column::Meta, note_key(key)); });
        if (!value) return std::nullopt;
        return to_bytes(as_bytes(value->ToStringView()));
    }

    void add_and_note(std::vector<NewPack> packs, const IndexNotesOf& notes, Afterwards afterwards) override {
        const auto before = view();
        const IndexIdentity& mine = before->identity();
        const UniqueFd lock = folder_.lock();
        const auto current = open_view(folder_, mine.repository, budget_);
        if (!current || current->identity().incarnation != mine.incarnation)
            throw Error(ErrorKind::Io, "the index in " + escaped(folder_.path().string()) +
                                           " was deleted or rebuilt meanwhile; the next command brings it up to date");
        reporting_damage(*before, [&] { add_to(*current, packs, notes, afterwards); });
    }

  private:
    void add_to(const IndexView& current, const std::vector<NewPack>& packs, const IndexNotesOf& notes,
                Afterwards afterwards) {
        const RepositoryId& repository = current.identity().repository;
        IndexAddition addition(folder_, repository, &current, budget_, 1);
        for (const NewPack& pack : packs) {
            if (const auto number = addition.number(pack.id, pack.bytes, pack.directory, encode(pack.directory)))
                addition.add_chunks(0, *number, pack.directory);
            addition.set(directories_key(pack.directory.session), "");
        }
        for (const auto& [key, value] : notes([&](const PackId& id) { return addition.number_of(id); }))
            addition.set(note_key(key), std::string(as_text(value)));
        addition.commit();
        if (afterwards == Afterwards::StaysAsItWas) return;
        auto next = std::make_shared<const IndexView>(folder_, repository, budget_.block_cache_bytes);
        const std::lock_guard guard(mutex_);
        view_ = std::move(next);
    }

    void find(const IndexView& index, std::span<const ChunkId> ids, const PackSet& allowed,
              std::span<std::optional<ChunkLocation>> places) const {
        locality_.find(ids, allowed, places);
        for (std::size_t start = 0; start < ids.size();) {
            // A probe, then either the rest of the pack it led to from the locality cache, or everything else at once.
            std::vector<std::size_t> asked;
            start = choose(places, start, kProbeIds, asked);
            if (!ask(index, ids, allowed, places, asked)) {
                start = choose(places, start, ids.size(), asked);
                ask(index, ids, allowed, places, asked);
            }
            locality_.find(ids.subspan(start), allowed, places.subspan(start));
        }
    }

    // The next ids without a place, at most `count`, into `asked`; returns where they end.
    static std::size_t choose(std::span<const std::optional<ChunkLocation>> places, std::size_t start,
                              std::size_t count, std::vector<std::size_t>& asked) {
        asked.clear();
        for (; start < places.size() && asked.size() < count; ++start)
            if (!places[start]) asked.push_back(start);
        return start;
    }

    // True where a pack was loaded.
    bool ask(const IndexView& index, std::span<const ChunkId> ids, const PackSet& allowed,
             std::span<std::optional<ChunkLocation>> places, const std::vector<std::size_t>& asked) const {
        if (asked.empty()) return false;
        std::vector<ChunkId> keys;
        for (const std::size_t i : asked) keys.push_back(ids[i]);
        const auto found = index.first_places(keys);
        bool loaded = false;
        for (std::size_t k = 0; k < found.size(); ++k) {
            if (!found[k]) continue;
            std::optional<ChunkLocation>& place = places[asked[k]];
            place = found[k];
            if (!allowed.contains(place->pack)) place = allowed_copy(index, keys[k], allowed);
            if (!place) continue;
            const auto row = index.packs().find(place->pack);
            if (row == index.packs().end() || !locality_.is_worth_loading(place->pack, row->second.chunks)) continue;
            locality_.load(place->pack, index.directory(place->pack));
            loaded = true;
        }
        return loaded;
    }

    static std::optional<ChunkLocation> allowed_copy(const IndexView& index, const ChunkId& id,
                                                     const PackSet& allowed) {
        for (const ChunkLocation& copy : index.copies(id))
            if (allowed.contains(copy.pack)) return copy;
        return std::nullopt;
    }

    static std::shared_ptr<const IndexedPack> box_table(const IndexView& index, PackNumber number) {
        const auto row = index.packs().find(number);
        if (row == index.packs().end())
            throw Error(ErrorKind::NotFound, "the index has no pack of the number " + std::to_string(number));
        auto pack = std::make_shared<IndexedPack>();
        pack->number = number;
        pack->id = row->second.id;
        pack->bytes = row->second.bytes;
        pack->content = row->second.content;
        std::uint64_t offset = kPackHeaderBytes;
        for (const DirectoryBox& box : index.directory(number).boxes) {
            const auto plain_bytes = static_cast<std::uint32_t>(box.plain_bytes());
            pack->boxes.push_back({offset, box.sealed_bytes, plain_bytes, box.generation, box.codec});
            offset += box.sealed_bytes;
        }
        return pack;
    }

    const std::unique_ptr<PrivateFolder> private_folder_;  // null for an index in the cache folder
    const IndexFolder folder_;
    const IndexBudget budget_;
    mutable LocalityCache locality_;
    mutable BoundedCache<PackNumber, IndexedPack> boxes_;
    mutable std::mutex mutex_;  // guards view_
    std::shared_ptr<const IndexView> view_;
};

// Without the lock. Files may vanish while they are opened because another process writes: then it is tried again.
std::unique_ptr<IndexView> open_agreeing(const IndexSyncRequest& request) {
    for (int tries = 0; tries < kOpenTries; ++tries) {
        std::error_code unknown;  // is as good as absent
        if (!std::filesystem::exists(request.folder.database(), unknown)) return nullptr;
        if (auto view = open_view(request.folder, request.keys.repository(), request.budget))
            return view->compare(request.packs).empty() ? std::move(view) : nullptr;
        std::this_thread::sleep_for(kOpenPause);
    }
    return nullptr;
}

// Under the lock. A folder that is deleted meanwhile is made again: nobody is to blame for a deleted cache.
std::unique_ptr<IndexView> sync_locked(const IndexSyncRequest& request, IndexSyncReport& report) {
    for (int tries = 1;; ++tries) {
        const UniqueFd lock = request.folder.lock();
        try {
            return sync_index(request, lock, report);
        } catch (const Error&) {
            if (tries == kSyncTries || request.folder.is_locked_by(lock)) throw;
            const std::string because = report.private_because;
            report = {};
            report.private_because = because;
        }
    }
}

bool is_unwritable(ErrorKind kind) {
    return kind == ErrorKind::Denied || kind == ErrorKind::ReadOnly || kind == ErrorKind::NoSpace;
}

}  // namespace

std::unique_ptr<Index> Index::open(const std::filesystem::path& path, const Keys& keys, Backend& backend,
                                   const std::vector<ObjectInfo>& packs, IndexBudget budget, IndexSyncReport& report,
                                   const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
    IndexFolder folder(path);
    const IndexSyncRequest request{folder, keys, backend, packs, budget, progress};
    report = {};
    try {
        std::unique_ptr<IndexView> view = open_agreeing(request);
        if (!view) view = sync_locked(request, report);
        return std::make_unique<OpenIndex>(folder, nullptr, std::move(view), budget);
    } catch (const Error& error) {
        // A cache is never damage to the repository: a rebuild that fails so met somebody who changes the folder
        // meanwhile.
        if (error.kind() == ErrorKind::Corrupt)
            throw Error(ErrorKind::Io, std::string("the index in the cache folder cannot be rebuilt: ") + error.what());
        if (!is_unwritable(error.kind())) throw;
        report = {};
        report.private_because = error.what();
    }
    auto own = std::make_unique<PrivateFolder>();
    folder = IndexFolder(own->path());
    std::unique_ptr<IndexView> view = sync_locked(request, report);
    return std::make_unique<OpenIndex>(folder, std::move(own), std::move(view), budget);
}

}  // namespace vault
