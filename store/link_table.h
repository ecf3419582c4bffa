// Hard links of one run: which entries are one file, and what the first of them held. Groups are found by device and
// inode.
#pragma once

#include <optional>
#include <string>

#include "store/base/unique_fd.h"
#include "store/batch.h"
#include "store/link_group_table.h"
#include "store/source_entry.h"

namespace vault {

// The reader's side. Not thread-safe. Complete groups are forgotten; the others are kept as LinkGroupTable says.
class LinkGroups {
  public:
    explicit LinkGroups(std::size_t groups_in_memory = LinkGroupTable::kGroupsInMemory)
        : groups_(groups_in_memory) {}

    // The place of an entry among the links to its file; nothing where it has one link only.
    std::optional<LinkPlace> place(const SourceStat& stat);
    // An entry whose place this was could not be read: if it was the first link, the next one is.
    void forget(const SourceStat& stat, const LinkPlace& place);

    std::uint64_t groups_on_disk() const { return groups_.groups_on_disk(); }  // for tests

  private:
    LinkGroupTable groups_;
    std::uint64_t next_ = 0;
};

// The side of the assembler: key, attributes and content of each first link, in an unlinked temporary file, and their
// places in another, by number: nothing of it stays in memory. Not thread-safe.
class FirstLinks {
  public:
    struct First {
        std::string key;
        Entry entry;
    };
    void add(std::uint64_t group, const std::string& key, ByteView record);
    // Throws NotFound for a group that has no first link.
    First get(std::uint64_t group) const;

  private:
    UniqueFd file_, places_;
    std::uint64_t file_bytes_ = 0;
};

}  // namespace vault
