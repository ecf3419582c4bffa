// Marking from everything that counts, and what happens where something is missing.
#include <algorithm>

#include "store/clock.h"
#include "store/control_objects.h"
#include "store/damage_found.h"
#include "store/prune_mark.h"

namespace vault {

namespace {

constexpr int kListings = 4;  // the first, and again three times
constexpr std::size_t kSnapshotsNamed = 8;
constexpr ChunkStoreBudget kMarkBudget{16u << 20, 4u << 20};  // each node is read once

bool is_spared(const SessionId& sid, const PruneListing& listing, const MarkOptions& options) {
    return options.keep_forgotten_ns &&
           nanoseconds_between(listing.tombstones.forgotten.at(sid), options.time()) < *options.keep_forgotten_ns;
}

PackSet numbers_of(const Index& index, const std::set<PackId>& packs) {
    PackSet numbers;
    for (const PackId& pack : packs)
        if (const auto number = index.number_of(pack)) numbers.add(*number);
    return numbers;
}

// Returns the live snapshots that are not whole.
std::vector<const ListedCommit*> mark_all(Marked& marked, const MarkOptions& options) {
    std::vector<const ListedCommit*> damaged;
    for (const ListedCommit& commit : marked.listing.live)
        if (!marked.marker->mark(commit.root, options.poll).whole) damaged.push_back(&commit);
    // Of a forgotten one an earlier prune may have removed packs already.
    for (const ListedCommit& commit : marked.listing.forgotten)
        if (is_spared(commit.sid, marked.listing, options)) marked.marker->mark(commit.root, options.poll);
    return damaged;
}

std::vector<DamageRecord::LostChunk> nodes_missing(const Marker& marker) {
    std::vector<DamageRecord::LostChunk> nodes;
    for (const auto& [id, missing] : marker.missing())
        if (missing.kind == ChunkKind::Tree) nodes.push_back({ChunkKind::Tree, id});
    return nodes;
}

[[noreturn]] void refuse(const Marked& marked, const std::vector<const ListedCommit*>& damaged) {
    std::string text = "nothing is deleted, since " + std::to_string(damaged.size()) +
                       (damaged.size() == 1 ? " snapshot is" : " snapshots are") + " not whole:";
    for (std::size_t i = 0; i < std::min(damaged.size(), kSnapshotsNamed); ++i)
        text += " " + damaged[i]->sid.hex().substr(0, 8);
    if (damaged.size() > kSnapshotsNamed) text += " …";
    const auto& [chunk, missing] = *std::find_if(marked.marker->missing().begin(), marked.marker->missing().end(),
                                                 [&](const auto& one) {
                                                     return one.second.kind == ChunkKind::Tree ||
                                                            !marked.listing.damage.lost_data.contains(one.first);
                                                 });
    text += std::string("; ") + (missing.kind == ChunkKind::Tree ? "tree node " : "chunk ") + chunk.hex() + ": " +
            missing.why + "; forget those snapshots, or heal them by a new snapshot of what they hold";
    throw Error(ErrorKind::Corrupt, text);
}

struct Attempt {
    Marked marked;
    bool whole = true;  // every live snapshot is
};

Attempt mark_once(const Repository& repository, const MarkOptions& options, bool last) {
    Attempt attempt;
    Marked& marked = attempt.marked;
    marked.listing = list_for_prune(repository);
    std::erase_if(marked.listing.live, [&](const ListedCommit& commit) {
        return options.as_if_forgotten.contains(commit.sid);
    });
    for (const SessionId& sid : options.as_if_forgotten)
        marked.listing.tombstones.forgotten.emplace(sid, options.time());
    if (marked.listing.live.empty() && !options.no_live_snapshot_is_fine)
        throw Error(ErrorKind::NotFound,
                    "there is no live snapshot, so all packs would go: give --all if that is what you want");
    marked.packs = repository.backend().list("packs/");  // after all else
    marked.view = repository.view_of(marked.packs, kMarkBudget);
    const Index& index = *marked.view.index;
    marked.condemned = numbers_of(index, condemned_packs(marked.listing.condemned));
    std::set<PackId> doubtful;
    for (const auto& [pack, damage] : marked.listing.damage.packs) doubtful.insert(pack);
    marked.doubtful = numbers_of(index, doubtful);
    for (const PackNumber number : marked.view.chunks->view().numbers())
        if (!marked.condemned.contains(number) && !marked.doubtful.contains(number)) marked.trusted.add(number);
    marked.marker = std::make_unique<Marker>(index, *marked.view.chunks, marked.trusted);
    marked.marker->excuse(marked.listing.damage.lost_data);
    marked.marker->resume(options.before);
    const auto damaged = mark_all(marked, options);
    if (last && !damaged.empty()) {
        if (options.record_damage) record_bad_copies(repository, marked.view, nodes_missing(*marked.marker));
        refuse(marked, damaged);
    }
    attempt.whole = damaged.empty();
    return attempt;
}

}  // namespace

Marked mark_repository(const Repository& repository, const MarkOptions& options) {
    for (int listing = 1;; ++listing) {
        Attempt attempt = mark_once(repository, options, listing == kListings);
        if (attempt.whole) return std::move(attempt.marked);
    }
}

std::vector<bool> Marked::reached(PackNumber pack, const PackDirectory& directory) const {
    std::vector<ChunkId> ids;
    std::vector<bool> found;
    std::vector<std::size_t> unset;
    const ChunkBits& bits = marker->bits();
    for (const DirectoryBox& box : directory.boxes) {
        for (const DirectoryChunk& chunk : box.chunks) {
            const auto entry = static_cast<std::uint32_t>(found.size());
            found.push_back(bits.test(pack, entry));
            if (found.back()) continue;
            unset.push_back(entry);
            ids.push_back(chunk.id);
        }
    }
    // Those without a bit may have a copy elsewhere that has it; most have no copy at all.
    PackSet others = view.chunks->view();
    others.remove(pack);
    const auto copies = view.index->find(ids, others);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (!copies[i]) continue;
        const auto all = view.index->find_all(ids[i], view.chunks->view());
        found[unset[i]] = std::any_of(all.begin(), all.end(), [&](const ChunkLocation& at) { return bits.test(at); });
    }
    return found;
}

std::vector<SessionId> removable_commits(const PruneListing& listing, const MarkOptions& options) {
    std::vector<SessionId> sids;
    for (const ListedCommit& commit : listing.forgotten)
        if (!is_spared(commit.sid, listing, options)) sids.push_back(commit.sid);
    sids.insert(sids.end(), listing.unreadable_forgotten.begin(), listing.unreadable_forgotten.end());
    return sids;
}

}  // namespace vault
