// What a snapshot run learns about its source beside the entries: what could not be read, and what changed meanwhile.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "store/format/commit_record.h"

namespace vault {

constexpr std::size_t kUnreadableMax = 10'000;
// Of their paths and messages: they share one object with the rest.
constexpr std::size_t kUnreadableBytesMax = 4u << 20;
// Of files that changed while they were read, so many are named.
constexpr std::size_t kChangedNamedMax = 100;

// Thread-safe.
class SourceFindings {
  public:
    std::atomic<std::uint64_t> read_bytes{0};

    // False: that path was counted already (a folder may be met twice, at its entry and when it is listed).
    bool add_unreadable(const std::string& path, const std::string& message);

    // One that was not readable is not named for having changed too.
    void add_changed(const std::string& path);

    std::uint64_t unreadable_count() const;
    // By path; those met first, within the bounds above.
    std::vector<UnreadablePath> unreadable() const;

    bool has_changed() const;
    // How many changed while they were read, and the first of their paths.
    std::uint64_t changed_count() const;
    std::vector<std::string> changed() const;

  private:
    mutable std::mutex mutex_;  // guards all below
    std::map<std::string, std::string> unreadable_;  // path -> message
    std::size_t unreadable_bytes_ = 0;
    std::uint64_t unreadable_count_ = 0;
    bool has_changed_ = false;
    std::vector<std::string> changed_;
    std::uint64_t changed_count_ = 0;
};

}  // namespace vault
