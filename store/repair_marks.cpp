// A damaged mark goes only once another says what it said.
#include "store/repair_marks.h"

#include <algorithm>

#include "store/control_objects.h"
#include "store/finding.h"
#include "store/marks.h"
#include "store/quarantine.h"

namespace vault {

namespace {

void put_unless_answered(const Repository& repository, const MarkRecord& mark) {
    const Marks marks = read_marks(repository, mark.sid);
    const MarkState* counts = marks.find(mark.sid, {mark.subject, mark.text});
    if (counts != nullptr && counts->sequence > mark.sequence) return;
    const MarkChange change{mark.subject, mark.text, mark.action};
    put_marks(repository, mark.sid, std::span(&change, 1));
}

}  // namespace

std::vector<std::string> restore_marks(const Repository& repository, const Repository& other,
                                       const std::vector<DamagedObject>& damaged, bool dry_run) {
    std::vector<std::string> put;
    for (const DamagedObject& object : damaged) {
        if (object.kind != ErrorKind::Corrupt || !object.name.starts_with("marks/")) continue;
        const auto mark = unless_finding([&] { return find_record(other, object.name, decode_mark); });
        if (!mark) continue;
        put.push_back(object.name);
        if (dry_run) continue;
        put_unless_answered(repository, *mark);
        move_to_quarantine(repository.backend(), object.name);
    }
    if (!dry_run && !put.empty()) repository.backend().sync();
    std::ranges::sort(put);
    return put;
}

}  // namespace vault
