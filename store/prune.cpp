// The run as a whole.
#include "store/prune.h"

#include <algorithm>

#include "store/format/limits.h"
#include "store/prune_dirs.h"
#include "store/prune_sessions.h"
#include "store/prune_tidy.h"

namespace vault {

namespace {

class Prune {
  public:
    Prune(const Repository& repository, const PruneOptions& options, PruneProgress& progress,
          const std::function<bool()>& interrupted)
        : repository_(repository), options_(options), environment_(options.environment), progress_(progress) {
        environment_.waits = [this](std::size_t runs) {
            progress_.phase = runs > 0 ? "waiting for runs at work" : "deleting";
        };
        mark_.keep_forgotten_ns = options.keep_forgotten_ns;
        mark_.no_live_snapshot_is_fine = options.all;
        mark_.as_if_forgotten = {options.as_if_forgotten.begin(), options.as_if_forgotten.end()};
        mark_.time = options.environment.time;
        mark_.record_damage = !options.dry_run;
        mark_.poll = [&interrupted] {
            if (interrupted && interrupted()) throw Error(ErrorKind::Interrupted, "interrupted");
        };
    }

    // On a full disk whole dead packs go first, by the room of the reserve; nothing is copied then.
    PruneReport run() {
        try {
            return attempt();
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::NoSpace || options_.dry_run || !may_repack_) throw;
            backend().release_reserve();
        }
        may_repack_ = false;
        return attempt();
    }

  private:
    PruneReport attempt() {
        mark_.before = {};
        if (!options_.dry_run && !clear_the_way()) return std::move(report_);
        std::vector<PackId> victims;
        std::vector<SessionId> commits;
        {
            progress_.phase = "reading snapshots";
            const std::set<SessionId> live_before = live_sessions(backend());
            Marked marked = mark_repository(repository_, mark_);  // P1
            victims = choose(marked, live_before);                      // P2
            commits = removable_commits(marked.listing, mark_);
            if (options_.dry_run) return std::move(report_);
            settled_damage_ = settled_damage(marked);
            if (!victims.empty()) mark_.before = marked.marker->memory();  // P6 walks what it has not seen
            listing_ = std::move(marked.listing);
        }
        if (victims.empty()) {
            report_.commits_removed += protocol().remove_commits(commits);
        } else {
            progress_.phase = "deleting";
            const std::size_t condemned = victims.size();
            const ListOutcome outcome = protocol().condemn(std::move(victims), report_.repacked.packs_written);
            take(outcome);
            settled_damage_ = outcome.settled_damage;
            if (!report_.waits_for.empty()) report_.packs_waiting = condemned;
        }
        tidy_up();
        return std::move(report_);
    }

    Backend& backend() const { return repository_.backend(); }
    PruneProtocol protocol() const { return {repository_, environment_, mark_}; }

    void take(const ListOutcome& outcome) {
        report_.packs_removed += outcome.packs_removed;
        report_.bytes_removed += outcome.bytes_removed;
        report_.packs_kept += outcome.packs_kept;
        report_.commits_removed += outcome.commits_removed;
        report_.packs_quarantined += outcome.packs_quarantined;
        report_.boxes_damaged += outcome.boxes_damaged;
        report_.waits_for = outcome.waits_for;
    }

    // P0. False where an adopted list still waits.
    bool clear_the_way() {
        progress_.phase = "looking for others";
        repository_.require_current_config();
        report_.sessions_fenced += end_sessions(repository_, environment_);
        for (const CondemnedList& list : list_condemned(repository_)) {
            if (list.decision) {
                take(protocol().finish(list.record, *list.decision));
                ++report_.lists_finished;
                continue;
            }
            require_abandoned(repository_, list.record, environment_);
            progress_.phase = "going on with a prune that was cut short";
            take(protocol().adopt(list.record));
            ++report_.lists_adopted;
            if (!report_.waits_for.empty()) {
                report_.packs_waiting = list.record.packs.size();
                return false;
            }
        }
        return true;
    }

    std::vector<PackId> choose(const Marked& marked, const std::set<SessionId>& live_before) {
        report_.live_snapshots = marked.listing.live.size();
        report_.forgotten_snapshots = marked.listing.forgotten.size() + marked.listing.unreadable_forgotten.size();
        report_.nodes_walked = marked.marker->nodes_walked();
        progress_.phase = "planning";
        // Before and after: a writer may have begun or ended in between.
        std::set<SessionId> live = live_sessions(backend());
        live.insert(live_before.begin(), live_before.end());
        report_.plan = plan_prune(repository_, marked, live, options_.limits, mark_.poll);
        report_.vanished = what_vanished(repository_, marked.listing);
        require_explained(report_.plan, options_.limits, report_.vanished);
        std::vector<PackId> victims;
        if (options_.dry_run) return victims;
        remember_live(repository_, marked.listing);
        for (const PackUse& use : report_.plan.dead) victims.push_back(use.id);
        if (may_repack_ && !report_.plan.repacked.empty()) {
            progress_.phase = "copying what sparse packs hold";
            report_.repacked = repack(repository_, marked, report_.plan.repacked, options_.limits,
                                      environment_.threads, mark_.poll);
            victims.insert(victims.end(), report_.repacked.copied.begin(), report_.repacked.copied.end());
        }
        report_.no_room_to_repack = !may_repack_;
        if (victims.size() > kControlItemsMax) victims.resize(kControlItemsMax);  // the next prune takes the rest
        std::sort(victims.begin(), victims.end());
        return victims;
    }

    void tidy_up() {
        progress_.phase = "tidying up";
        remove_stale_waiting(repository_);
        report_.marks_removed = remove_marks_of_forgotten(repository_, listing_);
        report_.damage_records_removed = remove_settled_damage(repository_, settled_damage_);
        report_.objects_bundled = bundle_tombstones(repository_, listing_);
        if (report_.packs_removed > 0) report_.directories_removed = remove_stale_directories(repository_);
        try {
            backend().restore_reserve();
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::NoSpace) throw;  // as full as before: it stays released
        }
    }

    const Repository& repository_;
    const PruneOptions& options_;
    PruneEnvironment environment_;
    PruneProgress& progress_;
    MarkOptions mark_;
    PruneReport report_;
    PruneListing listing_;  // of P1
    std::set<PackId> settled_damage_;
    bool may_repack_ = true;
};

}  // namespace

PruneReport prune(const Repository& repository, const PruneOptions& options, PruneProgress& progress,
                  const std::function<bool()>& interrupted) {
    return Prune(repository, options, progress, interrupted).run();
}

}  // namespace vault
