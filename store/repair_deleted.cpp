// Where the copy has it too, and sound: it is the copy's owner who says that it is one.
#include "store/repair_deleted.h"

#include <algorithm>
#include <set>

#include "store/backend/object_names.h"
#include "store/control_objects.h"
#include "store/finding.h"
#include "store/objects_seen.h"
#include "store/tombstones.h"

namespace vault {

namespace {

constexpr std::string_view kTombstones = "tombstones/";

template <class Decode>
bool has_whole(const Repository& other, const std::string& name, Decode decode) {
    return unless_finding([&] { return find_record(other, name, decode); }).has_value();
}

// Under snapshots/ only fences: snapshots are for restore_snapshots().
bool has_object(const Repository& other, const std::string& name) {
    const auto is_in = [&](std::string_view folder) { return name.starts_with(folder); };
    return (is_in("marks/") && has_whole(other, name, decode_mark)) ||
           (is_in("decision/") && has_whole(other, name, decode_decision)) ||
           (is_in("damaged/") && has_whole(other, name, decode_damage)) ||
           (is_in("snapshots/") && has_whole(other, name, decode_fence));
}

}  // namespace

std::vector<std::string> restore_deleted(const Repository& repository, const Repository& other,
                                         const std::vector<DamagedObject>& damaged, bool dry_run) {
    std::set<std::string> wanted;
    for (const DamagedObject& object : damaged)
        if (object.kind == ErrorKind::NotFound) wanted.insert(object.name);
    for (const std::string& name : ObjectsSeen(repository).accepted())
        if (!name.starts_with(kTombstones)) wanted.insert(name);
    std::vector<std::string> put;
    std::vector<BundleRecord::Item> forgotten;
    std::optional<Tombstones> tombstones;
    for (const std::string& name : wanted) {
        if (name.starts_with(kTombstones)) {
            if (!tombstones) tombstones = list_tombstones(other);
            const auto found = tombstones->forgotten.find(session_of_name(name));
            if (found == tombstones->forgotten.end()) continue;
            forgotten.push_back({found->first, found->second});
        } else {
            if (!has_object(other, name) || object_exists(repository.backend(), name)) continue;
            if (!dry_run) copy_object(repository, other, name);
        }
        put.push_back(name);
    }
    if (!dry_run && !forgotten.empty()) put_bundle(repository, std::move(forgotten));
    if (!dry_run && !put.empty()) repository.backend().sync();
    return put;
}

}  // namespace vault
