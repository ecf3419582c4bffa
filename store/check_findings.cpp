// Bits become boxes; missing chunks get the packs that held them.
#include "store/check_findings.h"

#include <algorithm>

#include "store/backend/object_names.h"
#include "store/index_view.h"

namespace vault {

namespace {

void merge(std::map<PackId, DamagedPack>& into, std::map<PackId, DamagedPack>&& more) {
    for (auto& [id, pack] : more) {
        const auto [at, is_new] = into.emplace(id, std::move(pack));
        if (is_new) continue;
        DamagedPack& known = at->second;
        for (std::string& why : pack.whys)
            if (std::ranges::find(known.whys, why) == known.whys.end()) known.whys.push_back(std::move(why));
        known.directory = std::max(known.directory, pack.directory);
        std::ranges::move(pack.boxes, std::back_inserter(known.boxes));
    }
}

// Calls visit(box, place of its first chunk) for each box of the pack.
template <class Visit>
void for_each_box(const PackDirectory& directory, PackNumber number, Visit visit) {
    ChunkLocation first;
    first.pack = number;
    for (const DirectoryBox& box : directory.boxes) {
        visit(box, first);
        ++first.box;
        first.entry += static_cast<std::uint32_t>(box.chunks.size());
    }
}

// Calls visit(id, place) for each chunk of a box.
template <class Visit>
void for_each_chunk(const DirectoryBox& box, ChunkLocation at, Visit visit) {
    for (const DirectoryChunk& chunk : box.chunks) {
        at.length = chunk.length;
        visit(chunk.id, at);
        at.offset += chunk.length;
        ++at.entry;
    }
}

}  // namespace

void Findings::add(CheckedPacks&& packs) { merge(packs_, std::move(packs.damaged_packs)); }

void Findings::add(ReadPacks&& read) {
    merge(packs_, std::move(read.damaged));
    for (auto& [id, sound] : read.by_copy) by_copy_[id] = std::move(sound);
}

void Findings::read_recorded(const DamageMarks& marks, const std::function<void()>& poll) {
    for (const auto& [id, mark] : marks.packs) {
        const auto number = chunks_.view().index->number_of(id);
        if (!number || !chunks_.view().chunks->view().contains(*number)) continue;
        const PackDirectory directory = chunks_.view().index->directory(*number);
        for_each_box(directory, *number, [&](const DirectoryBox& box, const ChunkLocation& first) {
            const bool is_named = mark.boxes.contains(first.box);
            if (is_named) poll();
            for_each_chunk(box, first, [&](const ChunkId& chunk, const ChunkLocation& at) {
                if (is_named || mark.lost.contains(chunk)) chunks_.read(directory.content, chunk, at);
            });
        });
    }
}

std::vector<PackToRead> Findings::packs_to_read_by_copy() const {
    std::vector<PackToRead> packs;
    for (const ObjectInfo& info : listed_) {
        const auto id = pack_of_name(info.name);
        if (id && !chunks_.view().index->number_of(*id)) packs.push_back({info, *id, std::nullopt});
    }
    if (packs.empty()) return packs;
    for_each_copy(
        repository_.backend(), repository_.keys(),
        [&](const PackId& id) { return std::ranges::find(packs, id, &PackToRead::id) != packs.end(); },
        [&](const FoundDirectory& copy) {
            std::ranges::find(packs, copy.pack, &PackToRead::id)->copy = copy.directory;
        });
    std::erase_if(packs, [](const PackToRead& pack) { return !pack.copy; });
    return packs;
}

// A box is named where any chunk of it is bad; all its chunks were looked at then, each by itself.
void Findings::add_bad(PackNumber number) {
    const PackId id = chunks_.view().index->pack(number)->id;
    const PackDirectory directory = chunks_.view().index->directory(number);
    DamagedPack& pack = packs_[id];
    if (pack.bytes == 0) pack.bytes = chunks_.view().index->pack(number)->bytes;
    std::set<std::uint32_t> named;
    for (const DamagedBox& box : pack.boxes) named.insert(box.box);
    for_each_box(directory, number, [&](const DirectoryBox& box, const ChunkLocation& first) {
        bool bad = named.contains(first.box);
        for (std::uint32_t i = 0; i < box.chunks.size(); ++i) bad = bad || chunks_.bad.test(number, first.entry + i);
        if (!bad) return;
        for_each_chunk(box, first, [&](const ChunkId& chunk, const ChunkLocation& at) {
            if (chunks_.read(directory.content, chunk, at)) return;
            ++pack.chunks;
            const bool reached = chunks_.is_reached(chunk);
            if (reached) ++pack.chunks_reached;
            if (chunks_.has_good_copy(directory.content, chunk)) return;
            pack.lost.push_back({directory.content, chunk});
            if (reached) ++pack.lost_reached;
        });
        if (named.contains(first.box)) return;
        const auto why = chunks_.whys().find({number, first.box});
        pack.boxes.push_back({first.box, why == chunks_.whys().end() ? "it does not verify" : why->second});
    });
}

// Of the packs that once held missing chunks, by the copies of their directories, as few as explain them: a stale copy
// may tell of a pack that was rewritten and pruned long ago.
void Findings::add_missing() {
    if (chunks_.missing().empty()) return;
    struct Candidate {
        PackId id;
        std::vector<std::pair<DamageRecord::LostChunk, std::size_t>> held;  // and its entry
    };
    std::vector<Candidate> candidates;
    for_each_copy(
        repository_.backend(), repository_.keys(),
        [&](const PackId& id) { return !chunks_.view().index->number_of(id); },
        [&](const FoundDirectory& copy) {
            Candidate candidate{copy.pack, {}};
            std::size_t entry = 0;
            for (const DirectoryBox& box : copy.directory.boxes)
                for (const DirectoryChunk& chunk : box.chunks) {
                    if (chunks_.is_missing(copy.directory.content, chunk.id))
                        candidate.held.emplace_back(DamageRecord::LostChunk{copy.directory.content, chunk.id}, entry);
                    ++entry;
                }
            if (!candidate.held.empty()) candidates.push_back(std::move(candidate));
        });
    std::ranges::stable_sort(candidates, std::ranges::greater(), [](const Candidate& c) { return c.held.size(); });
    const std::set<PackId> listed = packs_of(listed_);
    for (const Candidate& candidate : candidates) {
        const bool is_listed = listed.contains(candidate.id);
        const auto read = by_copy_.find(candidate.id);
        for (const auto& [chunk, entry] : candidate.held) {
            if (!holders_.emplace(chunk, candidate.id).second) continue;
            DamagedPack& pack = packs_[candidate.id];
            pack.listed = is_listed;
            if (!is_listed) pack.directory = DirectoryFound::Copy;
            ++pack.chunks;
            ++pack.chunks_reached;
            const bool readable = read != by_copy_.end() && entry < read->second.size() && read->second[entry];
            if (readable) ++pack.salvageable;
            // Of a pack that is there it takes reading it to know.
            if (is_listed && (read == by_copy_.end() || readable)) continue;
            pack.lost.push_back(chunk);
            ++pack.lost_reached;
        }
    }
}

std::map<PackId, DamagedPack> Findings::finish() {
    for (const PackNumber number : chunks_.bad.packs())
        if (chunks_.bad.count(number) > 0) add_bad(number);
    add_missing();
    for (auto& [id, pack] : packs_) {
        std::ranges::sort(pack.boxes, {}, &DamagedBox::box);
        std::ranges::sort(pack.lost);
        const auto twice = std::ranges::unique(pack.lost);
        pack.lost.erase(twice.begin(), twice.end());
    }
    return std::move(packs_);
}

std::optional<PackId> Findings::holder(const DamageRecord::LostChunk& chunk) const {
    const auto found = holders_.find(chunk);
    if (found == holders_.end()) return std::nullopt;
    return found->second;
}

}  // namespace vault
