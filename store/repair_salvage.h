// What of damaged packs can still be read, and what another copy of the repository has of the rest, in new packs.
// Nothing is removed here.
#pragma once

#include <functional>
#include <map>
#include <set>

#include "store/damage_report.h"
#include "store/pack_writer.h"
#include "store/repository.h"

namespace vault {

struct SalvageRequest {
    const Repository& repository;
    const Repository* other = nullptr;         // a copy of the same repository, with the same keys
    std::set<PackId> packs;                    // damaged; listed. No copy in them counts
    std::vector<DamageRecord::LostChunk> missing;  // in no pack, and wanted
    bool dry_run = false;                      // read everything, write nothing
    std::function<void()> poll = [] {};        // may throw
    PackLimits limits;                         // of the packs that it writes
};

struct Salvaged {
    std::uint64_t chunks = 0, bytes = 0;              // of damaged packs, plaintext; had no copy that counts
    std::uint64_t chunks_from_other = 0, bytes_from_other = 0;
    std::uint64_t packs_written = 0;
    std::map<PackId, SessionId> writers;  // of each damaged pack whose directory was had, from itself or from dirs/
    std::map<PackId, std::vector<DamageRecord::LostChunk>> lost;  // ascending: neither read nor had from the other
    std::vector<DamageRecord::LostChunk> missing;                 // of those asked for, but not in `lost`

    void add(const Salvaged& earlier);  // its counts; what is lost is told by the later
};

// A writing session of its own, B1 to B5, which has ended without a commit when this returns. Every chunk is verified
// by its id before it is put, and its box again after it was sealed. Throws what the backend throws, NoSpace among it:
// then what was written so far is left for the next prune or repair.
Salvaged salvage(const SalvageRequest& request);

// Boxes on record that were read twice now and verified both times, and the chunks named lost that lie in them: they
// are withdrawn, unless this is a dry run. Returns how many boxes.
std::uint64_t withdraw_sound_boxes(const Repository& repository, bool dry_run);

}  // namespace vault
