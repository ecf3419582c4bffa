// From wanted tags to the marks that make them.
#include "store/tagging.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "store/label.h"
#include "store/marks.h"

namespace vault {

std::vector<std::string> changed_tags(const Snapshot& snapshot, const TagChange& change) {
    std::set<std::string> tags(snapshot.tags.begin(), snapshot.tags.end());
    if (change.set) tags = std::set<std::string>(change.set->begin(), change.set->end());
    for (const std::string& tag : change.remove) tags.erase(tag);
    tags.insert(change.add.begin(), change.add.end());
    for (const std::string& tag : tags) require_label(tag, "a tag");
    if (tags.size() > kTagsMax)
        throw Error(ErrorKind::Usage, "snapshot " + snapshot.short_id() + " would have more than 1,024 tags");
    return {tags.begin(), tags.end()};
}

bool put_tags(const Repository& repository, const Snapshot& snapshot, const std::vector<std::string>& tags) {
    std::vector<std::string> added, removed;
    std::set_difference(tags.begin(), tags.end(), snapshot.tags.begin(), snapshot.tags.end(),
                        std::back_inserter(added));
    std::set_difference(snapshot.tags.begin(), snapshot.tags.end(), tags.begin(), tags.end(),
                        std::back_inserter(removed));
    std::vector<MarkChange> changes;
    for (const std::string& tag : added) changes.push_back({MarkSubject::Tag, tag, MarkAction::Add});
    for (const std::string& tag : removed) changes.push_back({MarkSubject::Tag, tag, MarkAction::Remove});
    if (!changes.empty()) put_marks(repository, snapshot.sid, changes);
    return !changes.empty();
}

bool put_hold(const Repository& repository, const Snapshot& snapshot, bool held) {
    if (snapshot.held == held && !snapshot.may_be_held) return false;
    const MarkChange change{MarkSubject::Hold, "", held ? MarkAction::Add : MarkAction::Remove};
    put_marks(repository, snapshot.sid, std::span(&change, 1));
    return true;
}

}  // namespace vault
