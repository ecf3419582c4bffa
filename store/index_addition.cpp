// From packs to sorted files.
#include "store/index_addition.h"

#include <algorithm>
#include <limits>

#include "store/run_in_lanes.h"
#include "store/seal/primitives.h"

namespace vault {

namespace {

constexpr std::uint64_t kFileBytesMax = 256ull << 20;
constexpr std::uint64_t kStoredRowBytes = 62;
// So many rows are looked up at once in the existing index.
constexpr std::size_t kLookupRows = 1024;

IndexIdentity new_identity(const RepositoryId& repository) {
    IndexIdentity identity;
    identity.repository = repository;
    fill_random(identity.incarnation.bytes);
    return identity;
}

std::string_view key_of(const ChunkId& id) {
    return as_text(id.view());
}

std::string_view text_of(const std::array<char, 20>& value) {
    return {value.data(), value.size()};
}

// Writes rows that come ascending by id and pack: the first place of an id to `chunks`, further ones to `copies`.
class RowFiles {
  public:
    RowFiles(const std::filesystem::path& work, std::size_t number, const IndexView* existing)
        : existing_(existing), chunks_(Column::Chunks, work / ("chunks-" + std::to_string(number))),
          copies_(Column::Copies, work / ("copies-" + std::to_string(number))) {}

    void add(const ChunkRow& row) {
        // An id may stand twice in one pack.
        if (!waiting_.empty() && waiting_.back().id == row.id && waiting_.back().at.pack == row.at.pack) return;
        if (waiting_.size() >= kLookupRows && waiting_.back().id != row.id) write();
        waiting_.push_back(row);
    }

    void finish(SortedFiles& files) {
        write();
        chunks_.finish(files);
        copies_.finish(files);
    }

  private:
    void write() {
        std::vector<ChunkId> ids;
        if (existing_ != nullptr)
            for (const ChunkRow& row : waiting_) ids.push_back(row.id);
        const auto known = existing_ != nullptr ? existing_->first_places(ids)
                                                : std::vector<std::optional<ChunkLocation>>(waiting_.size());
        for (std::size_t i = 0; i < waiting_.size(); ++i) {
            const ChunkRow& row = waiting_[i];
            const bool first = !known[i] && (i == 0 || waiting_[i - 1].id != row.id);
            if (first) chunks_.put(key_of(row.id), text_of(encode_value(row.at)));
            else copies_.put(copy_key(row.id, row.at.pack), text_of(encode_value(row.at)));
        }
        waiting_.clear();
    }

    const IndexView* existing_;
    SortedFile chunks_, copies_;
    std::vector<ChunkRow> waiting_;
};

}  // namespace

IndexAddition::IndexAddition(const IndexFolder& folder, const RepositoryId& repository, const IndexView* existing,
                             const IndexBudget& budget, std::size_t lanes)
    : folder_(folder), existing_(existing), budget_(budget), lanes_(lanes),
      sorter_(folder.work(), budget.sort_bytes, lanes),
      identity_(existing != nullptr ? existing->identity() : new_identity(repository)) {}

std::optional<PackNumber> IndexAddition::number(const PackId& id, std::uint64_t bytes, const PackDirectory& directory,
                                                ByteView encoded) {
    const std::lock_guard lock(mutex_);
    if ((existing_ != nullptr && existing_->number_of(id)) || added_.contains(id)) return std::nullopt;
    if (identity_.next_pack == std::numeric_limits<PackNumber>::max())
        throw Error(ErrorKind::Corrupt, "the index has given all of its pack numbers");
    const PackNumber number = identity_.next_pack++;
    added_.emplace(id, number);
    rows_.push_back({number, id, bytes, directory.content, static_cast<std::uint32_t>(directory.chunk_count())});
    write_directory(number, encoded);
    return number;
}

std::optional<PackNumber> IndexAddition::number_of(const PackId& id) const {
    const std::lock_guard lock(mutex_);
    if (const auto added = added_.find(id); added != added_.end()) return added->second;
    return existing_ != nullptr ? existing_->number_of(id) : std::nullopt;
}

void IndexAddition::add_chunks(std::size_t lane, PackNumber number, const PackDirectory& directory) {
    ChunkRow row;
    row.at.pack = number;
    for (const DirectoryBox& box : directory.boxes) {
        row.at.offset = 0;
        for (const DirectoryChunk& chunk : box.chunks) {
            row.id = chunk.id;
            row.at.length = chunk.length;
            sorter_.add(lane, row);
            row.at.offset += chunk.length;
            ++row.at.entry;
        }
        ++row.at.box;
    }
}

void IndexAddition::write_directory(PackNumber number, ByteView encoded) {
    if (directories_ && directories_->bytes() > kFileBytesMax) {
        directories_->finish(files_);
        directories_.reset();
    }
    if (!directories_)
        directories_ = std::make_unique<SortedFile>(Column::Directories,
                                                    folder_.work() / ("directories-" + std::to_string(number)));
    directories_->put(pack_key(number), as_text(encoded));
}

void IndexAddition::write_chunks() {
    sorter_.finish();
    // The files of a new index go side by side to the bottom level, so they may be many and written at once. In an
    // existing one each would be one more for every lookup to ask.
    std::size_t groups = 1;
    if (existing_ == nullptr && sorter_.parts() > 1) {
        const std::size_t full = sorter_.rows() * kStoredRowBytes / kFileBytesMax + 1;
        groups = std::min((full + lanes_ - 1) / lanes_ * lanes_, sorter_.parts());
    }
    std::vector<SortedFiles> written(groups);
    run_in_lanes(lanes_, groups, [&](std::size_t, std::size_t group) {
        RowFiles files(folder_.work(), group, existing_);
        for (std::size_t part = sorter_.parts() * group / groups; part < sorter_.parts() * (group + 1) / groups; ++part)
            sorter_.visit(part, [&](const ChunkRow& row) { files.add(row); });
        files.finish(written[group]);
    });
    for (const SortedFiles& group : written)
        for (std::size_t column = 0; column < kColumns; ++column)
            files_[column].insert(files_[column].end(), group[column].begin(), group[column].end());
}

void IndexAddition::write_packs_and_meta() {
    SortedFile packs(Column::Packs, folder_.work() / "packs");
    for (const PackRow& row : rows_) packs.put(pack_key(row.number), encode_value(row));
    packs.finish(files_);
    if (directories_) directories_->finish(files_);
    directories_.reset();
    set(std::string(kIdentityKey), encode_value(identity_));
    SortedFile meta(Column::Meta, folder_.work() / "meta");
    for (const auto& [key, value] : meta_) {
        if (value) meta.put(key, *value);
        else meta.remove(key);
    }
    meta.finish(files_);
}

void IndexAddition::commit() {
    write_chunks();
    write_packs_and_meta();
    IndexDatabase database(folder_.database(), existing_ != nullptr ? IndexAccess::Change : IndexAccess::Fill,
                           budget_.block_cache_bytes);
    database.ingest(files_);
    if (existing_ != nullptr) database.settle();
}

}  // namespace vault
