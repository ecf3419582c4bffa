// Lookups in the view, around the damage that is on record.
#include "store/known_chunks.h"

#include <map>

#include "store/format/control_records.h"
#include "store/seal/object.h"

namespace vault {

KnownChunks::KnownChunks(const Repository& repository, const View& view, const SessionId& sid)
    : view_(view), own_(repository.cache_folder(), sid) {
    // Of records on one box or chunk that with the highest (sequence, random) counts. docs/format.md, section 10.
    using Rank = std::pair<std::uint64_t, MarkId>;
    std::map<std::pair<PackId, std::uint64_t>, std::pair<Rank, DamageAction>> boxes;
    std::map<std::pair<PackId, ChunkId>, std::pair<Rank, DamageAction>> chunks;
    const auto note = [](auto& subject, const Rank& rank, DamageAction action) {
        if (subject.first <= rank) subject = {rank, action};
    };
    Backend& backend = repository.backend();
    for (const ObjectInfo& info : backend.list("damaged/")) {
        DamageRecord record;
        try {
            record = repository.read_record(info.name, decode_damage);
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::NotFound) continue;
            throw;
        }
        const Rank rank{record.sequence, record.random};
        for (const std::uint64_t box : record.boxes) note(boxes[{record.pack, box}], rank, record.action);
        for (const auto& lost : record.lost) note(chunks[{record.pack, lost.id}], rank, record.action);
    }
    for (const auto& [box, state] : boxes)
        if (state.second == DamageAction::Found)
            if (const auto number = view.index->number_of(box.first)) damaged_boxes_.insert({*number, box.second});
    for (const auto& [chunk, state] : chunks)
        if (state.second == DamageAction::Found) lost_.insert(chunk.second);
}

bool KnownChunks::is_sound(const ChunkLocation& at) const {
    return damaged_boxes_.empty() || !damaged_boxes_.contains({at.pack, at.box});
}

std::vector<bool> KnownChunks::in_view(std::span<const ChunkId> ids, PackSet& packs) const {
    const auto found = view_.index->find(ids, view_.chunks->view());
    std::vector<bool> known(ids.size(), false);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (!found[i]) continue;
        if (is_sound(*found[i])) {
            known[i] = true;
            packs.add(found[i]->pack);
            continue;
        }
        for (const ChunkLocation& other : view_.index->find_all(ids[i], view_.chunks->view())) {
            if (!is_sound(other)) continue;
            known[i] = true;
            packs.add(other.pack);
            break;
        }
    }
    return known;
}

bool KnownChunks::covers(const PackSet& packs) const {
    return damaged_boxes_.empty() && lost_.empty() && view_.chunks->view().contains_all(packs);
}

}  // namespace vault
