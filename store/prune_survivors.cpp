// Reading back what is to be counted on.
#include "store/prune_survivors.h"

#include <algorithm>
#include <tuple>

#include "store/backend/object_names.h"
#include "store/finding.h"
#include "store/run_in_lanes.h"
#include "store/seal/primitives.h"
#include "store/thread_count.h"

namespace vault {

namespace {

constexpr std::size_t kBoxesAtOnce = 128;  // between two looks at what they gave
constexpr std::uint64_t kPieceBytes = 1u << 20;

}  // namespace

Survivors::Survivors(const Repository& repository, const Marked& marked, const std::set<PackId>& own, unsigned threads)
    : repository_(repository), marked_(marked), lanes_(thread_count(threads)) {
    for (const PackId& pack : own)
        if (const auto number = marked.view.index->number_of(pack)) unread_.add(*number);
}

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

void Survivors::read_own(const std::vector<std::optional<ChunkLocation>>& places) {
    std::set<PackNumber> needed;
    for (const auto& place : places)
        if (place && unread_.contains(place->pack)) needed.insert(place->pack);
    const std::vector<PackNumber> packs(needed.begin(), needed.end());
    std::vector<char> whole(packs.size());  // not bits: several threads set them
    run_in_lanes(lanes_, packs.size(), [&](std::size_t, std::size_t i) { whole[i] = is_as_written(packs[i]); });
    for (std::size_t i = 0; i < packs.size(); ++i) {
        unread_.remove(packs[i]);
        if (whole[i]) whole_.add(packs[i]);
    }
}

bool Survivors::is_as_written(PackNumber number) const {
    const auto pack = marked_.view.index->pack(number);
    const std::string name = pack_name(pack->id);
    try {
        Sha256 hash;
        for (std::uint64_t at = 0; at < pack->bytes; at += kPieceBytes)
            hash.add(repository_.backend().get(name, ByteRange{at, std::min(kPieceBytes, pack->bytes - at)}));
        return hash.finish() == pack->id.bytes;
    } catch (const Error& error) {
        if (!is_finding_or_gone(error)) throw;
        return false;  // box by box it is found out which
    }
}

bool Survivors::all_survive(ChunkKind kind, const std::vector<ChunkId>& ids) {
    const auto places = marked_.view.index->find(ids, marked_.trusted);
    read_own(places);
    std::vector<Wanted> wanted;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (!places[i]) return false;  // nowhere else
        if (whole_.contains(places[i]->pack)) ++chunks_verified_;
        else if (!verified_.test(*places[i])) wanted.push_back({ids[i], *places[i]});
    }
    std::sort(wanted.begin(), wanted.end(), [](const Wanted& a, const Wanted& b) {
        return std::tie(a.at.pack, a.at.box, a.at.offset) < std::tie(b.at.pack, b.at.box, b.at.offset);
    });
    std::vector<InOneBox> boxes;
    for (std::size_t from = 0, to = 0; from < wanted.size(); from = to) {
        while (to < wanted.size() && wanted[to].at.pack == wanted[from].at.pack &&
               wanted[to].at.box == wanted[from].at.box)
            ++to;
        boxes.push_back(InOneBox(wanted).subspan(from, to - from));
    }
    std::vector<std::vector<bool>> sound(std::min(kBoxesAtOnce, boxes.size()));
    for (std::size_t from = 0; from < boxes.size(); from += kBoxesAtOnce) {
        const std::size_t count = std::min(kBoxesAtOnce, boxes.size() - from);
        run_in_lanes(lanes_, count, [&](std::size_t, std::size_t i) { sound[i] = read(kind, boxes[from + i]); });
        for (std::size_t i = 0; i < count; ++i) {
            if (take(kind, boxes[from + i], sound[i])) continue;
            for (const Wanted& one : boxes[from + i])
                if (!verified_.test(one.at) && !survives_elsewhere(kind, one)) return false;
        }
    }
    return true;
}

std::vector<bool> Survivors::read(ChunkKind kind, InOneBox wanted) const {
    const ChunkLocation& first = wanted.front().at;
    try {
        const Bytes box = marked_.view.chunks->load_box(kind, first.pack, first.box);
        std::vector<ByteView> bytes;
        std::vector<ChunkId> ids;
        for (const Wanted& one : wanted) {
            const bool is_inside = one.at.offset <= box.size() && one.at.length <= box.size() - one.at.offset;
            if (!is_inside) return std::vector<bool>(wanted.size(), false);
            bytes.push_back(ByteView(box).subspan(one.at.offset, one.at.length));
            ids.push_back(one.id);
        }
        return verify_chunks(repository_.keys(), kind, bytes, ids);
    } catch (const Error& error) {
        if (!is_finding_or_gone(error)) throw;
        return std::vector<bool>(wanted.size(), false);
    }
}

bool Survivors::take(ChunkKind kind, InOneBox wanted, const std::vector<bool>& sound) {
    bool all_sound = true;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (sound[i]) {
            verified_.set(wanted[i].at);
            ++chunks_verified_;
        } else {
            bad_.push_back({kind, wanted[i].id});
            all_sound = false;
        }
    }
    return all_sound;
}

bool Survivors::survives_elsewhere(ChunkKind kind, const Wanted& wanted) {
    for (const ChunkLocation& other : marked_.view.index->find_all(wanted.id, marked_.trusted)) {
        if (other == wanted.at) continue;
        const Wanted there{wanted.id, other};
        if (whole_.contains(other.pack) || verified_.test(other)) return true;
        if (take(kind, {&there, 1}, read(kind, {&there, 1}))) return true;
    }
    return false;
}

}  // namespace vault
