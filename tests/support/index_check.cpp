// The index against a plain map.
#include "tests/support/index_check.h"

#include <algorithm>
#include <set>

namespace vault {

namespace {

using Places = std::map<ChunkId, std::vector<PackId>>;

std::string wrong_place(const Index& index, const ChunkId& id, const ChunkLocation& place) {
    const auto pack = index.pack(place.pack);
    const PackDirectory directory = index.directory(place.pack);
    std::uint32_t entry = 0;
    std::uint64_t box_offset = kPackHeaderBytes;
    for (std::uint32_t box = 0; box < directory.boxes.size(); ++box) {
        std::uint32_t offset = 0;
        for (const DirectoryChunk& chunk : directory.boxes[box].chunks) {
            if (entry++ == place.entry) {
                const ChunkLocation right{place.pack, place.entry, box, offset, chunk.length};
                const bool fits = chunk.id == id && place == right;
                const bool box_fits = pack->boxes.size() == directory.boxes.size() &&
                                      pack->boxes[box].offset == box_offset &&
                                      pack->boxes[box].plain_bytes == directory.boxes[box].plain_bytes();
                if (fits && box_fits) return {};
                return "chunk " + id.hex() + " has a wrong place";
            }
            offset += chunk.length;
        }
        box_offset += directory.boxes[box].sealed_bytes;
    }
    return "chunk " + id.hex() + " has a place that its pack does not have";
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
std::string wrong_answer(const Index& index, const PackSet& view, const ChunkId& id, const std::vector<PackId>& packs,
                         const std::optional<ChunkLocation>& found) {
    if (found.has_value() == packs.empty()) return "chunk " + id.hex() + (found ? " is found" : " is not found");
    if (!found) return {};
    if (!view.contains(found->pack)) return "chunk " + id.hex() + " is found outside the view";
    if (std::string wrong = wrong_place(index, id, *found); !wrong.empty()) return wrong;
    std::set<PackId> all;
    for (const ChunkLocation& place : index.find_all(id, view)) {
        if (std::string wrong = wrong_place(index, id, place); !wrong.empty()) return wrong;
        if (!all.insert(index.pack(place.pack)->id).second) return "chunk " + id.hex() + " has a place twice";
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
    for (const auto& [id, made] : store.packs) {
        const bool there = std::ranges::find(expected, id) != expected.end();
        if (there) view.add(*index.number_of(id));
        for (const ChunkId& chunk : made.chunk_ids()) {
            std::vector<PackId>& packs = places[chunk];
            if (there && std::ranges::find(packs, id) == packs.end()) packs.push_back(id);
        }
    }
    std::vector<ChunkId> ids;
    for (const auto& [id, made] : store.packs)
        for (const ChunkId& chunk : made.chunk_ids()) ids.push_back(chunk);
    const auto together = index.find(ids, view);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        std::string wrong = wrong_answer(index, view, ids[i], places[ids[i]], together[i]);
        if (wrong.empty()) {
            const auto alone = index.find(std::span(&ids[i], 1), view);
            wrong = wrong_answer(index, view, ids[i], places[ids[i]], alone[0]);
        }
        if (!wrong.empty()) return wrong;
    }
    return {};
}

std::string contradiction(const Index& index, PackStore& store) {
    std::vector<PackId> expected;
    for (const ObjectInfo& object : store.list()) expected.push_back(PackId::from_hex(object.name.substr(9)));
    return contradiction(index, store, expected);
}

}  // namespace vault
