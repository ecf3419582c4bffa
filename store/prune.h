// Reclaiming room: from P0 to P9 of docs/prune.md in one run. Which snapshots are forgotten was decided before.
#pragma once

#include <atomic>

#include "store/prune_plan.h"
#include "store/prune_protocol.h"
#include "store/prune_repack.h"

namespace vault {

struct PruneOptions {
    PlanLimits limits;
    std::optional<std::int64_t> keep_forgotten_ns;  // what was forgotten later than this stays as if it were not
    bool all = false;                               // go on although no snapshot is live
    bool dry_run = false;                           // P1 and P2 without copying: nothing is written to the store
    std::vector<SessionId> as_if_forgotten;         // dry run: these count as forgotten
    PruneEnvironment environment;
};

// Read by another thread while the run goes on.
struct PruneProgress {
    std::atomic<const char*> phase{"starting"};
};

struct PruneReport {
    std::uint64_t sessions_fenced = 0;
    std::uint64_t lists_finished = 0, lists_adopted = 0;  // of other pruners
    PrunePlan plan;
    Vanished vanished;  // of what this client saw at its last prune; too little of it to stop this one
    std::uint64_t live_snapshots = 0, forgotten_snapshots = 0;
    std::uint64_t nodes_walked = 0;
    RepackReport repacked;
    bool no_room_to_repack = false;  // only dead packs went: another prune can rewrite now

    std::uint64_t packs_removed = 0, bytes_removed = 0;  // with those of finished and adopted lists
    std::uint64_t packs_kept = 0;                        // condemned, but needed after all
    std::uint64_t commits_removed = 0;
    std::uint64_t directories_removed = 0;  // dirs/ objects of which most was stale
    std::uint64_t packs_quarantined = 0;    // of packs_removed: what they hold is lost, and kept aside
    std::uint64_t boxes_damaged = 0;        // met, and put on record
    std::uint64_t objects_bundled = 0;      // tombstones and fences that are in a bundle now
    std::uint64_t marks_removed = 0, damage_records_removed = 0;
    // Not empty: a list stands and waits for these sessions; the next prune goes on with it.
    std::vector<SessionId> waits_for;
    std::uint64_t packs_waiting = 0;
};

// Throws Busy where another prune is at work, NotFound where no snapshot is live, Corrupt where what snapshots need
// cannot be told or packs would go that a snapshot put which somebody removed, Io where too much would go unexplained,
// and what the store throws. `interrupted` is polled; true ends the run with Interrupted, what it condemned being given
// up. The repository is open for writing, unless dry_run.
PruneReport prune(const Repository& repository, const PruneOptions& options, PruneProgress& progress,
                  const std::function<bool()>& interrupted);

}  // namespace vault
