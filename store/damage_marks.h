// What damaged/ says of packs: boxes that did not verify, chunks that are confirmed lost. protocol.md, "Objects".
#pragma once

#include <map>
#include <set>
#include <vector>

#include "store/format/control_records.h"
#include "store/repository.h"

namespace vault {

// What stands, records that were withdrawn left out. Of records on one box or chunk that with the highest (sequence,
// random) counts; docs/format.md, section 10.
struct DamageMarks {
    struct Pack {
        std::set<std::uint64_t> boxes;
        std::set<ChunkId> lost;
        bool unknown = false;  // a record on it cannot be read: any of its boxes may be meant
    };
    std::map<PackId, Pack> packs;                    // none of them empty
    std::map<PackId, std::uint64_t> next_sequence;   // of a new record on a pack that has any
    std::set<ChunkId> lost_data;                     // data chunks named lost, in whatever pack

    bool marks(const PackId& pack) const { return packs.contains(pack); }
    // Whether damage on it stands or was withdrawn.
    bool ever_marked(const PackId& pack) const { return marks(pack) || next_sequence.contains(pack); }
};

DamageMarks read_damage_marks(const Repository& repository);

}  // namespace vault
