// Choosing snapshots to forget, by name or by rules, and forgetting them. Nothing is reclaimed here: prune does that.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "store/retention.h"

namespace vault {

// What is to go and what stays, with reasons, of the snapshots that were considered. Points into the listing.
struct ForgetPlan {
    std::vector<RetentionGroup> groups;
    // Named by their whole ids; their objects are damaged or gone, so that nothing more is known of them.
    std::vector<SessionId> unreadable;
    std::vector<const Snapshot*> remove() const;  // oldest first in each group; without the unreadable
    std::size_t considered() const;
};

// By rules, of the live snapshots that the filter takes. Throws Usage where no rule keeps anything (counts of zero
// alone), NotFound where the filter takes no snapshot, Corrupt where a damaged bundle of tombstones hides which
// snapshots are live: forgotten ones would take the places of others. A damaged snapshot is not considered; those
// beside it are kept as if it were not there, which keeps more, never less.
ForgetPlan plan_forget(const SnapshotListing& listing, const SnapshotFilter& filter, const KeepRules& rules,
                       const TimeZone& zone, const Time& now);

// By name. Throws NotFound or Usage for a reference that finds nothing, Usage for a snapshot that is held, Corrupt for
// one that may be. A damaged one, and one that is gone and of which packs tell (`has_vanished`, asked of ids that are
// not live), go by their whole ids alone: what they were nobody can tell, also whether they were held.
ForgetPlan plan_forget(const SnapshotListing& listing, const std::vector<std::string>& references,
                       const SnapshotFilter& filter, const std::function<bool(const SessionId&)>& has_vanished = {});

// Throws Usage where the plan takes the last live snapshot of the repository.
void require_some_left(const SnapshotListing& listing, const ForgetPlan& plan);

// Puts a tombstone for each snapshot that the plan removes. A failure says how many are forgotten by then.
void carry_out(const Repository& repository, const ForgetPlan& plan);

}  // namespace vault
