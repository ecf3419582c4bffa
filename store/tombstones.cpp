// Tombstones in the store.
#include "store/tombstones.h"

#include "store/clock.h"
#include "store/format/control_records.h"
#include "store/process_identity.h"
#include "store/put_record.h"

namespace vault {

namespace {

// Throws where that cannot be known.
bool stands(const Repository& repository, const std::string& name) {
    try {
        repository.read_record(name, decode_tombstone);
        return true;
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::NotFound) return false;
        throw with_context("the snapshot may be forgotten", error);
    }
}

}  // namespace

// Singles first, then bundles (docs/format.md, section 10): a tombstone is in one of them at any time. A bundle that
// cannot be read leaves its snapshots visible: damage there must not take the others away.
Tombstones list_tombstones(const Repository& repository) {
    constexpr std::string_view kFolder = "tombstones/", kBundle = "tombstones/bundle-";
    Tombstones found;
    Backend& backend = repository.backend();
    for (const ObjectInfo& info : backend.list("tombstones/"))
        if (!info.name.starts_with(kBundle)) found.sids.insert(SessionId::from_hex(info.name.substr(kFolder.size())));
    for (const ObjectInfo& info : backend.list(std::string(kBundle))) {
        try {
            for (const auto& item : repository.read_record(info.name, decode_bundle).items) found.sids.insert(item.sid);
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::Corrupt) throw;
            found.damaged.push_back(info.name + ": " + error.what());
        }
    }
    return found;
}

std::optional<std::string> trouble_with_tombstone(const Repository& repository, const SessionId& sid) {
    const std::string name = "tombstones/" + sid.hex();
    try {
        if (repository.read_record(name, decode_tombstone).sid != sid)
            return name + ": it is of another snapshot; this one counts as kept";
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::Corrupt) return name + ": " + error.what() + "; the snapshot counts as kept";
        if (error.kind() != ErrorKind::NotFound) throw;
    }
    return std::nullopt;
}

void put_tombstone(const Repository& repository, const SessionId& sid) {
    Backend& backend = repository.backend();
    const std::string name = "tombstones/" + sid.hex();
    TombstoneRecord tombstone;
    tombstone.sid = sid;
    tombstone.by = this_process();
    tombstone.time = now();
    for (bool released = false;;) {
        try {
            return put_record(repository, ObjectKind::Tombstone, name, tombstone);
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::NoSpace && !released && backend.release_reserve()) {
                released = true;
                continue;
            }
            // Somebody else's is as good as ours; and of a put that failed the reply may be all that was lost. Either
            // way it counts only once it is durable.
            if (!stands(repository, name)) throw;
            return backend.sync();
        }
    }
}

}  // namespace vault
