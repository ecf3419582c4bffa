// Names of one folder, sorted, whatever their number: beyond a bound they go to an unlinked temporary file as sorted
// runs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "store/base/bytes.h"
#include "store/base/unique_fd.h"

namespace vault {

constexpr std::size_t kNamesInMemoryBytes = 16u << 20;

// Add all, then sort() once, then next() until it says no. Not thread-safe. Throws Io or NoSpace from the temporary
// file.
class SortedNames {
  public:
    explicit SortedNames(std::size_t memory_bytes = kNamesInMemoryBytes);
    ~SortedNames();
    SortedNames(SortedNames&&) noexcept;
    SortedNames& operator=(SortedNames&&) noexcept;

    void add(std::string_view name);
    void sort();
    // The next name in order of bytes; it lives until the next call. Equal names come once each time they were added.
    bool next(std::string_view& name);
    bool spilled() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// Names in the order in which they were added, read back in that order, whatever their number. Not thread-safe.
class NameQueue {
  public:
    explicit NameQueue(std::size_t memory_bytes = kNamesInMemoryBytes) : memory_bytes_(memory_bytes) {}

    void push(std::string_view name);
    bool pop(std::string& name);

  private:
    void spill();

    std::size_t memory_bytes_;
    std::string tail_;  // 0-terminated names, the latest
    UniqueFd file_;     // what came before them
    std::uint64_t file_bytes_ = 0, file_at_ = 0;
    std::string head_;  // read back from the file
    std::size_t head_at_ = 0, tail_at_ = 0;
};

// An open file without a name, in $TMPDIR or /var/tmp.
UniqueFd unnamed_temporary_file();

}  // namespace vault
