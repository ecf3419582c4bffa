// A run's own packs on their way into the index: handed over in portions, so that a long run does not hold the
// directories of all it has written.
#pragma once

#include <mutex>
#include <vector>

#include "store/index.h"

namespace vault {

// Thread-safe. A cache that cannot be written is no reason to end a run: then nothing is remembered, and finish()
// says so.
class OwnPacks {
  public:
    explicit OwnPacks(Index& index) : index_(index) {}

    void add(NewPack pack);

    // After all were added: hands over what is left, with the notes that `notes` makes of the numbers of all own packs.
    // Throws where the index cannot take them. The run asks the index nothing afterwards.
    void finish(const std::function<IndexNotes(PackSet own)>& notes);

  private:
    void index_waiting();

    Index& index_;
    std::mutex mutex_;  // guards all below
    std::vector<NewPack> waiting_;
    std::vector<PackId> ids_;
    std::uint64_t chunks_ = 0;  // of waiting_
    bool gave_up_ = false;
};

}  // namespace vault
