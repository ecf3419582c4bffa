// The index as it was at one moment, open for reading: lookups, and the table of packs in memory (about 150 bytes a
// pack). Immutable and thread-safe.
#pragma once

#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "store/index_database.h"
#include "store/index_folder.h"
#include "store/index_layout.h"

namespace vault {

struct IndexDifference {
    std::vector<ObjectInfo> missing;     // listed, not in the index
    std::vector<PackNumber> vanished;    // in the index, not listed; ascending
    bool empty() const { return missing.empty() && vanished.empty(); }
};

class IndexView {
  public:
    // Throws NotFound where there is no index, Corrupt where it is damaged, of another layout or another repository.
    IndexView(const IndexFolder& folder, const RepositoryId& repository, std::uint64_t cache_bytes);

    const IndexIdentity& identity() const { return identity_; }
    const IndexDatabase& database() const { return database_; }
    const std::unordered_map<PackNumber, PackRow>& packs() const { return packs_; }
    std::optional<PackNumber> number_of(const PackId& id) const;
    // Listed with another length than the index knows, a pack is another pack: missing and vanished.
    IndexDifference compare(const std::vector<ObjectInfo>& listed) const;
    PackSet numbers_of(const std::vector<ObjectInfo>& listed) const;

    // The first place of each chunk, whatever pack it is in. One MultiGet; quicker where the ids ascend.
    std::vector<std::optional<ChunkLocation>> first_places(std::span<const ChunkId> ids) const;
    // The places besides the first, by ascending pack number.
    std::vector<ChunkLocation> copies(const ChunkId& id) const;
    bool has_copies() const { return has_copies_; }

    // Throws NotFound.
    PackDirectory directory(PackNumber number) const;

  private:
    IndexDatabase database_;
    IndexIdentity identity_;
    std::unordered_map<PackNumber, PackRow> packs_;
    std::unordered_map<PackId, PackNumber> numbers_;
    bool has_copies_ = false;
};

}  // namespace vault
