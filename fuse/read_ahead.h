// Reads on in packs that are being read in order: what a tree or a large file needs next was stored next, so the box
// behind the one in use is opened on another core before anybody asks for it.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <thread>

#include "store/bounded_queue.h"
#include "store/chunk_store.h"

namespace vault {

// Thread-safe. One thread; at most `kQueuedMax` boxes wait for it, and what finds no place is not read ahead.
class ReadAhead {
  public:
    // `load(place)` is called on the thread; what it throws is dropped, since whoever needs the box meets it again.
    explicit ReadAhead(std::function<void(const BoxPlace&)> load);
    ~ReadAhead();

    // A box is in use. Two in a row of one pack make a run, of which the next `kBoxesAhead` are loaded.
    void used(const BoxPlace& place);

    static constexpr std::uint32_t kBoxesAhead = 2;
    static constexpr std::size_t kQueuedMax = 8;

  private:
    // Tree and data packs are read side by side, and a deduplicated file lies in several packs.
    static constexpr std::size_t kRunsMax = 8;
    struct Run {
        BoxPlace last;
        std::uint32_t asked_before = 0;  // boxes below this one were asked for
        std::uint64_t touched = 0;       // 0: free
    };
    void serve();

    const std::function<void(const BoxPlace&)> load_;
    std::atomic<std::uint64_t> latest_{~std::uint64_t{0}};  // hash of the last place: most uses are of the same box
    std::mutex mutex_;                                      // guards the two
    std::array<Run, kRunsMax> runs_;
    std::uint64_t uses_ = 0;
    BoundedQueue<BoxPlace> queue_{kQueuedMax};
    std::thread thread_;
};

}  // namespace vault
