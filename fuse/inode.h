// Inode numbers of the mount: they follow from what they name, so nothing has to be remembered for the kernel.
#pragma once

#include <cstdint>

#include "store/base/error.h"

namespace vault {

// An entry of a snapshot, by the slot that the mount gave the snapshot and its rank in the manifest (hard links: the
// rank of their first link). Slot 0 is the tree above the snapshots, whose nodes are numbered by upper_tree.h.
struct Inode {
    std::uint32_t slot = 0;  // below 2^24
    std::uint64_t rank = 0;  // below 2^40 - 1

    bool operator==(const Inode&) const = default;
    bool is_upper() const { return slot == 0; }

    // slot (24 bits) | rank + 1 (40 bits). Throws Unsupported where a manifest has more entries than that.
    std::uint64_t number() const {
        if (rank >= kRankEnd) throw Error(ErrorKind::Unsupported, "a snapshot of more than 2^40 - 1 entries");
        return std::uint64_t{slot} << kRankBits | (rank + 1);
    }
    // Throws NotFound for a number that no inode has.
    static Inode of(std::uint64_t number) {
        const std::uint64_t low = number & kRankEnd;
        if (low == 0) throw Error(ErrorKind::NotFound, "no inode has the number " + std::to_string(number));
        return {static_cast<std::uint32_t>(number >> kRankBits), low - 1};
    }

    static constexpr unsigned kRankBits = 40;
    static constexpr std::uint64_t kRankEnd = (std::uint64_t{1} << kRankBits) - 1;
};

constexpr std::uint32_t kSlotsMax = (1u << 24) - 1;
constexpr std::uint64_t kRootInode = 1;  // the kernel's number of the mount point

}  // namespace vault
