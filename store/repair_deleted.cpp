// Where the copy has it too, and sound: it is the copy's owner who says that it is one.
#include "store/repair_deleted.h"

#include <algorithm>

#include "store/control_objects.h"
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

}  // namespace

std::vector<std::string> restore_deleted(const Repository& repository, const Repository& other,
                                         const std::vector<DamagedObject>& damaged, bool dry_run) {
    std::vector<std::string> put;
    std::vector<BundleRecord::Item> forgotten;
    std::optional<Tombstones> tombstones;
    for (const DamagedObject& object : damaged) {
        const std::string& name = object.name;
        if (object.kind != ErrorKind::NotFound) continue;
        if (name.starts_with(kTombstones)) {
            if (!tombstones) tombstones = list_tombstones(other);
            const auto found = tombstones->forgotten.find(SessionId::from_hex(name.substr(kTombstones.size())));
            if (found == tombstones->forgotten.end()) continue;
            forgotten.push_back({found->first, found->second});
        } else if ((name.starts_with("marks/") && is_sound(other, name, decode_mark)) ||
                   (name.starts_with("decision/") && is_sound(other, name, decode_decision))) {
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
