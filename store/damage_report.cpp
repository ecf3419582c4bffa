// Findings as damaged/ records.
#include "store/damage_report.h"

#include <algorithm>

#include "store/clock.h"
#include "store/put_record.h"
#include "store/seal/primitives.h"

namespace vault {

bool record_damage(const Repository& repository, const DamageMarks& marks, PackDamage damage, DamageAction action) {
    // A record that cannot be read stands for all boxes already, but names none: what is known is put all the same.
    const auto standing = marks.packs.find(damage.pack);
    const bool found = action == DamageAction::Found;
    const auto is_said = [&](const auto& set, const auto& item) {
        const bool stands = standing != marks.packs.end() && set(standing->second).contains(item);
        return stands == found;
    };
    const auto boxes_of = [](const DamageMarks::Pack& pack) -> const auto& { return pack.boxes; };
    const auto lost_of = [](const DamageMarks::Pack& pack) -> const auto& { return pack.lost; };
    std::erase_if(damage.boxes, [&](std::uint64_t box) { return is_said(boxes_of, box); });
    std::erase_if(damage.lost, [&](const auto& chunk) { return is_said(lost_of, chunk.id); });
    if (damage.boxes.empty() && damage.lost.empty()) return false;

    DamageRecord record;
    record.pack = damage.pack;
    fill_random(record.random.bytes);
    record.action = action;
    record.boxes = std::move(damage.boxes);
    record.lost = std::move(damage.lost);
    const auto next = marks.next_sequence.find(record.pack);
    record.sequence = next == marks.next_sequence.end() ? 1 : next->second;
    record.time = now();
    put_record(repository, ObjectKind::Damage, "damaged/" + record.pack.hex() + "-" + record.random.hex(), record);
    return true;
}

std::uint64_t record_damage(const Repository& repository, const DamageReport& report) {
    const DamageMarks marks = read_damage_marks(repository);
    std::uint64_t records = 0;
    for (const auto& [pack, damaged] : report.packs) {
        PackDamage damage{pack, {}, damaged.lost};
        for (const DamagedBox& box : damaged.boxes) damage.boxes.push_back(box.box);
        if (record_damage(repository, marks, std::move(damage), DamageAction::Found)) ++records;
    }
    return records;
}

}  // namespace vault
