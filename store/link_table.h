// Hard links of one run: which entries are one file, and what the first of them held. Groups are found by device and
// inode.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/base/unique_fd.h"
#include "store/batch.h"
#include "store/source_entry.h"

namespace vault {

// The reader's side. Not thread-safe. About 150 bytes a group whose links were not all met yet; complete groups are
// forgotten.
class LinkGroups {
  public:
    // The place of an entry among the links to its file; nothing where it has one link only.
    std::optional<LinkPlace> place(const SourceStat& stat);
    // An entry whose place this was could not be read: if it was the first link, the next one is.
    void forget(const SourceStat& stat, const LinkPlace& place);

  private:
    struct File {
        std::uint64_t filesystem, inode;
        bool operator==(const File&) const = default;
    };
    struct FileHash {
        std::size_t operator()(const File& file) const {
            return (file.inode * 0x9E3779B97F4A7C15ull) ^ file.filesystem;
        }
    };
    struct Group {
        std::uint64_t number = 0, links_to_come = 0;
        // Of the first link. One that differs is other content: changed since, or another file under a reused inode.
        EntryType type = EntryType::Regular;
        std::uint64_t size = 0;
        Time mtime;
        std::optional<Time> btime;
    };
    std::unordered_map<File, Group, FileHash> groups_;
    std::uint64_t next_ = 0;
};

// The assembler's side: key, attributes and content of each group's first link, in an unlinked temporary file. Not
// thread-safe.
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
    struct Place {
        std::uint64_t offset = 0;
        std::uint32_t key_bytes = 0, record_bytes = 0;
    };
    UniqueFd file_;
    std::uint64_t file_bytes_ = 0;
    std::unordered_map<std::uint64_t, Place> places_;
};

}  // namespace vault
