// What is missing is read in parallel, dirs/ objects first; what vanished is dropped, or everything is built anew.
#include "store/index_sync.h"

#include <algorithm>
#include <span>
#include <utility>

#include "store/backend/object_names.h"
#include "store/index_addition.h"
#include "store/index_directories.h"
#include "store/index_drop.h"
#include "store/turns.h"
#include "store/run_in_lanes.h"
#include "store/thread_count.h"

namespace vault {

namespace {

// Each lane holds a dirs/ object, sealed and open: 16 MiB at most.
constexpr std::size_t kLanesMax = 4;
// Below this many packs the whole index is never thrown away for vanished ones: dropping them is quick.
constexpr std::size_t kPacksWorthRebuilding = 64;

// One sync's reading of what the index lacks.
class MissingPacks {
  public:
    MissingPacks(const IndexSyncRequest& request, const IndexView* existing, const std::vector<ObjectInfo>& missing,
                 IndexSyncReport& report)
        : request_(request), existing_(existing), report_(report),
          addition_(request.folder, request.keys.repository(), existing, request.budget, lane_count(kLanesMax)) {
        for (const ObjectInfo& pack : missing) missing_.emplace(*pack_of_name(pack.name), &pack);
    }

    void read_copies(const std::vector<ObjectInfo>& listed) {
        const std::vector<std::string> unread = names_not_read(listed);
        // An object holds up to 64 directories and is read whole: not worth it for a few packs.
        if (unread.size() > missing_.size()) return;
        Turns turns;
        run_in_lanes(lane_count(kLanesMax), unread.size(), [&](std::size_t lane, std::size_t i) {
            Turns::Turn turn(turns, i);
            read_copies_of(lane, unread[i], turn);
        });
        for (const std::string& name : read_) addition_.set(directories_key(name), "");
    }

    void read_packs() {
        std::vector<std::pair<PackId, const ObjectInfo*>> left;
        for (const auto& [id, pack] : missing_)
            if (!covered_.contains(id)) left.emplace_back(id, pack);
        std::ranges::sort(left);
        Turns turns;
        run_in_lanes(lane_count(kLanesMax), left.size(), [&](std::size_t lane, std::size_t i) {
            Turns::Turn turn(turns, i);
            read_pack(lane, *left[i].second, left[i].first, turn);
        });
    }

    // False where there is nothing to write.
    bool commit() {
        if (existing_ != nullptr && addition_.packs() == 0) return false;
        addition_.commit();
        report_.packs_added += addition_.packs();
        report_.chunks_added += addition_.chunks();
        return true;
    }

  private:
    std::vector<std::string> names_not_read(const std::vector<ObjectInfo>& listed) {
        std::vector<std::string> unread;
        for (const ObjectInfo& object : listed) {
            const std::string session = object.name.substr(0, object.name.rfind('-'));
            const bool read = existing_ != nullptr &&
                              (existing_->database().get(Column::Meta, directories_key(object.name)) ||
                               existing_->database().get(Column::Meta, directories_key(session)));
            if (!read) unread.push_back(object.name);
        }
        if (existing_ != nullptr) forget_removed(listed);
        return unread;
    }

    void forget_removed(const std::vector<ObjectInfo>& listed) {
        std::unordered_set<std::string> keys;
        for (const ObjectInfo& object : listed) {
            keys.insert(directories_key(object.name));
            keys.insert(directories_key(object.name.substr(0, object.name.rfind('-'))));
        }
        const auto row = existing_->database().iterate(Column::Meta);
        const rocksdb::Slice prefix(kDirectoriesKeyPrefix.data(), kDirectoriesKeyPrefix.size());
        for (row->Seek(prefix); row->Valid() && row->key().starts_with(prefix); row->Next())
            if (!keys.contains(row->key().ToString())) addition_.set(row->key().ToString(), std::nullopt);
    }

    void read_copies_of(std::size_t lane, const std::string& name, Turns::Turn& turn) {
        std::vector<FoundDirectory> found;
        bool whole = false;
        try {
            DirectoriesRecord record = read_directories(request_.backend, request_.keys, name);
            for (DirectoryCopy& copy : record.copies) {
                const auto wanted = missing_.find(copy.pack);
                // A copy counts only for a pack that is listed with its length.
                if (wanted == missing_.end() || wanted->second->size != copy.pack_bytes) continue;
                found.push_back(decode_copy(std::move(copy)));
            }
            whole = true;
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::NoSpace) throw;
            const std::lock_guard lock(mutex_);
            report_.damaged_copies.push_back({name, error.kind(), error.what()});
        }
        add(lane, found, turn);
        if (!whole) return;
        const std::lock_guard lock(mutex_);
        ++report_.copies_read;
        read_.push_back(name);
    }

