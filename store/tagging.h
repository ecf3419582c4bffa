// Tags and holds of snapshots, changed by marks: the snapshot's own object never changes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/snapshots.h"

namespace vault {

struct TagChange {
    std::optional<std::vector<std::string>> set;  // instead of all tags that there are
    std::vector<std::string> add, remove;         // then these; what is in both stays
};

// The tags of `snapshot` after the change, ascending. Throws Usage for a tag that is no label and for more than a
// snapshot can have. Pure.
std::vector<std::string> changed_tags(const Snapshot& snapshot, const TagChange& change);

// Puts marks so that the snapshot has exactly `tags`. Whether any was needed.
bool put_tags(const Repository& repository, const Snapshot& snapshot, const std::vector<std::string>& tags);

// Holds the snapshot, so that no rule and no forget takes it, or lets it go. Whether that changed anything. A damaged
// mark may hide a hold: then one is put in any case.
bool put_hold(const Repository& repository, const Snapshot& snapshot, bool held);

}  // namespace vault
