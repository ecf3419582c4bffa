// Portions by the number of chunks.
#include "store/own_packs.h"

#include <utility>

#include "store/base/error.h"

namespace vault {

namespace {

constexpr std::size_t kChunksHeldBeforeIndexing = 400'000;  // in directories of own packs, about 40 bytes each

}  // namespace

void OwnPacks::add(NewPack pack) {
    const std::lock_guard lock(mutex_);
    if (gave_up_) return;
    ids_.push_back(pack.id);
    chunks_ += pack.directory.chunk_count();
    waiting_.push_back(std::move(pack));
    if (chunks_ <= kChunksHeldBeforeIndexing) return;
    try {
        index_waiting();
    } catch (const Error&) {
        gave_up_ = true;
    }
}

void OwnPacks::finish(const std::function<IndexNotes(PackSet own)>& notes) {
    const std::lock_guard lock(mutex_);
    if (gave_up_) throw Error(ErrorKind::Busy, "the index could not take all packs of this run");
    index_.add_and_note(std::exchange(waiting_, {}), [&](const auto& number_of) {
        PackSet packs;
        for (const PackId& id : ids_) {
            const std::optional<PackNumber> number = number_of(id);
            if (!number) throw Error(ErrorKind::NotFound, "the index lacks a pack of this run");
            packs.add(*number);
        }
        return notes(std::move(packs));
    }, Afterwards::StaysAsItWas);
}

void OwnPacks::index_waiting() {
    index_.add(std::exchange(waiting_, {}), {});
    chunks_ = 0;
}

}  // namespace vault
