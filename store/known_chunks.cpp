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
    constexpr std::string_view kFolder = "damaged/";
    for (const ObjectInfo& info : repository.backend().list(std::string(kFolder))) {
        DamageRecord record;
        try {
            record = repository.read_record(info.name, decode_damage);
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::NotFound) continue;
            if (error.kind() != ErrorKind::Corrupt) throw;
            // Which boxes it named is unknown; its pack is in its name.
            const auto pack = PackId::from_hex(info.name.substr(kFolder.size(), 2 * PackId::kBytes));
            if (const auto number = view.index->number_of(pack)) suspect_packs_.insert(*number);
            continue;
        }
        const Rank rank{record.sequence, record.random};
        for (const std::uint64_t box : record.boxes) note(boxes[{record.pack, box}], rank, record.action);
        for (const auto& lost : record.lost) note(chunks[{record.pack, lost.id}], rank, record.action);
    }
    for (const auto& [box, state] : boxes)
        if (state.second == DamageAction::Found)
            if (const auto number = view.index->number_of(box.first)) damaged_boxes_.insert({*number, box.second});
    for (const auto& [chunk, state] : chunks)
        if (state.second == DamageAction::Found)
            if (const auto number = view.index->number_of(chunk.first)) lost_.insert({*number, chunk.second});
}

bool KnownChunks::is_sound(const ChunkId& id, const ChunkLocation& at) const {
    return !damaged_boxes_.contains({at.pack, at.box}) && !lost_.contains({at.pack, id}) &&
           !suspect_packs_.contains(at.pack);
}

void KnownChunks::distrust(const ChunkId& id) {
    const std::lock_guard lock(mutex_);
    distrusted_.insert(id);
    any_distrusted_ = true;
}

bool KnownChunks::is_distrusted(const ChunkId& id) const {
    if (!any_distrusted_) return false;
    const std::lock_guard lock(mutex_);
    return distrusted_.contains(id);
}

std::vector<bool> KnownChunks::in_view(std::span<const ChunkId> ids, PackSet& packs) const {
    const auto found = view_.index->find(ids, view_.chunks->view());
    std::vector<bool> known(ids.size(), false);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (!found[i] || is_distrusted(ids[i])) continue;
        if (is_sound(ids[i], *found[i])) {
            known[i] = true;
            packs.add(found[i]->pack);
            continue;
        }
        for (const ChunkLocation& other : view_.index->find_all(ids[i], view_.chunks->view())) {
            if (!is_sound(ids[i], other)) continue;
            known[i] = true;
            packs.add(other.pack);
            break;
        }
    }
    return known;
}

bool KnownChunks::covers(const PackSet& packs) const {
    return damaged_boxes_.empty() && lost_.empty() && suspect_packs_.empty() &&
           view_.chunks->view().contains_all(packs);
}

}  // namespace vault
