// An object never changes under its name: what the copy has there is what stood here.
#include "store/repair_tombstones.h"

#include "store/finding.h"
#include "store/quarantine.h"
#include "store/tombstones.h"

namespace vault {

namespace {

std::optional<std::vector<BundleRecord::Item>> sound_items_of(const Repository& other, const std::string& name) {
    try {
        return read_tombstones(other, name);
    } catch (const Error& error) {
        if (!is_finding(error)) throw;
        return std::nullopt;
    }
}

}  // namespace

std::vector<std::string> restore_tombstones(const Repository& repository, const Repository& other, bool dry_run) {
    Backend& backend = repository.backend();
    std::vector<std::string> going;
    for (const ObjectInfo& info : backend.list("tombstones/")) {
        if (!is_corrupt([&] { read_tombstones(repository, info.name); })) continue;
        std::optional<std::vector<BundleRecord::Item>> items = sound_items_of(other, info.name);
        if (!items) continue;
        going.push_back(info.name);
        if (dry_run) continue;
        put_bundle(repository, std::move(*items));
        move_to_quarantine(backend, info.name);
    }
    return going;
}

}  // namespace vault
