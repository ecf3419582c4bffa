// Reading columns.
#include "store/index_view.h"

#include <algorithm>

#include "store/backend/object_names.h"
#include "store/index_env.h"

namespace vault {

namespace {

rocksdb::Slice slice(const ChunkId& id) {
    return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

}  // namespace

IndexView::IndexView(const IndexFolder& folder, const RepositoryId& repository, std::uint64_t cache_bytes)
    : database_(folder.database(), IndexAccess::Read, cache_bytes) {
    const auto identity = database_.get(Column::Meta, kIdentityKey);
    if (!identity) throw Error(ErrorKind::Corrupt, "an index without identity");
    identity_ = decode_identity(identity->ToStringView());
    if (identity_.repository != repository) throw Error(ErrorKind::Corrupt, "the index of another repository");
    if (folder.is_damaged(identity_.incarnation)) throw Error(ErrorKind::Corrupt, "an index that was found damaged");
    const auto row = database_.iterate(Column::Packs);
    for (row->SeekToFirst(); row->Valid(); row->Next()) {
        const PackRow pack = decode_pack_row(pack_of_key(row->key().ToStringView()), row->value().ToStringView());
        if (pack.number >= identity_.next_pack) throw Error(ErrorKind::Corrupt, "an index with a number never given");
        packs_.emplace(pack.number, pack);
        numbers_.emplace(pack.id, pack.number);
    }
    require_ok(row->status(), "cannot read the index");
    has_copies_ = !database_.is_empty(Column::Copies);
}

std::optional<PackNumber> IndexView::number_of(const PackId& id) const {
    const auto found = numbers_.find(id);
    if (found == numbers_.end()) return std::nullopt;
    return found->second;
}

IndexDifference IndexView::compare(const std::vector<ObjectInfo>& listed) const {
    IndexDifference difference;
    std::vector<PackNumber> present;
    for (const ObjectInfo& object : listed) {
        const auto id = pack_of_name(object.name);
        if (!id) continue;
        const auto number = number_of(*id);
        if (number && packs_.at(*number).bytes == object.size) present.push_back(*number);
        else difference.missing.push_back(object);
    }
    if (present.size() == packs_.size()) return difference;
    std::ranges::sort(present);
    for (const auto& [number, row] : packs_)
        if (!std::ranges::binary_search(present, number)) difference.vanished.push_back(number);
    std::ranges::sort(difference.vanished);
    return difference;
}

PackSet IndexView::numbers_of(const std::vector<ObjectInfo>& listed) const {
    PackSet numbers;
    for (const ObjectInfo& object : listed) {
        const auto id = pack_of_name(object.name);
        if (!id) continue;
        const auto number = number_of(*id);
        if (number && packs_.at(*number).bytes == object.size) numbers.add(*number);
    }
    return numbers;
}

std::vector<std::optional<ChunkLocation>> IndexView::first_places(std::span<const ChunkId> ids) const {
    std::vector<std::optional<ChunkLocation>> places(ids.size());
    std::vector<rocksdb::Slice> keys;
    keys.reserve(ids.size());
    for (const ChunkId& id : ids) keys.push_back(slice(id));
    std::vector<rocksdb::PinnableSlice> values(ids.size());
    std::vector<rocksdb::Status> statuses(ids.size());
    database_.db().MultiGet(rocksdb::ReadOptions(), database_.column(Column::Chunks), ids.size(), keys.data(),
                            values.data(), statuses.data(), std::ranges::is_sorted(ids));
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (statuses[i].IsNotFound()) continue;
        require_ok(statuses[i], "cannot read the index");
        places[i] = decode_location(values[i].ToStringView());
    }
    return places;
}

std::vector<ChunkLocation> IndexView::copies(const ChunkId& id) const {
    std::vector<ChunkLocation> places;
    if (!has_copies_) return places;
    const auto row = database_.iterate(Column::Copies);
    for (row->Seek(slice(id)); row->Valid() && row->key().starts_with(slice(id)); row->Next())
        places.push_back(decode_location(row->value().ToStringView()));
    require_ok(row->status(), "cannot read the index");
    return places;
}

PackDirectory IndexView::directory(PackNumber number) const {
    const auto value = database_.get(Column::Directories, pack_key(number));
    if (!value) throw Error(ErrorKind::NotFound, "the index has no pack of the number " + std::to_string(number));
    return decode_pack_directory(as_bytes(value->ToStringView()));
}

}  // namespace vault
