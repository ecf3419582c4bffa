// Gathers new chunks into boxes: consecutive chunks of one sort together, so that they compress as one.
// docs/format.md, 7.2.
#pragma once

#include <array>
#include <utility>
#include <vector>

#include "store/batch.h"

namespace vault {

constexpr std::size_t kBoxBytes = 512u << 10;  // of plaintext, unless one chunk is larger
// Contents that config does not take inline may be a byte long, and a pack has a limit on its chunks.
constexpr std::size_t kBoxChunks = 4'096;

// What shares boxes: data by class, tree nodes by whether they are leaves (with attribute sets) or inner.
enum class BoxSort { General, Database, Media, TreeLeaves, TreeInner };
constexpr std::size_t kBoxSorts = 5;

// Of a chunk of kind tree, whose id was verified. Inner nodes have boxes of their own.
BoxSort sort_of_tree(ByteView chunk);

// zstd levels by sort of box, on the figures of docs/benchmarks.md.
CompressionLevel level_of(BoxSort sort);

// Not thread-safe.
class BoxGatherer {
  public:
    void add(BoxSort sort, const ChunkId& id, ByteView plain);
    // Closes the open data boxes (a box holds chunks of one source root only), or all.
    void close_data_boxes();
    void close_all();
    // The boxes that were closed since the last call, in order.
    std::vector<BoxJob> take_closed() { return std::exchange(closed_, {}); }

  private:
    void close(BoxSort sort);

    std::array<BoxJob, kBoxSorts> open_;
    std::vector<BoxJob> closed_;
};

// Seals the boxes that were closed since the last call, verified as seal_box does, and appends them. How many.
std::uint64_t seal_closed(BoxGatherer& gatherer, const Keys& keys, PackWriter& packs);

}  // namespace vault
