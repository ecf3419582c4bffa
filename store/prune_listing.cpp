// The small objects, read in the order in which it is safe.
#include "store/prune_listing.h"

#include "store/control_objects.h"

namespace vault {

namespace {

// One that is not authentic forgets nothing: whoever can write to the store could destroy a snapshot by its name alone.
std::map<SessionId, Time> read_tombstones(const Repository& repository) {
    constexpr std::string_view kFolder = "tombstones/", kBundle = "tombstones/bundle-";
    std::map<SessionId, Time> tombstones;
    Backend& backend = repository.backend();
    for (const ObjectInfo& info : backend.list(std::string(kFolder))) {
        if (info.name.starts_with(kBundle)) continue;
        const SessionId sid = SessionId::from_hex(std::string_view(info.name).substr(kFolder.size()));
        try {
            const auto record = find_record(repository, info.name, decode_tombstone);
            if (record && record->sid == sid) tombstones[sid] = record->time;
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::Corrupt) throw;
        }
    }
    // Bundles after singles: a tombstone is in one of them at any time.
    for (const ObjectInfo& info : backend.list(std::string(kFolder))) {
        if (!info.name.starts_with(kBundle)) continue;
        if (const auto bundle = find_record(repository, info.name, decode_bundle))
            for (const auto& item : bundle->items) tombstones.emplace(item.sid, item.time);
    }
    return tombstones;
}

void read_snapshots(const Repository& repository, PruneListing& listing) {
    constexpr std::string_view kFolder = "snapshots/";
    for (const ObjectInfo& info : repository.backend().list(std::string(kFolder))) {
        const SessionId sid = SessionId::from_hex(std::string_view(info.name).substr(kFolder.size()));
        const bool forgotten = listing.tombstones.contains(sid);
        try {
            const OpenedObject opened =
                open_object(repository.keys(), info.name, repository.backend().get(info.name));
            if (opened.envelope.kind == ObjectKind::Fence) {
                listing.fences.insert(sid);
                continue;
            }
            const CommitRecord record = decode_padded(opened, info.name, decode_commit);
            if (record.sid != sid) throw Error(ErrorKind::Corrupt, info.name + " holds another snapshot's id");
            ListedCommit commit{sid, {record.root, record.root_level}, record.series, record.time};
            (forgotten ? listing.forgotten : listing.live).push_back(std::move(commit));
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::NotFound) continue;  // removed since it was listed: it was forgotten
            if (error.kind() != ErrorKind::Corrupt) throw;
            if (!forgotten)
                throw Error(ErrorKind::Corrupt, std::string(error.what()) +
                                                    ": what this snapshot needs cannot be told, so nothing is deleted; "
                                                    "forget it or repair it first");
            listing.unreadable_forgotten.insert(sid);
        }
    }
}

}  // namespace

PruneListing list_for_prune(const Repository& repository) {
    PruneListing listing;
    repository.require_current_config();
    listing.condemned = list_condemned(repository);
    listing.tombstones = read_tombstones(repository);
    read_snapshots(repository, listing);
    listing.damage = read_damage_marks(repository);
    return listing;
}

std::vector<SessionId> list_sessions(Backend& backend) {
    constexpr std::string_view kFolder = "sessions/";
    std::vector<SessionId> sids;
    for (const ObjectInfo& info : backend.list(std::string(kFolder)))
        if (info.name.size() == kFolder.size() + 2 * SessionId::kBytes)  // no heartbeat
            sids.push_back(SessionId::from_hex(std::string_view(info.name).substr(kFolder.size())));
    return sids;
}

}  // namespace vault