    void read_pack(std::size_t lane, const ObjectInfo& pack, const PackId& id, Turns::Turn& turn) {
        std::optional<FoundDirectory> found;
        try {
            found = read_directory(request_.backend, request_.keys, pack, id);
        } catch (const Error& error) {
            const std::lock_guard lock(mutex_);
            report_.damaged.push_back({id, error.kind(), error.what()});
            return;
        }
        {
            const std::lock_guard lock(mutex_);
            ++report_.directories_read;
        }
        add(lane, std::span(&*found, 1), turn);
    }

    // Numbers go by the listing, whichever lane is faster: of several copies of a chunk the one in the lower pack is
    // taken, so that the same listing gives the same choices.
    void add(std::size_t lane, std::span<const FoundDirectory> found, Turns::Turn& turn) {
        std::vector<std::optional<PackNumber>> numbers;
        turn.wait();
        for (const FoundDirectory& one : found)
            numbers.push_back(addition_.number(one.pack, one.pack_bytes, one.directory, one.encoded));
        turn.pass();
        for (std::size_t i = 0; i < found.size(); ++i) {
            if (numbers[i]) addition_.add_chunks(lane, *numbers[i], found[i].directory);
            const std::lock_guard lock(mutex_);
            covered_.insert(found[i].pack);
            if (request_.progress) request_.progress(covered_.size(), missing_.size());
        }
    }

    const IndexSyncRequest& request_;
    const IndexView* existing_;
    std::unordered_map<PackId, const ObjectInfo*> missing_;

    std::mutex mutex_;  // guards the report and the rest
    IndexSyncReport& report_;
    IndexAddition addition_;
    std::unordered_set<PackId> covered_;
    std::vector<std::string> read_;
};

bool is_worth_rebuilding(const IndexView& view, const std::vector<PackNumber>& vanished) {
    return view.packs().size() >= kPacksWorthRebuilding && vanished.size() > view.packs().size() / 2;
}

// False where nothing was written: every missing pack is damaged.
bool add_missing(const IndexSyncRequest& request, const IndexView* existing, const std::vector<ObjectInfo>& missing,
                 const std::vector<ObjectInfo>& directories, IndexSyncReport& report) {
    MissingPacks packs(request, existing, missing, report);
    packs.read_copies(directories);
    packs.read_packs();
    return packs.commit();
}

std::unique_ptr<IndexView> view_of_now(const IndexSyncRequest& request) {
    return std::make_unique<IndexView>(request.folder, request.keys.repository(), request.budget.block_cache_bytes);
}

// The index brought up to date; null where building it anew is less work.
std::unique_ptr<IndexView> bring_up_to_date(const IndexSyncRequest& request, std::unique_ptr<IndexView> view,
                                            const std::vector<ObjectInfo>& directories, IndexSyncReport& report) {
    const IndexDifference difference = view->compare(request.packs);
    report.packs_dropped = difference.vanished.size();
    if (is_worth_rebuilding(*view, difference.vanished)) return nullptr;
    if (!difference.vanished.empty()) drop_packs(request.folder, view, difference.vanished, request.budget);
    if (difference.missing.empty()) return view;
    if (add_missing(request, view.get(), difference.missing, directories, report)) view = view_of_now(request);
    return view;
}

}  // namespace

std::unique_ptr<IndexView> open_view(const IndexFolder& folder, const RepositoryId& repository,
                                     const IndexBudget& budget) {
    try {
        return std::make_unique<IndexView>(folder, repository, budget.block_cache_bytes);
    } catch (const Error&) {
        return nullptr;
    }
}

std::unique_ptr<IndexView> sync_index(const IndexSyncRequest& request, const UniqueFd& lock, IndexSyncReport& report) {
    std::unique_ptr<IndexView> view = open_view(request.folder, request.keys.repository(), request.budget);
    if (view && view->compare(request.packs).empty()) return view;
    const std::vector<ObjectInfo> directories = request.backend.list("dirs/");
    if (view) {
        try {
            view = bring_up_to_date(request, std::move(view), directories, report);
        } catch (const Error& error) {
            // The store's errors are in the report by now: this one is the index's own, damaged or contradicting
            // itself.
            if (error.kind() == ErrorKind::NoSpace || !request.folder.is_locked_by(lock)) throw;
            const IndexSyncReport before = std::exchange(report, {});
            report.packs_dropped = before.packs_dropped;
            report.private_because = before.private_because;
        }
        if (view) return view;
    }
    request.folder.throw_away();
    report.rebuilt = true;
    // What else a store lists among its packs is nothing to the index.
    std::vector<ObjectInfo> missing;
    for (const ObjectInfo& pack : request.packs)
        if (pack_of_name(pack.name)) missing.push_back(pack);
    add_missing(request, nullptr, missing, directories, report);
    return view_of_now(request);
}

}  // namespace vault
