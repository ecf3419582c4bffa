// One stroke of damage to the store of a simulation, and what it may cost: nothing but what it hit.
#pragma once

#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "store/repair.h"
#include "tests/support/test_repository.h"

namespace vault {

class SimulatedDamage {
  public:
    // Strikes a box of a pack, its directory, the copies of that, both, or the whole pack, while no actor runs.
    SimulatedDamage(TestRepository& test, std::mt19937_64& random);

    const std::optional<PackId>& pack() const { return pack_; }  // nothing: copies of directories alone

    // After a repair that read everything: of all chunks that the live snapshots reached when it struck, and of which
    // there is still a live one, those that no pack gives back any more were hit, and are named by a record or, where
    // nobody knows in which pack they were, by the report; or they lie below a lost node of a snapshot that is named.
    // Where anything is lost the pack is still there as it was, or in quarantine.
    void judge(const Repository& reader, const RepairReport& repaired, std::vector<std::string>& found) const;

  private:
    using Chunks = std::set<std::pair<ChunkKind, ChunkId>>;
    static Chunks reached_by(ChunkStore& chunks, TreeKind kind, TreeRoot root);

    std::string what_;
    std::optional<PackId> pack_;
    Bytes pack_bytes_;  // as they are since; empty: it is gone
    std::set<ChunkId> hit_;
    std::map<SessionId, Chunks> reached_;  // by each snapshot that was live
};

}  // namespace vault
