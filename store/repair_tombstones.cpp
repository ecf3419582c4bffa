// An object never changes under its name: what the copy has there is what stood here.
#include "store/repair_tombstones.h"

#include "store/finding.h"
#include "store/quarantine.h"
#include "store/tombstones.h"

namespace vault {

std::vector<std::string> restore_tombstones(const Repository& repository, const Repository& other, bool dry_run) {
    Backend& backend = repository.backend();
    std::vector<std::string> going;
    for (const ObjectInfo& info : backend.list("tombstones/")) {
        if (!is_corrupt([&] { read_tombstones(repository, info.name); })) continue;
        auto items = unless_finding([&] { return read_tombstones(other, info.name); });
        if (!items) continue;
        going.push_back(info.name);
        if (dry_run) continue;
        put_bundle(repository, std::move(*items));
        move_to_quarantine(backend, info.name);
    }
    return going;
}

}  // namespace vault
