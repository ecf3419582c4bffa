// Reading back what is to be counted on.
#include "store/prune_survivors.h"

#include <algorithm>
#include <tuple>

#include "store/finding.h"


namespace vault {

Survivors::Survivors(const Repository& repository, const Marked& marked) : repository_(repository), marked_(marked) {}

bool Survivors::knows(const PackId& pack) const {
    const auto number = marked_.view.index->number_of(pack);
    return number && marked_.view.chunks->view().contains(*number);
}

PackFate Survivors::fate_of(const PackId& pack) {
    if (!knows(pack)) return PackFate::Stays;
    const auto number = marked_.view.index->number_of(pack);
    const PackDirectory directory = marked_.view.index->directory(*number);
    const std::vector<bool> reached = marked_.reached(*number, directory);
    const auto damage = marked_.listing.damage.packs.find(pack);
    std::vector<ChunkId> needed, lost;
    std::size_t entry = 0;
    for (const DirectoryBox& box : directory.boxes) {
        for (const DirectoryChunk& chunk : box.chunks) {
            if (!reached[entry++]) continue;
            const bool is_lost =
                damage != marked_.listing.damage.packs.end() && damage->second.lost.contains(chunk.id);
            (is_lost ? lost : needed).push_back(chunk.id);
        }
    }
    if (!needed.empty() && !all_survive(directory.content, needed)) return PackFate::Stays;
    return lost.empty() || all_survive(directory.content, lost) ? PackFate::Goes : PackFate::Quarantined;
}

bool Survivors::all_survive(ChunkKind kind, const std::vector<ChunkId>& ids) {
    const auto places = marked_.view.index->find(ids, marked_.trusted);
    std::vector<Wanted> wanted;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (!places[i]) return false;  // nowhere else
        if (!verified_.test(*places[i])) wanted.push_back({ids[i], *places[i]});
    }
    std::sort(wanted.begin(), wanted.end(), [](const Wanted& a, const Wanted& b) {
        return std::tie(a.at.pack, a.at.box, a.at.offset) < std::tie(b.at.pack, b.at.box, b.at.offset);
    });
    for (std::size_t from = 0, to = 0; from < wanted.size(); from = to) {
        while (to < wanted.size() && wanted[to].at.pack == wanted[from].at.pack &&
               wanted[to].at.box == wanted[from].at.box)
            ++to;
        const std::vector<Wanted> in_one_box(wanted.begin() + static_cast<std::ptrdiff_t>(from),
                                             wanted.begin() + static_cast<std::ptrdiff_t>(to));
        if (verify_together(kind, in_one_box)) continue;
        for (const Wanted& one : in_one_box)
            if (!verified_.test(one.at) && !survives_elsewhere(kind, one)) return false;
    }
    return true;
}

bool Survivors::verify_together(ChunkKind kind, const std::vector<Wanted>& in_one_box) {
    const ChunkLocation& first = in_one_box.front().at;
    try {
        const Bytes box = marked_.view.chunks->load_box(kind, first.pack, first.box);
        std::vector<ByteView> bytes;
        std::vector<ChunkId> ids;
        for (const Wanted& wanted : in_one_box) {
            if (wanted.at.offset > box.size() || wanted.at.length > box.size() - wanted.at.offset) return false;
            bytes.push_back(ByteView(box).subspan(wanted.at.offset, wanted.at.length));
            ids.push_back(wanted.id);
        }
        const std::vector<bool> sound = verify_chunks(repository_.keys(), kind, bytes, ids);
        bool all_sound = true;
        for (std::size_t i = 0; i < in_one_box.size(); ++i) {
            if (sound[i]) {
                verified_.set(in_one_box[i].at);
                ++chunks_verified_;
            } else {
                bad_.push_back({kind, in_one_box[i].id});
                all_sound = false;
            }
        }
        return all_sound;
    } catch (const Error& error) {
        if (!is_finding_or_gone(error)) throw;
        for (const Wanted& wanted : in_one_box) bad_.push_back({kind, wanted.id});
        return false;
    }
}

bool Survivors::survives_elsewhere(ChunkKind kind, const Wanted& wanted) {
    for (const ChunkLocation& other : marked_.view.index->find_all(wanted.id, marked_.trusted)) {
        if (other == wanted.at) continue;
        if (verified_.test(other) || verify_together(kind, {{wanted.id, other}})) return true;
    }
    return false;
}

}  // namespace vault
