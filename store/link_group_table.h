// Hard link groups by device and inode: a bounded number in memory, the rest in a hash table in an unlinked temporary
// file (open addressing, linear probing, doubled when half full).
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "store/base/unique_fd.h"
#include "store/format/entry.h"

namespace vault {

struct LinkedFile {
    std::uint64_t filesystem = 0, inode = 0;
    bool operator==(const LinkedFile&) const = default;
};

struct LinkGroup {
    std::uint64_t number = 0, links_to_come = 0;
    // Of the first link. One that differs is other content: changed since, or another file under a reused inode.
    EntryType type = EntryType::Regular;
    std::uint64_t size = 0;
    Time mtime;
    std::optional<Time> btime;
};

// Not thread-safe. Throws Io or NoSpace where the temporary file cannot be read or written.
class LinkGroupTable {
  public:
    // About 150 bytes each in memory, 96 to 192 in the file.
    static constexpr std::size_t kGroupsInMemory = std::size_t{1} << 18;
    explicit LinkGroupTable(std::size_t groups_in_memory = kGroupsInMemory) : in_memory_max_(groups_in_memory) {}

    std::optional<LinkGroup> find(const LinkedFile& file) const;
    void put(const LinkedFile& file, const LinkGroup& group);  // added, or replaced
    void erase(const LinkedFile& file);                        // no matter whether it is there

    std::uint64_t groups_on_disk() const { return used_; }

  private:
    struct Hash {
        std::size_t operator()(const LinkedFile& file) const;
    };
    enum class State : std::uint8_t { Free = 0, Used = 1, Erased = 2 };
    struct Slot {
        State state = State::Free;
        LinkedFile file;
        LinkGroup group;
    };
    // Where `file` stands, or else the first place where it may be put.
    struct Place {
        std::uint64_t slot = 0;
        std::optional<LinkGroup> group;
    };

    Place locate(const LinkedFile& file) const;
    Slot read_slot(std::uint64_t slot) const;
    void write_slot(std::uint64_t slot, const Slot& content);
    void grow();

    const std::size_t in_memory_max_;
    std::unordered_map<LinkedFile, LinkGroup, Hash> in_memory_;
    UniqueFd file_;
    std::uint64_t slots_ = 0, used_ = 0, erased_ = 0;  // of the file; slots_ is a power of two, or 0
};

}  // namespace vault
