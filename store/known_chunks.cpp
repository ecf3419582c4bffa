// Lookups in the view, around the damage that is on record.
#include "store/known_chunks.h"

#include "store/damage_marks.h"

namespace vault {

KnownChunks::KnownChunks(const Repository& repository, const View& view, const SessionId& sid)
    : view_(view), own_(repository.cache_folder(), sid) {
    for (const auto& [pack, damage] : read_damage_marks(repository).packs) {
        const auto number = view.index->number_of(pack);
        if (!number) continue;
        if (damage.unknown) suspect_packs_.insert(*number);
        for (const std::uint64_t box : damage.boxes) damaged_boxes_.insert({*number, box});
        for (const ChunkId& chunk : damage.lost) lost_.insert({*number, chunk});
    }
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

std::vector<ChunkId> KnownChunks::distrusted() const {
    const std::lock_guard lock(mutex_);
    return {distrusted_.begin(), distrusted_.end()};
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
