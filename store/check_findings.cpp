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

}  // namespace

void Findings::add(CheckedPacks&& packs) { merge(packs_, std::move(packs.damaged_packs)); }

void Findings::add(ReadPacks&& read) {
    merge(packs_, std::move(read.damaged));
    for (auto& [id, sound] : read.by_copy) by_copy_[id] = std::move(sound);
}

void Findings::read_recorded(const DamageMarks& marks) {
    for (const auto& [id, mark] : marks.packs) {
        const auto number = chunks_.view().index->number_of(id);
        if (!number || !chunks_.view().chunks->view().contains(*number)) continue;
        const PackDirectory directory = chunks_.view().index->directory(*number);
        ChunkLocation at;
        at.pack = *number;
        for (; at.box < directory.boxes.size(); ++at.box) {
            at.offset = 0;
            for (const DirectoryChunk& chunk : directory.boxes[at.box].chunks) {
                at.length = chunk.length;
                if (mark.boxes.contains(at.box) || mark.lost.contains(chunk.id))
                    chunks_.read(directory.content, chunk.id, at);
                at.offset += chunk.length;
                ++at.entry;
            }
        }
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
    ChunkLocation at;
    at.pack = number;
    for (; at.box < directory.boxes.size(); ++at.box) {
        const auto& box = directory.boxes[at.box];
        const std::uint32_t first = at.entry;
        bool bad = named.contains(at.box);
        for (std::uint32_t i = 0; i < box.chunks.size(); ++i) bad = bad || chunks_.bad.test(number, first + i);
        at.offset = 0;
        for (const DirectoryChunk& chunk : box.chunks) {
            at.length = chunk.length;
            if (bad && !chunks_.read(directory.content, chunk.id, at)) {
                ++pack.chunks;
                const bool reached = chunks_.is_reached(chunk.id);
                if (reached) ++pack.chunks_reached;
                if (!chunks_.has_good_copy(directory.content, chunk.id)) {
                    pack.lost.push_back({directory.content, chunk.id});
                    if (reached) ++pack.lost_reached;
                }
            }
            at.offset += chunk.length;
            ++at.entry;
        }
        if (!bad || named.contains(at.box)) continue;
        const auto why = chunks_.whys().find({number, at.box});
        pack.boxes.push_back({at.box, why == chunks_.whys().end() ? "it does not verify" : why->second});
    }
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
