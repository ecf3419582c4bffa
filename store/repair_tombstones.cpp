// An object never changes under its name: what the copy has there is what stood here.
#include "store/repair_tombstones.h"

#include "store/control_objects.h"
#include "store/finding.h"
#include "store/quarantine.h"
#include "store/tombstones.h"

namespace vault {

namespace {

constexpr std::string_view kFolder = "tombstones/", kBundles = "tombstones/bundle-";

// Which snapshots the object forgets; nothing where there is none of that name. Throws where it cannot be read.
std::optional<std::vector<BundleRecord::Item>> items_of(const Repository& repository, const std::string& name) {
    if (name.starts_with(kBundles)) {
        std::optional<BundleRecord> bundle = find_record(repository, name, decode_bundle);
        if (!bundle) return std::nullopt;
        return std::move(bundle->items);
    }
    const std::optional<TombstoneRecord> tombstone = find_record(repository, name, decode_tombstone);
    if (!tombstone) return std::nullopt;
    if (name != std::string(kFolder) + tombstone->sid.hex())
        throw Error(ErrorKind::Corrupt, name + ": it is of another snapshot");
    return std::vector{BundleRecord::Item{tombstone->sid, tombstone->time}};
}

bool is_corrupt(const Repository& repository, const std::string& name) {
    try {
        items_of(repository, name);
        return false;
    } catch (const Error& error) {
        if (!is_finding(error)) throw;
        return error.kind() == ErrorKind::Corrupt;
    }
}

std::optional<std::vector<BundleRecord::Item>> sound_items_of(const Repository& other, const std::string& name) {
    try {
        return items_of(other, name);
    } catch (const Error& error) {
        if (!is_finding(error)) throw;
        return std::nullopt;
    }
}

}  // namespace

std::vector<std::string> restore_tombstones(const Repository& repository, const Repository& other, bool dry_run) {
    Backend& backend = repository.backend();
    std::vector<std::string> going;
    for (const ObjectInfo& info : backend.list(std::string(kFolder))) {
        if (!is_corrupt(repository, info.name)) continue;
        std::optional<std::vector<BundleRecord::Item>> items = sound_items_of(other, info.name);
        if (!items) continue;
        going.push_back(info.name);
        if (dry_run) continue;
        put_bundle(repository, std::move(*items));
        copy_to_quarantine(backend, info.name, quarantine_name(backend.get(info.name)));
        backend.remove(info.name);
    }
    return going;
}

}  // namespace vault
