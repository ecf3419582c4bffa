// What benchmarks work on: contents of two kinds, cut, named and gathered as a snapshot does, and an index of random
// chunks. Shared by `vault benchmark` and the stage benchmarks in tests/bench.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "chunker/chunker.h"
#include "store/batch.h"
#include "store/index.h"
#include "store/seal/keys.h"

namespace vault {

// Lines of words, numbers and phrases that come again: zstd makes about a quarter of them, as of source code. The same
// for one seed.
Bytes sample_text(std::size_t bytes, std::uint64_t seed);
// What neither compresses nor repeats.
Bytes sample_random(std::size_t bytes);

// Keys of no repository, made at random.
std::unique_ptr<Keys> sample_keys();
GearTable gear_of(const Keys& keys);

// `content` as boxes of the general class, ready to be sealed: cut, named, gathered.
std::vector<BoxJob> sample_boxes(const Keys& keys, ByteView content);

// Chunks of 64 KiB in packs of 64 MiB, as an index knows them; their ids are random.
class SampleIndex {
  public:
    // Makes the index in `folder`, which is empty or absent. `backend` is one without objects, used by this call only.
    SampleIndex(const std::filesystem::path& folder, const Keys& keys, Backend& backend, std::size_t chunks,
                IndexBudget budget = {});

    const std::vector<ChunkId>& ids() const { return ids_; }  // in the order in which they were stored
    // How many of them are found.
    std::size_t count_found(std::span<const ChunkId> ids) const;

  private:
    std::unique_ptr<Index> index_;
    PackSet view_;
    std::vector<ChunkId> ids_;
};

// Ids that no index holds.
std::vector<ChunkId> random_ids(std::size_t count);

}  // namespace vault
