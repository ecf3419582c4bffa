// One entry of a manifest: what a snapshot keeps of a file, folder, link or device. docs/format.md, 8.3 and 8.6.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "store/format/cursor.h"

namespace vault {

enum class EntryType : std::uint8_t {  // on disk: never renumber
    Regular = 1, Directory = 2, Symlink = 3, CharacterDevice = 4, BlockDevice = 5, Fifo = 6, Socket = 7,
};

// A run of a content: a chunk, or a hole of `length` bytes.
struct Extent {
    std::uint64_t length = 0;
    std::optional<ChunkId> chunk;  // none: a hole
    bool operator==(const Extent&) const = default;
};

void encode(Writer& writer, const Extent& extent);
Extent decode_extent(Cursor& cursor);

struct ExtentList {
    std::uint8_t chunk_class = 1;
    std::vector<Extent> extents;
    bool operator==(const ExtentList&) const = default;
};

// A large content: the root of its extents tree.
struct ExtentsRoot {
    std::uint8_t chunk_class = 1;
    ChunkId root;
    std::uint8_t level = 0;
    bool operator==(const ExtentsRoot&) const = default;
};

struct NoContent {
    bool operator==(const NoContent&) const = default;
};

// NoContent | the bytes themselves | list | tree
using Content = std::variant<NoContent, Bytes, ExtentList, ExtentsRoot>;

struct Attribute {
    std::string name;  // any bytes but 0
    Bytes value;
    bool operator==(const Attribute&) const = default;
};
using AttributeSet = std::vector<Attribute>;  // names ascending, never empty where present

// The attribute set as a chunk of kind tree.
struct AttributesChunk {
    ChunkId id;
    std::uint64_t length = 0;
    bool operator==(const AttributesChunk&) const = default;
};

struct Entry {
    EntryType type = EntryType::Regular;
    bool changed_while_read = false;
    bool implied = false;
    std::uint32_t mode = 0;  // permission bits, setuid, setgid, sticky
    std::uint32_t uid = 0, gid = 0;
    std::string user, group;  // bytes; empty if unknown
    Time mtime, ctime;
    std::optional<Time> btime;
    std::uint64_t inode = 0, links = 1;
    std::uint64_t size = 0, allocated = 0;  // bytes
    std::uint32_t attribute_flags = 0;      // chattr
    std::uint32_t device_major = 0, device_minor = 0;
    std::string target;                      // symlinks
    std::optional<std::string> first_link;   // manifest key of the first link, on further hard links
    std::variant<std::monostate, AttributeSet, AttributesChunk> attributes;
    Content content;
    Extensions extensions;
    bool operator==(const Entry&) const = default;
};

// Throws Corrupt where the entry is not what docs/format.md allows (so a writer cannot put what a reader refuses).
Bytes encode(const Entry& entry);
Entry decode_entry(ByteView record);

Bytes encode_attribute_set(const AttributeSet& set);  // as it stands inline
AttributeSet decode_attribute_set(Cursor& cursor);

// The attribute set as the plaintext of a chunk: with an extension list behind it, which the second form keeps.
struct AttributesRecord {
    AttributeSet set;
    Extensions extensions;
    bool operator==(const AttributesRecord&) const = default;
};
Bytes encode(const AttributesRecord& record);
AttributesRecord decode_attributes_record(ByteView plaintext);
Bytes encode_attribute_chunk(const AttributeSet& set);
AttributeSet decode_attribute_chunk(ByteView plaintext);
// Of the chunk that an entry names. Throws Corrupt also where it is not as long as the entry says.
AttributeSet decode_attributes(const AttributesChunk& stored, ByteView plaintext);

}  // namespace vault
