// From a condemned list to packs that are gone: P3 to P9 of docs/prune.md, for an own list as for one that was adopted.
// All that carries the safety of prune is here and in the mark.
#pragma once

#include <optional>
#include <vector>

#include "store/prune_environment.h"
#include "store/prune_mark.h"
#include "store/prune_survivors.h"

namespace vault {

struct ListOutcome {
    std::vector<SessionId> waits_for;  // not empty: the list stands, the next prune goes on with it
    std::uint64_t packs_removed = 0, bytes_removed = 0, packs_kept = 0;
    std::uint64_t packs_quarantined = 0;  // of those removed
    std::uint64_t commits_removed = 0;
    std::uint64_t boxes_damaged = 0;    // met when survivors were read, and put on record
    std::set<PackId> settled_damage;    // store/prune_tidy.h
};

// Throws Busy where the pruner of an undecided list may live: nobody else goes on with it then.
void require_abandoned(const Repository& repository, const CondemnedRecord& list,
                       const PruneEnvironment& environment);

class PruneProtocol {
  public:
    // All are borrowed. `mark.poll` is called while waiting and marking and may throw: then the list is given up.
    PruneProtocol(const Repository& repository, const PruneEnvironment& environment, const MarkOptions& mark)
        : repository_(repository), environment_(environment), mark_(mark) {}

    // P3 to P9 with these victims, at most 65,536, ascending. `own`: packs that this process wrote of boxes that it had
    // verified; it still reads them back, as wholes.
    ListOutcome condemn(std::vector<PackId> victims, const std::set<PackId>& own = {});
    // The list of a pruner that is dead, from P4 or P5 on. What this run reads counts as read after P3.
    ListOutcome adopt(const CondemnedRecord& list);
    // P9 of a list that is decided, whoever began it.
    ListOutcome finish(const CondemnedRecord& list, const DecisionRecord& decision);

    // A prune without victims: makes durable what was listed, and removes these commits and what belongs to them.
    std::uint64_t remove_commits(const std::vector<SessionId>& commits);

  private:
    ListOutcome carry_out(const CondemnedRecord& list, const std::set<PackId>& own);
    std::map<PackId, PackFate> fates(const CondemnedRecord& list, Survivors& survivors) const;
    DecisionRecord decide(const CondemnedRecord& list, std::vector<bool> goes) const;
    // What P6 and P7 know, of use to P9; an older decision is carried out without.
    struct Known {
        std::map<PackId, PackFate> fates;
        std::vector<SessionId> commits;
        std::vector<ObjectInfo> packs;  // for their sizes
        std::set<PackId> settled_damage;
        std::uint64_t boxes_damaged = 0;
    };
    ListOutcome remove(const CondemnedRecord& list, const DecisionRecord& decision, const Known& known);
    void give_up(const CondemnedRecord& list);
    void remove_list(const ControlId& n);
    std::uint64_t remove_listed_commits(const std::vector<SessionId>& commits);

    const Repository& repository_;
    const PruneEnvironment& environment_;
    const MarkOptions& mark_;
};

}  // namespace vault
