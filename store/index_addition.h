// Packs on their way into the index: gathered, sorted, written as sorted files, and made visible by one ingestion.
// Nothing of it is in the index before commit() returns; all of it afterwards.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "store/index_sorter.h"
#include "store/index_view.h"

namespace vault {

// To be made, filled and committed under the write lock.
class IndexAddition {
  public:
    // `existing` is the index as it is now and outlives this; null for a new one (its folder must have no database).
    IndexAddition(const IndexFolder& folder, const RepositoryId& repository, const IndexView* existing,
                  const IndexBudget& budget, std::size_t lanes);

    // The pack's number: packs are numbered in the order of these calls. Nothing, and nothing changes, for a pack that
    // is there already. Thread-safe.
    std::optional<PackNumber> number(const PackId& id, std::uint64_t bytes, const PackDirectory& directory,
                                     ByteView encoded);
    // Of a pack that is there, since now or before. Thread-safe.
    std::optional<PackNumber> number_of(const PackId& id) const;
    // What a pack holds, once it has its number. One thread a lane (below `lanes`).
    void add_chunks(std::size_t lane, PackNumber number, const PackDirectory& directory);
    // A value of the column `meta`; nullopt removes it. Not thread-safe.
    void set(const std::string& key, std::optional<std::string> value) { meta_[key] = std::move(value); }
    void commit();

    std::uint64_t packs() const { return rows_.size(); }
    std::uint64_t chunks() const { return sorter_.rows(); }  // after commit

  private:
    void write_directory(PackNumber number, ByteView encoded);
    void write_chunks();
    void write_packs_and_meta();

    const IndexFolder& folder_;
    const IndexView* existing_;
    const IndexBudget budget_;
    const std::size_t lanes_;
    ChunkSorter sorter_;
    std::map<std::string, std::optional<std::string>> meta_;

    mutable std::mutex mutex_;  // guards the rest
    IndexIdentity identity_;
    std::vector<PackRow> rows_;  // ascending by number
    std::unordered_map<PackId, PackNumber> added_;
    std::unique_ptr<SortedFile> directories_;
    SortedFiles files_;
};

}  // namespace vault
