// Packs that pruners want to delete, or have decided to. protocol.md, "Condemned"; docs/prune.md.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "store/format/control_records.h"
#include "store/repository.h"

namespace vault {

struct CondemnedList {
    CondemnedRecord record;
    std::optional<DecisionRecord> decision;
    // Whether pack i of the record counts as condemned: nothing is decided, or that it goes.
    bool is_condemned(std::size_t i) const { return !decision || decision->goes[i]; }
};

// Every condemned/<n> with its decision, if there is one. A list that vanishes between listing and reading counts as
// absent. Throws Corrupt for one that cannot be read: which packs it names is unknown then, and nobody may count on
// any.
std::vector<CondemnedList> list_condemned(const Repository& repository);

// The decision on condemned/<n>, which has `packs` packs; nothing where there is none. Throws Corrupt where it does not
// fit.
std::optional<DecisionRecord> find_decision(const Repository& repository, const ControlId& n, std::size_t packs);

std::set<PackId> condemned_packs(const std::vector<CondemnedList>& lists);

}  // namespace vault
