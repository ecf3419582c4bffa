// Which of many damage records count.
#include "store/damage_marks.h"

#include "store/control_objects.h"
#include "store/finding.h"

namespace vault {

namespace {

using Rank = std::pair<std::uint64_t, MarkId>;

// What the highest record says of a box or chunk.
struct Standing {
    Rank rank;
    DamageAction action = DamageAction::Withdrawn;
    void note(const Rank& other, DamageAction what) {
        if (rank <= other) rank = other, action = what;
    }
};

}  // namespace

DamageMarks read_damage_marks(const Repository& repository) {
    DamageMarks marks;
    std::map<std::pair<PackId, std::uint64_t>, Standing> boxes;
    std::map<std::pair<PackId, DamageRecord::LostChunk>, Standing> lost;
    constexpr std::string_view kFolder = "damaged/";
    for (const ObjectInfo& info : repository.backend().list(std::string(kFolder))) {
        std::optional<DamageRecord> record;
        try {
            record = find_record(repository, info.name, decode_damage);
        } catch (const Error& error) {
            if (!is_finding(error)) throw;
            // Which boxes it named is unknown; its pack is in its name.
            marks.packs[PackId::from_hex(info.name.substr(kFolder.size(), 2 * PackId::kBytes))].unknown = true;
            continue;
        }
        if (!record) continue;
        const Rank rank{record->sequence, record->random};
        std::uint64_t& next = marks.next_sequence[record->pack];
        next = std::max(next, record->sequence + 1);
        for (const std::uint64_t box : record->boxes) boxes[{record->pack, box}].note(rank, record->action);
        for (const auto& chunk : record->lost) lost[{record->pack, chunk}].note(rank, record->action);
    }
    for (const auto& [box, standing] : boxes)
        if (standing.action == DamageAction::Found) marks.packs[box.first].boxes.insert(box.second);
    for (const auto& [chunk, standing] : lost) {
        if (standing.action != DamageAction::Found) continue;
        marks.packs[chunk.first].lost.insert(chunk.second.id);
        if (chunk.second.kind == ChunkKind::Data) marks.lost_data.insert(chunk.second.id);
    }
    return marks;
}

}  // namespace vault
