// Listing, slots and names.
#include "fuse/catalogue.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "fuse/escape.h"
#include "store/civil_time.h"

namespace vault {

namespace {

// "2026-11-21T03-04-05.123Z"
std::string time_name_of(const Time& time) {
    std::string text = rfc3339(time);
    text.resize(text.find('.') + 4);
    std::ranges::replace(text, ':', '-');
    return text + 'Z';
}

bool is_same(const Snapshot& a, const Snapshot& b) { return a.tags == b.tags && a.held == b.held; }

}  // namespace

SnapshotWatch::SnapshotWatch(const Repository& repository, SnapshotFilter filter, Tell tell)
    : repository_(repository), filter_(std::move(filter)), tell_(std::move(tell)) {
    list_anew();
}

std::vector<std::string> SnapshotWatch::names_in_store() const {
    std::vector<std::string> names;
    for (const char* folder : {"snapshots/", "tombstones/", "marks/"})
        for (ObjectInfo& info : repository_.backend().list(folder)) names.push_back(std::move(info.name));
    return names;
}

std::shared_ptr<const Catalogue> SnapshotWatch::last() const {
    const std::lock_guard lock(mutex_);
    return catalogue_;
}

MountedSnapshotPointer SnapshotWatch::in_slot(std::uint32_t slot) const {
    const std::lock_guard lock(mutex_);
    return slot == 0 || slot > in_slots_.size() ? nullptr : in_slots_[slot - 1];
}

std::shared_ptr<const Catalogue> SnapshotWatch::now() {
    const auto is_due = [&] {
        const std::lock_guard lock(mutex_);
        return Clock::now() >= listed_ + kPause;
    };
    if (!is_due()) return last();
    const std::lock_guard listing(listing_);
    if (is_due()) list_anew();  // else another thread did it while this one waited
    return last();
}

void SnapshotWatch::list_anew() {
    std::vector<std::string> names = names_in_store();
    const bool changed = !last() || names != names_;
    std::shared_ptr<Catalogue> made;
    if (changed) {
        SnapshotListing listing = list_snapshots(repository_, known_);
        for (Snapshot& snapshot : listing.live) {
            snapshot.record.unreadable = {};
            snapshot.record.excludes = {};
        }
        for (const std::string& damaged : listing.damaged)
            if (told_.insert(damaged).second && tell_) tell_("left out of the mount: " + damaged);
        known_ = std::move(listing.live);
        // What could not be read is tried again: the store may have been away for a moment.
        names_ = listing.damaged.empty() ? std::move(names) : std::vector<std::string>{};
        made = catalogue_of(known_, Clock::now());
        made->number = ++changes_;
    }
    const std::lock_guard lock(mutex_);
    listed_ = Clock::now();
    if (made) catalogue_ = std::move(made);
}

MountedSnapshotPointer SnapshotWatch::mounted(const Snapshot& snapshot, Clock::time_point found) {
    const std::lock_guard lock(mutex_);
    const auto given = slots_.find(snapshot.sid);
    if (given != slots_.end() && is_same(in_slots_[given->second - 1]->snapshot, snapshot))
        return in_slots_[given->second - 1];
    auto made = std::make_shared<MountedSnapshot>();
    made->snapshot = snapshot;
    made->time_name = time_name_of(snapshot.record.time);
    made->name = made->time_name + "_" + snapshot.short_id();
    const auto named = names_given_.try_emplace(made->name, snapshot.sid).first;
    if (named->second != snapshot.sid) made->name = made->time_name + "_" + snapshot.sid.hex();
    if (given != slots_.end()) {
        made->slot = given->second;
        made->found = in_slots_[made->slot - 1]->found;
        in_slots_[made->slot - 1] = made;
        return made;
    }
    if (in_slots_.size() >= kSlotsMax)
        throw Error(ErrorKind::Unsupported, "this mount has shown 2^24 snapshots; mount again");
    made->slot = static_cast<std::uint32_t>(in_slots_.size() + 1);
    made->found = found;
    in_slots_.push_back(made);
    slots_.emplace(snapshot.sid, made->slot);
    return made;
}

std::shared_ptr<Catalogue> SnapshotWatch::catalogue_of(const std::vector<Snapshot>& live, Clock::time_point found) {
    auto made = std::make_shared<Catalogue>();
    for (const Snapshot& snapshot : live) {
        if (!filter_.matches(snapshot)) continue;
        const MountedSnapshotPointer shown = mounted(snapshot, found);
        made->by_time.push_back(shown);
        made->by_name.emplace(shown->name, shown);
        made->by_slot.emplace(shown->slot, shown);
        if (!snapshot.record.incomplete) made->latest = shown;
    }
    std::set<std::tuple<Grouping, std::string, std::string>> taken;
    for (const auto& [slot, shown] : made->by_slot) {
        const auto add = [&](Grouping grouping, const std::string& text) {
            // Two snapshots of one millisecond: the second link has the id behind its time.
            const bool is_free = taken.emplace(grouping, text, shown->time_name).second;
            made->groups[static_cast<std::size_t>(grouping)][escaped_name(text)].push_back(
                {is_free ? shown->time_name : shown->name, shown});
        };
        add(Grouping::Series, shown->snapshot.record.series);
        add(Grouping::Host, shown->snapshot.record.host);
        for (const std::string& tag : shown->snapshot.tags) add(Grouping::Tag, tag);
    }
    return made;
}

}  // namespace vault
