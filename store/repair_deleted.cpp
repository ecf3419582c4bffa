// Where the copy has it too, and sound: it is the copy's owner who says that it is one.
#include "store/repair_deleted.h"

#include <algorithm>
#include <set>

#include "store/control_objects.h"
#include "store/marks.h"
#include "store/objects_seen.h"
#include "store/quarantine.h"
#include "store/tombstones.h"

namespace vault {

namespace {

constexpr std::string_view kTombstones = "tombstones/";

template <class Decode>
bool is_sound(const Repository& other, const std::string& name, Decode decode) {
    try {
        return find_record(other, name, decode).has_value();
    } catch (const Error& error) {
        if (!is_finding(error)) throw;
        return false;
    }
}

// A mark that is damaged here: put anew where none that is newer on its subject stands, before the damaged one goes.
bool restore_damaged_mark(const Repository& repository, const Repository& other, const std::string& name,
                          bool dry_run) {
    if (!is_sound(other, name, decode_mark)) return false;
    if (dry_run) return true;
    const MarkRecord mark = other.read_record(name, decode_mark);
    const Marks marks = read_marks(repository, mark.sid);
    const auto of_snapshot = marks.by_snapshot.find(mark.sid);
    const bool is_answered = of_snapshot != marks.by_snapshot.end() &&
                             of_snapshot->second.contains({mark.subject, mark.text}) &&
                             of_snapshot->second.at({mark.subject, mark.text}).sequence > mark.sequence;
    const MarkChange change{mark.subject, mark.text, mark.action};
    if (!is_answered) put_marks(repository, mark.sid, std::span(&change, 1));
    move_to_quarantine(repository.backend(), name);
    return true;
}

}  // namespace

std::vector<std::string> restore_deleted(const Repository& repository, const Repository& other,
                                         const std::vector<DamagedObject>& damaged, bool dry_run) {
    std::set<std::string> wanted;
    for (const DamagedObject& object : damaged)
        if (object.kind == ErrorKind::NotFound) wanted.insert(object.name);
    for (const std::string& name : named_objects(repository))
        if (!name.starts_with(kTombstones)) wanted.insert(name);
    std::vector<std::string> put;
    for (const DamagedObject& object : damaged)
        if (object.kind == ErrorKind::Corrupt && object.name.starts_with("marks/") &&
            restore_damaged_mark(repository, other, object.name, dry_run))
            put.push_back(object.name);
    std::vector<BundleRecord::Item> forgotten;
    std::optional<Tombstones> tombstones;
    for (const std::string& name : wanted) {
        if (name.starts_with(kTombstones)) {
            if (!tombstones) tombstones = list_tombstones(other);
            const auto found = tombstones->forgotten.find(SessionId::from_hex(name.substr(kTombstones.size())));
            if (found == tombstones->forgotten.end()) continue;
            forgotten.push_back({found->first, found->second});
        } else if ((name.starts_with("marks/") && is_sound(other, name, decode_mark)) ||
                   (name.starts_with("decision/") && is_sound(other, name, decode_decision))) {
            if (object_exists(repository.backend(), name)) continue;
            if (!dry_run) copy_object(repository, other, name);
        } else {
            continue;
        }
        put.push_back(name);
    }
    if (!dry_run && !forgotten.empty()) put_bundle(repository, std::move(forgotten));
    if (!dry_run && !put.empty()) repository.backend().sync();
    std::ranges::sort(put);
    return put;
}

}  // namespace vault
