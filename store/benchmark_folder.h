// What a folder gives to a repository that lies in it: packs written and read, small objects, and the calls beneath.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "store/backend/backend.h"
#include "store/benchmark_rate.h"
#include "store/locked_folder.h"

namespace vault {

constexpr std::uint64_t kBenchmarkPackBytes = 64ull << 20;

// Works in a folder of its own inside, removed at the end. Takes room for two packs a writing thread at the most. All
// measurements are a second's, and throw what measure() and the backend throw.
class BenchmarkFolder {
  public:
    // Throws Usage where `parent` is no folder, Unsupported where no repository may lie there, and the like.
    BenchmarkFolder(const std::filesystem::path& parent, MeasuredSpan span);
    ~BenchmarkFolder();

    // An empty repository's store in there.
    Backend& backend() const { return *backend_; }

    double bytes_written(unsigned threads);  // packs, each durable, as a snapshot puts them
    double bytes_read(unsigned threads);     // of the packs written last, box by box, none from the kernel's cache
    double small_objects(unsigned threads);  // of 4 KiB, each durable, and removed again
    double fsyncs(unsigned threads);         // each of a page just written, every thread in a file of its own
    double renames(unsigned threads);        // to and fro, without fsync

  private:
    void drop_cached_pages() const;
    std::filesystem::path store_path() const { return folder_.path() / "store"; }
    std::string file_of(unsigned thread) const;

    MeasuredSpan span_;
    LockedFolder folder_;
    std::unique_ptr<Backend> backend_;
    std::vector<std::string> packs_;  // names of those written last
};

}  // namespace vault
