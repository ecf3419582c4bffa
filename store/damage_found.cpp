// Each copy by itself: what a chunk store returns may come from another one.
#include "store/damage_found.h"

#include <set>

#include "store/damage_report.h"

namespace vault {

namespace {

// A reading that fails for another reason says nothing about the copy.
bool is_damaged(const View& view, const DamageRecord::LostChunk& chunk, const ChunkLocation& at) {
    try {
        view.chunks->chunk_at(chunk.kind, chunk.id, at);
        return false;
    } catch (const Error& error) {
        return error.kind() == ErrorKind::Corrupt;
    }
}

}  // namespace

std::uint64_t record_bad_copies(const Repository& repository, const View& view,
                                const std::vector<DamageRecord::LostChunk>& chunks) noexcept {
    std::uint64_t boxes = 0;
    try {
        if (chunks.empty()) return 0;
        const DamageMarks marks = read_damage_marks(repository);
        std::map<PackId, std::set<std::uint64_t>> bad;
        for (const DamageRecord::LostChunk& chunk : chunks) {
            for (const ChunkLocation& at : view.index->find_all(chunk.id, view.chunks->view())) {
                const PackId pack = view.index->pack(at.pack)->id;
                const auto known = marks.packs.find(pack);
                if (known != marks.packs.end() && known->second.boxes.contains(at.box)) continue;
                if (!bad[pack].contains(at.box) && is_damaged(view, chunk, at)) bad[pack].insert(at.box);
            }
        }
        for (const auto& [pack, found] : bad)
            if (record_damage(repository, marks, {pack, {found.begin(), found.end()}, {}}, DamageAction::Found))
                boxes += found.size();
    } catch (const std::exception&) {
        return boxes;
    }
    return boxes;
}

}  // namespace vault
