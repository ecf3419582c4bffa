// Runs of boxes, and the thread that loads what follows.
#include "fuse/read_ahead.h"

#include <algorithm>

namespace vault {

ReadAhead::ReadAhead(std::function<void(const BoxPlace&)> load)
    : load_(std::move(load)), thread_([this] { serve(); }) {}

ReadAhead::~ReadAhead() {
    queue_.close();
    thread_.join();
}

void ReadAhead::used(const BoxPlace& place) {
    const std::uint64_t key =
        std::uint64_t{place.kind == ChunkKind::Tree} << 63 | std::uint64_t{place.pack} << 31 | place.box;
    if (latest_.exchange(key, std::memory_order_relaxed) == key) return;
    const std::lock_guard lock(mutex_);
    Run* run = std::ranges::find_if(runs_, [&](const Run& r) {
        return r.touched > 0 && r.last.pack == place.pack && r.last.kind == place.kind;
    });
    if (run == runs_.end()) run = std::ranges::min_element(runs_, {}, &Run::touched);
    const bool goes_on = run->touched > 0 && run->last.pack == place.pack && run->last.kind == place.kind &&
                         (place.box == run->last.box + 1 || place.box == run->last.box);
    if (!goes_on) run->asked_before = 0;
    const bool moved = place.box != run->last.box;
    run->last = place;
    run->touched = ++uses_;
    if (!goes_on || !moved) return;
    const std::uint32_t end = place.box + 1 + kBoxesAhead;
    for (std::uint32_t box = std::max(run->asked_before, place.box + 1); box < end; ++box) {
        if (!queue_.try_push({place.kind, place.pack, box})) return;
        run->asked_before = box + 1;
    }
}

void ReadAhead::serve() {
    while (const auto place = queue_.pop()) {
        try {
            load_(*place);
        } catch (const std::exception&) {
            // Damage ahead of the reader is the reader's to meet, if it ever gets there.
        }
    }
}

}  // namespace vault
