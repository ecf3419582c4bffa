// Copies of chunks, looked at one by one where it matters.
#include "store/check_chunks.h"

#include "store/damage_report.h"

namespace vault {

namespace {
constexpr std::uint8_t kNotAsked = 2;
}

ChunkKind CheckChunks::kind_of(PackNumber pack) {
    if (pack >= kinds_.size()) kinds_.resize(pack + 1, kNotAsked);
    if (kinds_[pack] == kNotAsked) kinds_[pack] = static_cast<std::uint8_t>(view_.index->pack(pack)->content);
    return static_cast<ChunkKind>(kinds_[pack]);
}

bool CheckChunks::is_sound(const ChunkId& id, const std::optional<ChunkLocation>& place) const {
    if (!place) return false;
    if (!bad.test(*place)) return true;
    for (const ChunkLocation& at : view_.index->find_all(id, view_.chunks->view()))
        if (!bad.test(at)) return true;
    return false;
}

bool CheckChunks::is_reached(const ChunkId& id) const {
    const auto place = view_.index->find(std::span(&id, 1), view_.chunks->view())[0];
    return place && reached.test(*place);
}

bool CheckChunks::read(ChunkKind kind, const ChunkId& id, const ChunkLocation& at) {
    if (verified.test(at)) return true;
    if (bad.test(at)) return false;
    const std::pair place(at.pack, at.box);
    if (unopened_.contains(place)) {
        bad.set(at);
        return false;
    }
    bool is_open = false;
    try {
        view_.chunks->box(kind, at.pack, at.box);
        is_open = true;
        view_.chunks->chunk_at(kind, id, at);
        verified.set(at);
    } catch (const Error& error) {
        if (!is_finding_or_gone(error)) throw;
        if (!is_open) unopened_.insert(place);
        bad.set(at);
        whys_.emplace(place, error.what());
        return false;
    }
    return true;
}

bool CheckChunks::has_good_copy(ChunkKind kind, const ChunkId& id) {
    for (const ChunkLocation& at : view_.index->find_all(id, view_.chunks->view()))
        if (read(kind, id, at)) return true;
    return false;
}

void CheckChunks::probe(ChunkKind kind, const ChunkId& id) {
    for (const ChunkLocation& at : view_.index->find_all(id, view_.chunks->view())) read(kind, id, at);
}

void CheckChunks::miss(ChunkKind kind, const ChunkId& id) {
    if (missing_.size() < kMissingHeld) missing_.insert({kind, id});
}

}  // namespace vault
