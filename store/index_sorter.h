// Sorts any number of chunk rows by id in bounded memory. Ids are uniformly random, so they are not merged but
// divided: rows that do not fit go to a temporary file in runs ordered by the first byte of their id, and each byte's
// rows, gathered from all runs, are sorted by themselves.
#pragma once

#include <array>
#include <atomic>
#include <filesystem>
#include <functional>
#include <mutex>
#include <vector>

#include "store/base/unique_fd.h"
#include "store/index_layout.h"

namespace vault {

class ChunkSorter {
  public:
    // About `bytes` of memory in all, however many lanes. The temporary file in `folder` has no name once it is made.
    ChunkSorter(std::filesystem::path folder, std::uint64_t bytes, std::size_t lanes);

    // One thread a lane.
    void add(std::size_t lane, const ChunkRow& row);
    // After the last add.
    void finish();

    std::uint64_t rows() const { return rows_; }  // after finish
    // All ids of a part are below those of the next.
    std::size_t parts() const { return parts_; }
    // Calls `visit` for the part's rows, ascending by id, pack and entry. Thread-safe; one thread may visit one part
    // a lane.
    void visit(std::size_t part, const std::function<void(const ChunkRow&)>& visit) const;

  private:
    static constexpr std::size_t kBuckets = 256;  // by the first byte
    struct Run {
        std::uint64_t offset = 0;                         // in the file
        std::array<std::uint32_t, kBuckets + 1> starts{};  // of the buckets, in rows
    };

    void spill(std::vector<ChunkRow>& rows);
    std::vector<ChunkRow> gather(std::size_t part) const;

    const std::filesystem::path folder_;
    const std::size_t lane_rows_, part_rows_;
    std::vector<std::vector<ChunkRow>> lanes_;
    std::uint64_t rows_ = 0;
    std::size_t parts_ = 0, divisions_ = 1;  // of each bucket, by the second byte

    std::mutex mutex_;  // guards the rest, until finish
    UniqueFd file_;
    std::uint64_t file_end_ = 0;
    std::vector<Run> runs_;
};

}  // namespace vault
