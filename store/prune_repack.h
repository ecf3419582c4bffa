// Copies of what is needed of packs that are to go. P2 of docs/prune.md: copying changes nothing and carries no safety;
// what was copied is read back before anything is deleted (P7).
#pragma once

#include <functional>
#include <set>
#include <vector>

#include "store/prune_plan.h"

namespace vault {

struct RepackReport {
    std::set<PackId> packs_written;
    std::uint64_t bytes_written = 0;
    std::uint64_t boxes_copied = 0, boxes_sealed = 0;  // as they were; anew, without what is not needed
    std::vector<PackId> copied;  // packs of which every marked chunk is in a new pack now
    // Boxes that did not verify, that this program cannot open or that the medium does not give, each with its pack's
    // id. Their packs stay; damaged/ names those that did not verify.
    std::vector<std::string> damaged;
};

// Under a session of its own, which has ended when this returns (nothing waits for it then). Boxes of which nearly
// all is needed are copied sealed, after their chunks were verified; of others the needed chunks are sealed anew,
// those of one data box apart from others (a box holds contents of one source root). `threads` open and seal boxes, 0
// for one a core; each holds a box, and one more box waits for its turn. `poll` is called from one thread at a time.
// Throws what the backend throws, NoSpace among it: then what was written so far is left for the next prune to
// delete.
RepackReport repack(const Repository& repository, const Marked& marked, const std::vector<PackUse>& packs,
                    const PlanLimits& limits, unsigned threads, const std::function<void()>& poll);

}  // namespace vault
