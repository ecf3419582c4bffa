// Plans of what to forget, and tombstones.
#include "store/forget.h"

#include <algorithm>
#include <map>
#include <set>

#include "store/backend/object_names.h"
#include "store/base/text.h"
#include "store/tombstones.h"

namespace vault {

std::vector<const Snapshot*> ForgetPlan::remove() const {
    std::vector<const Snapshot*> found;
    for (const RetentionGroup& group : groups)
        for (auto decision = group.decisions.rbegin(); decision != group.decisions.rend(); ++decision)
            if (!decision->keep()) found.push_back(decision->snapshot);
    return found;
}

std::size_t ForgetPlan::considered() const {
    std::size_t count = 0;
    for (const RetentionGroup& group : groups) count += group.decisions.size();
    return count;
}

ForgetPlan plan_forget(const SnapshotListing& listing, const SnapshotFilter& filter, const KeepRules& rules,
                       const TimeZone& zone, const Time& now) {
    if (rules.is_empty())
        throw Error(ErrorKind::Usage, "no rule keeps anything: give one of --keep-last, --keep-daily and so on with a "
                                      "count of at least 1");
    if (!listing.tombstones_missing.empty())
        throw Error(ErrorKind::Corrupt, "which snapshots are forgotten already cannot be told, since " +
                                            listing.tombstones_missing + "; forget by id works");
    std::vector<const Snapshot*> considered;
    for (const Snapshot& snapshot : listing.live)
        if (filter.matches(snapshot)) considered.push_back(&snapshot);
    if (considered.empty() && !filter.is_empty())
        throw Error(ErrorKind::NotFound, "there is no snapshot that matches (vault snapshots lists them)");
    ForgetPlan plan;
    plan.groups = apply_keep_rules(considered, rules, zone, now);
    return plan;
}

ForgetPlan plan_forget(const SnapshotListing& listing, const std::vector<std::string>& references,
                       const SnapshotFilter& filter, const std::function<bool(const SessionId&)>& has_vanished) {
    std::set<SessionId> seen;
    std::map<std::string, RetentionGroup> groups;
    std::vector<SessionId> unreadable;
    for (const std::string& reference : references) {
        if (is_session_name(reference)) {
            const SessionId sid = SessionId::from_hex(reference);
            const bool is_live = std::ranges::find(listing.live, sid, &Snapshot::sid) != listing.live.end();
            if (listing.unreadable.contains(sid) || (!is_live && has_vanished && has_vanished(sid))) {
                if (seen.insert(sid).second) unreadable.push_back(sid);
                continue;
            }
        }
        const Snapshot& snapshot = resolve(listing, reference, filter);
        if (!seen.insert(snapshot.sid).second) continue;
        if (snapshot.held)
            throw Error(ErrorKind::Usage, "snapshot " + snapshot.short_id() +
                                              " is held; `vault hold --release` lets it go first");
        if (snapshot.may_be_held)
            throw Error(ErrorKind::Corrupt,
                        "snapshot " + snapshot.short_id() +
                            " may be held: a mark on it is damaged or was deleted; if not, `vault hold "
                            "--release` says so");
        RetentionGroup& group = groups[snapshot.record.series];
        group.series = snapshot.record.series;
        group.decisions.push_back({&snapshot, {}});
    }
    ForgetPlan plan;
    plan.unreadable = std::move(unreadable);
    for (auto& [series, group] : groups) {
        // The listing is in order of time, and this points into it.
        std::sort(group.decisions.begin(), group.decisions.end(),
                  [](const RetentionDecision& a, const RetentionDecision& b) { return a.snapshot > b.snapshot; });
        plan.groups.push_back(std::move(group));
    }
    return plan;
}

void require_some_left(const SnapshotListing& listing, const ForgetPlan& plan) {
    const std::size_t going = plan.remove().size();
    if (going > 0 && going == listing.live.size())
        throw Error(ErrorKind::Usage,
                    "this would forget every snapshot of the repository; give --all too if that is what you want");
}

void carry_out(const Repository& repository, const ForgetPlan& plan) {
    std::vector<SessionId> going = plan.unreadable;
    for (const Snapshot* snapshot : plan.remove()) going.push_back(snapshot->sid);
    std::size_t done = 0;
    try {
        put_tombstones(repository, going, done);
    } catch (const Error& error) {
        throw with_context("forgotten: " + std::to_string(done) + " of " + std::to_string(going.size()) +
                               "; snapshot " + going[done].hex().substr(0, 8),
                           error);
    }
}

}  // namespace vault
