// The snapshots of a repository: listing, and what SNAP on a command line means.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/format/commit_record.h"
#include "store/repository.h"
#include "store/tree_reader.h"

namespace vault {

struct Snapshot {
    SessionId sid;
    CommitRecord record;
    ObjectHash hash;                // SHA-256 of the object's bytes
    std::vector<std::string> tags;  // the record's own, as marks changed them; ascending
    bool held = false;
    bool may_be_held = false;       // a mark on it is damaged or was deleted: tags may be wrong too
    // It has a tombstone that is damaged, or that somebody without the key put there: it counts as live.
    bool tombstone_unreadable = false;

    std::string short_id() const { return sid.hex().substr(0, 8); }
    TreeRoot root() const { return {record.root, record.root_level}; }
};

struct SnapshotFilter {
    std::vector<std::string> series, hosts, tags;  // any of each; empty: all
    bool is_empty() const { return series.empty() && hosts.empty() && tags.empty(); }
    bool matches(const Snapshot& snapshot) const;
};

struct SnapshotListing {
    std::vector<Snapshot> live;        // commits without a tombstone, by (time, start, sid)
    std::vector<Snapshot> forgotten;   // those with one, that are still there; only where asked for
    std::vector<std::string> damaged;  // "<name>: <why>" for each object that could not be read
    // Those among them that are snapshots, and what is said of them there.
    std::map<SessionId, std::string> unreadable;
    // Why it is not known which holds were deleted; empty: it is known, or was not asked for.
    std::string holds_unknown;
    // What is said of a bundle of tombstones among them: some of `live` may be forgotten. Empty: there is none.
    std::string tombstones_missing;
};

enum class Forgotten { Skip, Read };
// Objects of snapshots in `known`, which this function returned before, are not read again: they never change.
SnapshotListing list_snapshots(const Repository& repository, const std::vector<Snapshot>& known = {},
                               Forgotten forgotten = Forgotten::Skip);
// For whoever forgets or holds: a snapshot whose hold this client saw and somebody deleted may be held
// (objects_seen.h).
SnapshotListing list_snapshots_and_missed_holds(const Repository& repository);

// SNAP[:PATH] as a user types it: a unique prefix of an id (at least 4 digits), `latest`, `latest~N`, `SERIES@TIME`
// (the newest of the series at or before TIME: YYYY-MM-DD, YYYY-MM-DDTHH:MM[:SS][Z], UTC). `path` is absolute, or "/".
// Series and paths may hold ':', '/' and '@': the first '@' with a time behind it ends a series, unless the text starts
// with `latest` or a whole id.
struct SnapshotReference {
    std::string snapshot;
    std::string path = "/";
};
SnapshotReference parse_reference(const std::string& text);

// Throws NotFound (none, or ambiguous with the candidates named), Usage for a text that means nothing. Incomplete
// snapshots do not count for `latest`. Corrupt where a snapshot that could be meant cannot be read.
const Snapshot& resolve(const SnapshotListing& listing, const std::string& reference,
                        const SnapshotFilter& filter = {});
// Those that references name, among what the filter leaves; without references all that the filter leaves. In order of
// time, each once. Throws as above, and NotFound where the filter leaves none.
std::vector<const Snapshot*> choose(const SnapshotListing& listing, const std::vector<std::string>& references,
                                    const SnapshotFilter& filter);
// A forgotten one, by a prefix of its id alone; the listing was read with them.
const Snapshot& resolve_forgotten(const SnapshotListing& listing, const std::string& prefix);

}  // namespace vault
