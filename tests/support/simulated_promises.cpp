// Sources, promises, and the reading back.
#include "tests/support/simulated_promises.h"

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "tests/support/simulated_machine.h"

namespace vault {

const PruneSource& source_variant(std::size_t number) {
    static const std::vector<std::unique_ptr<PruneSource>> all = [] {
        constexpr std::size_t kFiles = 6;
        std::vector<std::unique_ptr<PruneSource>> made;
        for (std::size_t i = 0; i < kSourceVariants; ++i) {
            made.push_back(std::make_unique<PruneSource>());
            for (std::size_t file = 0; file < kFiles; ++file)
                if (file % kSourceVariants != i)
                    made.back()->file("d" + std::to_string(file % 2) + "/f" + std::to_string(file),
                                      noise(file, 200 + 4'000 * file));
            made.back()->file("own", noise(100 + i, 10'000));
            govern_source(made.back()->top);
        }
        return made;
    }();
    return *all.at(number);
}

std::string variant_tag(std::size_t number) { return "v" + std::to_string(number); }

std::size_t variant_of(const CommitRecord& record) {
    for (std::size_t i = 0; i < kSourceVariants; ++i)
        if (std::ranges::find(record.tags, variant_tag(i)) != record.tags.end()) return i;
    throw std::runtime_error("a snapshot without its variant's tag");
}

void SimulatedPromises::committed(const SessionId& sid) {
    const std::lock_guard lock(mutex_);
    committed_.insert(sid);
}

void SimulatedPromises::forgetting(const std::vector<SessionId>& sids) {
    const std::lock_guard lock(mutex_);
    may_be_forgotten_.insert(sids.begin(), sids.end());
}

void SimulatedPromises::forgotten(const std::vector<SessionId>& sids) {
    const std::lock_guard lock(mutex_);
    forgotten_.insert(sids.begin(), sids.end());
}

void SimulatedPromises::held(const SessionId& sid) {
    const std::lock_guard lock(mutex_);
    held_ = sid;
}

void SimulatedPromises::tagged(const SessionId& sid, const std::string& tag) {
    const std::lock_guard lock(mutex_);
    tags_[sid].insert(tag);
}

void SimulatedPromises::broken(const std::string& what) {
    const std::lock_guard lock(mutex_);
    broken_.push_back(what);
}

bool SimulatedPromises::is_held(const SessionId& sid) const {
    const std::lock_guard lock(mutex_);
    return held_ == sid;
}

void SimulatedPromises::judge_names(const Repository& reader, const std::string& when,
                                    std::vector<std::string>& found) {
    const std::lock_guard lock(mutex_);
    const auto note = [&](const SessionId& sid, const std::string& what) {
        found.push_back(when + ": snapshot " + sid.hex() + " " + what);
    };
    for (std::string& one : broken_) found.push_back(std::move(one));
    broken_.clear();
    const SnapshotListing listing = list_snapshots(reader, {}, Forgotten::Read);
    for (const std::string& one : listing.damaged) found.push_back(when + ": " + one);
    std::set<SessionId> live;
    for (const Snapshot& snapshot : listing.live) {
        live.insert(snapshot.sid);
        if (forgotten_.contains(snapshot.sid)) note(snapshot.sid, "was forgotten and is live");
        if (held_ == snapshot.sid && !snapshot.held) note(snapshot.sid, "was held and is not");
        if (const auto tags = tags_.find(snapshot.sid); tags != tags_.end())
            for (const std::string& tag : tags->second)
                if (std::ranges::find(snapshot.tags, tag) == snapshot.tags.end()) note(snapshot.sid, "lost " + tag);
    }
    for (const SessionId& sid : committed_)
        if (!may_be_forgotten_.contains(sid) && !live.contains(sid)) note(sid, "is gone");
    if (held_ && !live.contains(*held_)) note(*held_, "was held and is gone");
}

void SimulatedPromises::judge_contents(const Repository& reader, const std::string& when,
                                       std::vector<std::string>& found) {
    const View view = reader.reader_view();
    std::set<std::pair<ChunkId, std::size_t>> sound;  // the same tree is read once
    for (const Snapshot& snapshot : list_snapshots(reader).live) {
        const std::size_t variant = variant_of(snapshot.record);
        if (sound.contains({snapshot.record.root, variant})) continue;
        try {
            const auto lines = differences(read_back(*view.chunks, snapshot.record), "/t", source_variant(variant).top);
            for (const std::string& line : lines)
                found.push_back(when + ": snapshot " + snapshot.sid.hex() + " " + line);
            if (lines.empty()) sound.emplace(snapshot.record.root, variant);
        } catch (const Error& error) {
            found.push_back(when + ": snapshot " + snapshot.sid.hex() + ": " + error.what());
        }
    }
}

}  // namespace vault
