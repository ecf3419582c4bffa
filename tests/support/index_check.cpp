// The index against a plain map.
#include "tests/support/index_check.h"

#include <algorithm>
#include <set>

namespace vault {

namespace {

using Places = std::map<ChunkId, std::vector<PackId>>;

// What each pack's directory says of its chunks' places, by entry, and of its boxes.
struct Told {
    struct Chunk {
        ChunkId id;
        ChunkLocation place;
    };
    std::vector<Chunk> chunks;
    std::vector<BoxLocation> boxes;
};

Told told_by(const PackDirectory& directory, PackNumber number) {
    Told told;
    std::uint64_t box_offset = kPackHeaderBytes;
    for (const DirectoryBox& box : directory.boxes) {
        ChunkLocation place{number, 0, static_cast<std::uint32_t>(told.boxes.size()), 0, 0};
        for (const DirectoryChunk& chunk : box.chunks) {
            place.entry = static_cast<std::uint32_t>(told.chunks.size());
            place.length = chunk.length;
            told.chunks.push_back({chunk.id, place});
            place.offset += chunk.length;
        }
        told.boxes.push_back({box_offset, box.sealed_bytes, place.offset, box.generation, box.codec});
        box_offset += box.sealed_bytes;
    }
    return told;
}

using ToldByNumber = std::map<PackNumber, std::pair<PackId, Told>>;

std::string wrong_place(const ToldByNumber& told, const ChunkId& id, const ChunkLocation& place) {
    const auto pack = told.find(place.pack);
    if (pack == told.end()) return "chunk " + id.hex() + " lies in a pack that is not there";
    const std::vector<Told::Chunk>& chunks = pack->second.second.chunks;
    const bool fits = place.entry < chunks.size() && chunks[place.entry].id == id && chunks[place.entry].place == place;
    return fits ? "" : "chunk " + id.hex() + " has a wrong place";
}

std::string wrong_boxes(const IndexedPack& pack, const Told& told) {
    const auto same = [](const BoxLocation& a, const BoxLocation& b) {
        return a.offset == b.offset && a.sealed_bytes == b.sealed_bytes && a.plain_bytes == b.plain_bytes &&
               a.generation == b.generation && a.codec == b.codec;
    };
    return std::ranges::equal(pack.boxes, told.boxes, same) ? "" : "pack " + pack.id.hex() + " has other boxes";
}

std::string wrong_packs(const Index& index, const PackStore& store, const std::vector<PackId>& expected) {
    std::set<PackId> there(expected.begin(), expected.end());
    for (const auto& [id, made] : store.packs) {
        const auto number = index.number_of(id);
        if (number.has_value() != there.contains(id))
            return "pack " + id.hex() + (number ? " is known" : " is unknown");
        if (!number) continue;
        if (index.pack(*number)->id != id || index.pack(*number)->bytes != made.object.size() ||
            index.pack(*number)->content != made.directory.content || index.directory(*number) != made.directory)
            return "pack " + id.hex() + " is described wrongly";
    }
    return {};
}

// `found` is what find gave for `id`.
std::string wrong_answer(const Index& index, const ToldByNumber& told, const PackSet& view, const ChunkId& id,
                         const std::vector<PackId>& packs, const std::optional<ChunkLocation>& found) {
    if (found.has_value() == packs.empty()) return "chunk " + id.hex() + (found ? " is found" : " is not found");
    if (!found) return {};
    if (!view.contains(found->pack)) return "chunk " + id.hex() + " is found outside the view";
    if (std::string wrong = wrong_place(told, id, *found); !wrong.empty()) return wrong;
    std::set<PackId> all;
    for (const ChunkLocation& place : index.find_all(id, view)) {
        if (std::string wrong = wrong_place(told, id, place); !wrong.empty()) return wrong;
        if (!all.insert(told.at(place.pack).first).second) return "chunk " + id.hex() + " has a place twice";
    }
    if (all != std::set<PackId>(packs.begin(), packs.end()))
        return "chunk " + id.hex() + " lacks copies or has too many";
    return {};
}

}  // namespace

const MadePack& PackStore::put(MadePack pack) {
    backend.put_new(pack.name(), pack.object);
    const PackId id = pack.id;
    return packs.insert_or_assign(id, std::move(pack)).first->second;
}

const MadePack& PackStore::put_seeded(std::uint64_t seed, std::size_t chunks) {
    return put(make_pack(*keys, seeded_chunks(seed, chunks)));
}

std::unique_ptr<Index> PackStore::open(const std::filesystem::path& folder, IndexSyncReport& report,
                                       IndexBudget budget) {
    return Index::open(folder, *keys, backend, list(), budget, report);
}

std::unique_ptr<Index> PackStore::open(const std::filesystem::path& folder) {
    IndexSyncReport report;
    return open(folder, report);
}

NewPack as_new(const MadePack& pack) {
    return {pack.id, pack.object.size(), pack.directory};
}

std::string contradiction(const Index& index, const PackStore& store, const std::vector<PackId>& expected) {
    if (std::string wrong = wrong_packs(index, store, expected); !wrong.empty()) return wrong;
    PackSet view;
    Places places;
    ToldByNumber told;
    std::vector<ChunkId> ids;
    for (const auto& [id, made] : store.packs) {
        const auto number = index.number_of(id);
        if (number) {
            view.add(*number);
            told[*number] = {id, told_by(made.directory, *number)};
            if (std::string wrong = wrong_boxes(*index.pack(*number), told[*number].second); !wrong.empty())
                return wrong;
        }
        for (const ChunkId& chunk : made.chunk_ids()) {
            ids.push_back(chunk);
            std::vector<PackId>& packs = places[chunk];
            if (number && std::ranges::find(packs, id) == packs.end()) packs.push_back(id);
        }
    }
    const auto together = index.find(ids, view);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const auto alone = index.find(std::span(&ids[i], 1), view);
        for (const auto& found : {together[i], alone[0]})
            if (std::string wrong = wrong_answer(index, told, view, ids[i], places[ids[i]], found); !wrong.empty())
                return wrong;
    }
    return {};
}

std::string contradiction(const Index& index, PackStore& store) {
    std::vector<PackId> expected;
    for (const ObjectInfo& object : store.list()) expected.push_back(PackId::from_hex(object.name.substr(9)));
    return contradiction(index, store, expected);
}

}  // namespace vault
