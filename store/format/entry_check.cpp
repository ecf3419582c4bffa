// The rules of entries and extents that encoder and decoder share.
#include "store/format/checks.h"
#include "store/format/entry_parts.h"
#include "store/format/limits.h"
#include "store/format/manifest_key.h"

namespace vault {

namespace {

constexpr std::string_view kWhat = "entry record";
constexpr std::uint32_t kModeMax = 07777;

void check_list(const ExtentList& list, std::uint64_t size) {
    require(is_chunk_class(list.chunk_class), kWhat, "an unknown chunk class");
    require(!list.extents.empty() && list.extents.size() <= kExtentListMax, kWhat, "no extent, or more than 128");
    std::uint64_t sum = 0;  // at most 128 x (2^63 - 1) is too much: checked at each step
    bool after_hole = false;
    for (const Extent& extent : list.extents) {
        check(extent);
        const bool hole = !extent.chunk;
        require(!(hole && after_hole), kWhat, "two holes side by side");
        after_hole = hole;
        require(extent.length <= size - sum, kWhat, "extents longer than the size");
        sum += extent.length;
    }
    require(sum == size, kWhat, "extents shorter than the size");
}

void check_content(const Entry& entry) {
    const bool has_content = entry.type == EntryType::Regular && entry.size != 0;
    require(has_content != std::holds_alternative<NoContent>(entry.content), kWhat,
            "content where there is none, or none where the size is not 0");
    if (const auto* bytes = std::get_if<Bytes>(&entry.content)) {
        require(bytes->size() == entry.size && bytes->size() <= kInlineContentBytesMax, kWhat,
                "inline content that is too long or not as long as the size");
    } else if (const auto* list = std::get_if<ExtentList>(&entry.content)) {
        check_list(*list, entry.size);
    } else if (const auto* tree = std::get_if<ExtentsRoot>(&entry.content)) {
        require(is_chunk_class(tree->chunk_class) && tree->level <= kNodeLevelMax, kWhat,
                "an unknown chunk class or a level above 31");
    }
}

void check_target(const Entry& entry) {
    if (entry.type != EntryType::Symlink) return require(entry.target.empty(), kWhat, "a target of no symlink");
    require(!entry.target.empty() && entry.target.size() <= kSymlinkTargetBytesMax &&
                entry.target.find('\0') == std::string::npos,
            kWhat, "a target that is empty, too long or has a zero byte");
    require(entry.target.size() == entry.size, kWhat, "a target that is not as long as the size");
}

void check_attributes(const Entry& entry) {
    if (const auto* set = std::get_if<AttributeSet>(&entry.attributes)) check(*set);
    if (const auto* chunk = std::get_if<AttributesChunk>(&entry.attributes))
        require(chunk->length >= 1 && chunk->length <= kAttributeSetBytesMax, kWhat,
                "an attribute chunk that is empty or too long");
}

}  // namespace

void check(const Extent& extent) {
    require(extent.length >= 1 && extent.length <= (extent.chunk ? kChunkBytesMax : kFileBytesMax), "extent",
            "an empty or too long extent");
}

void check(const Entry& entry) {
    const auto type = static_cast<unsigned>(entry.type);
    require(type >= 1 && type <= static_cast<unsigned>(EntryType::Socket), kWhat, "an unknown type");
    const bool directory = entry.type == EntryType::Directory;
    require(directory || !entry.implied, kWhat, "implied, but no directory");
    require(entry.mode <= kModeMax, kWhat, "mode bits above 07777");
    require(entry.user.size() <= kNameBytesMax && entry.group.size() <= kNameBytesMax, kWhat,
            "a user or group name above 255 bytes");
    require_time(entry.mtime, kWhat);
    require_time(entry.ctime, kWhat);
    if (entry.btime) require_time(*entry.btime, kWhat);
    require(entry.size <= kFileBytesMax && entry.allocated <= kFileBytesMax, kWhat, "a size above 2^63 - 1");
    const bool device = entry.type == EntryType::CharacterDevice || entry.type == EntryType::BlockDevice;
    require(device || (entry.device_major == 0 && entry.device_minor == 0), kWhat, "a device number of no device");
    check_target(entry);
    if (entry.first_link) {
        require(!directory, kWhat, "a hard link to a directory");
        require(!entry.first_link->empty(), kWhat, "a hard link to the root");
        components_of_key(*entry.first_link);
    }
    check_attributes(entry);
    check_content(entry);
}

}  // namespace vault
