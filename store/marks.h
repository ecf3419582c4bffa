// Tags, holds and comments that were put on snapshots after they were made. docs/format.md, section 10.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "store/format/control_records.h"
#include "store/repository.h"

namespace vault {

// What a mark speaks of: a tag or comment by its text; a hold has none.
using MarkKey = std::pair<MarkSubject, std::string>;

// Of all marks on one subject the one that counts: that with the highest (sequence, random).
struct MarkState {
    std::uint64_t sequence = 0;
    MarkId random;
    MarkAction action = MarkAction::Add;
};

struct Marks {
    std::map<SessionId, std::map<MarkKey, MarkState>> by_snapshot;
    // Snapshots with a damaged mark that may be a hold: no mark on holding is younger by the store's time.
    std::set<SessionId> may_be_held;
    std::vector<std::string> damaged;  // "<name>: <why>"

    // The mark that counts; null where there is none.
    const MarkState* find(const SessionId& sid, const MarkKey& key) const;
};

// All marks of the repository, or those of one snapshot.
Marks read_marks(const Repository& repository);
Marks read_marks(const Repository& repository, const SessionId& sid);

struct MarkChange {
    MarkSubject subject = MarkSubject::Tag;
    std::string text;
    MarkAction action = MarkAction::Add;
};

// Puts one mark for each change, each later than all that this client sees of its subject. Durable when it returns.
// Where two clients change one subject at once, either may win, the same one for every reader.
void put_marks(const Repository& repository, const SessionId& sid, std::span<const MarkChange> changes);

// Removes these objects, of snapshots whose commits are gone, after that was made durable: a commit that a power cut
// brings back comes with its marks.
void remove_marks(Backend& backend, const std::vector<std::string>& names);

}  // namespace vault
