// When each pack was last read whole and found sound, in the state folder: so that a check of a part takes the packs
// that waited longest, and one that was cut short goes on where it was.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>

#include "store/clock.h"
#include "store/format/id.h"

namespace vault {

class VerifiedPacks {
  public:
    // Reads `state_folder`/`file`; one that is not there, damaged or of another version counts as empty:
    // packs are read once too often then.
    explicit VerifiedPacks(const std::filesystem::path& state_folder, const std::string& file = "verified-packs");

    // Seconds since 1970; nothing for one that was never verified.
    std::optional<std::int64_t> when(const PackId& pack) const;
    void set(const PackId& pack, std::int64_t seconds) { times_[pack] = seconds; }
    void forget(const PackId& pack) { times_.erase(pack); }

    // Since when a check of all packs has been under way that did not come to its end. What was verified since then is
    // not read again by the next one.
    std::optional<std::int64_t> unfinished_since() const { return unfinished_since_; }
    void set_unfinished(std::optional<std::int64_t> since) { unfinished_since_ = since; }

    // Keeps the times of the packs that `is_listed` accepts. Throws the Error of errno.
    void save(const std::function<bool(const PackId&)>& is_listed) const;

  private:
    std::filesystem::path path_;
    std::map<PackId, std::int64_t> times_;
    std::optional<std::int64_t> unfinished_since_;
};

}  // namespace vault
