// vault repair: what can be had is put into new packs, what is damaged goes to quarantine/ by the rules of prune, and
// what stays lost is named. docs/prune.md, "Repair".
#pragma once

#include "store/check.h"
#include "store/prune_environment.h"
#include "store/repair_salvage.h"

namespace vault {

struct RepairOptions {
    bool read_data = false;             // read every byte first; else what is on record and in the structure counts
    bool dry_run = false;
    const Repository* from = nullptr;   // another copy of this repository
    unsigned threads = 0;
    PackLimits limits;                  // of the packs that it writes
    PruneEnvironment environment;
};

struct RepairReport {
    CheckReport before, after;          // `after`: of the structure; of a dry run empty
    std::vector<std::string> generations_put;
    std::vector<SessionId> snapshots_put;  // of the other copy: store/repair_snapshots.h
    std::vector<std::string> objects_put;  // the same: store/repair_marks.h, store/repair_deleted.h
    std::uint64_t boxes_withdrawn = 0;  // on record, and sound
    std::uint64_t directories_replaced = 0;
    std::vector<std::string> settled;   // damaged small objects that went to quarantine/: store/repair_settled.h
    std::set<PackId> packs;             // damaged, whose contents had to be saved
    Salvaged salvaged;
    std::uint64_t packs_removed = 0, packs_quarantined = 0;
    std::vector<SessionId> waits_for;   // not empty: a list of packs stands, the next prune or repair goes on
    std::vector<std::string> left;      // "<object>: <why, and what to do>": what this could not put right

    bool whole(bool dry_run) const;     // nothing is lost, nothing left
};

// `harmed` is told of each entry that cannot be had afterwards (of a dry run: that cannot be had now). Throws Busy,
// NoSpace, Interrupted and what the store throws; whatever was put until then is of use to the next run. The repository
// may be open for reading, where its config is damaged it has to be.
RepairReport repair(const Repository& repository, const RepairOptions& options, CheckProgress& progress,
                    const std::function<void(const HarmedEntry&)>& harmed, const std::function<bool()>& interrupted);

}  // namespace vault
