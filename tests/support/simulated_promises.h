// What the actors of a simulation were told, and what must therefore be so whenever all of them have ended.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "store/snapshots.h"
#include "tests/support/prune_store.h"

namespace vault {

// Trees that share some of their files, the same in every process. Made once: seeds only read them. A snapshot says by
// a tag of which it is.
constexpr std::size_t kSourceVariants = 4;
const PruneSource& source_variant(std::size_t number);
std::string variant_tag(std::size_t number);
std::size_t variant_of(const CommitRecord& record);

// Thread-safe.
class SimulatedPromises {
  public:
    void committed(const SessionId& sid);
    void forgetting(const std::vector<SessionId>& sids);  // about to: from here on either may be
    void forgotten(const std::vector<SessionId>& sids);   // acknowledged
    void held(const SessionId& sid);
    void tagged(const SessionId& sid, const std::string& tag);
    void broken(const std::string& what);  // seen by an actor itself

    bool is_held(const SessionId& sid) const;

    // One line for each promise that does not hold: acknowledged commits are live unless they may be forgotten,
    // acknowledged tombstones forget, tags and holds stand, and no mark is left of what is gone.
    void judge_names(const Repository& reader, const std::string& when, std::vector<std::string>& found);
    // Every live snapshot, also one that nobody heard of, reads back as its source.
    static void judge_contents(const Repository& reader, const std::string& when, std::vector<std::string>& found);

  private:
    mutable std::mutex mutex_;  // guards all below
    std::set<SessionId> committed_, may_be_forgotten_, forgotten_;
    std::optional<SessionId> held_;
    std::map<SessionId, std::set<std::string>> tags_;
    std::vector<std::string> broken_;
};

}  // namespace vault
