// The small objects, read in the order in which it is safe.
#include "store/prune_listing.h"

#include "store/backend/object_names.h"
#include "store/finding.h"
#include "store/seal/object.h"

namespace vault {

namespace {

void read_snapshots(const Repository& repository, PruneListing& listing) {
    constexpr std::string_view kFolder = "snapshots/";
    for (const ObjectInfo& info : repository.backend().list(std::string(kFolder))) {
        const SessionId sid = session_of_name(info.name);
        const bool forgotten = listing.tombstones.forgotten.contains(sid);
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
            if (!is_finding(error)) throw;
            if (!forgotten)
                throw Error(error.kind(),
                            std::string(error.what()) + ": what this snapshot needs cannot be told, so nothing is "
                                                        "deleted; forget it or repair it first");
            listing.unreadable_forgotten.insert(sid);
        }
    }
}

}  // namespace

PruneListing list_for_prune(const Repository& repository) {
    PruneListing listing;
    repository.require_current_config();
    listing.condemned = list_condemned(repository);
    listing.tombstones = list_tombstones(repository);
    if (!listing.tombstones.unreadable_bundles.empty())
        throw Error(ErrorKind::Corrupt, "nothing is deleted, since which snapshots are forgotten cannot be told: " +
                                            listing.tombstones.unreadable_bundles.front());
    read_snapshots(repository, listing);
    listing.damage = read_damage_marks(repository);
    return listing;
}

}  // namespace vault
