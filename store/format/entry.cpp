// Entries and extents: bytes <-> values. What is allowed stands in entry_check.cpp.
#include "store/format/entry.h"

#include "store/format/checks.h"
#include "store/format/entry_parts.h"
#include "store/format/limits.h"

namespace vault {

namespace {

constexpr std::uint64_t kFlagChangedWhileRead = 1, kFlagImplied = 2, kFlagBtime = 4, kFlagFurtherLink = 8;
constexpr std::uint64_t kFlagsKnown = 15;
constexpr std::uint8_t kExtentHole = 0, kExtentChunk = 1;
constexpr std::size_t kExtentBytesMin = 2;

template <class Enum>
std::uint8_t number(Enum value) {
    return static_cast<std::uint8_t>(value);
}

bool is_device(EntryType type) {
    return type == EntryType::CharacterDevice || type == EntryType::BlockDevice;
}

std::uint32_t u32_varint(Cursor& in, std::string_view field) {
    return static_cast<std::uint32_t>(in.varint_at_most(kU32Max, field));
}

std::uint64_t flags_of(const Entry& entry) {
    return (entry.changed_while_read ? kFlagChangedWhileRead : 0) | (entry.implied ? kFlagImplied : 0) |
           (entry.btime ? kFlagBtime : 0) | (entry.first_link ? kFlagFurtherLink : 0);
}

void encode_attributes(Writer& out, const Entry& entry) {
    if (const auto* set = std::get_if<AttributeSet>(&entry.attributes)) {
        encode(out.u8(number(AttributesForm::Inline)), *set);
    } else if (const auto* chunk = std::get_if<AttributesChunk>(&entry.attributes)) {
        out.u8(number(AttributesForm::Chunk)).id(chunk->id).varint(chunk->length);
    } else {
        out.u8(number(AttributesForm::None));
    }
}

void encode_content(Writer& out, const Entry& entry) {
    if (const auto* bytes = std::get_if<Bytes>(&entry.content)) {
        out.u8(number(ContentForm::Inline)).bytes(*bytes);
    } else if (const auto* list = std::get_if<ExtentList>(&entry.content)) {
        out.u8(number(ContentForm::List)).u8(list->chunk_class).varint(list->extents.size());
        for (const Extent& extent : list->extents) encode(out, extent);
    } else if (const auto* tree = std::get_if<ExtentsRoot>(&entry.content)) {
        out.u8(number(ContentForm::Tree)).u8(tree->chunk_class).id(tree->root).u8(tree->level);
    } else {
        out.u8(number(ContentForm::None));
    }
}

// What most entries need, so that the buffer does not grow step by step.
std::size_t expected_bytes(const Entry& entry) {
    std::size_t bytes = 128 + entry.user.size() + entry.group.size() + entry.target.size();
    if (entry.first_link) bytes += entry.first_link->size();
    if (const auto* inline_bytes = std::get_if<Bytes>(&entry.content)) bytes += inline_bytes->size();
    if (const auto* list = std::get_if<ExtentList>(&entry.content)) bytes += list->extents.size() * 38;
    return bytes;
}

std::uint8_t decode_class(Cursor& in) {
    const std::uint8_t value = in.u8();
    if (!is_chunk_class(value)) in.unsupported("chunk class " + std::to_string(value));
    return value;
}

void decode_attributes(Cursor& in, Entry& entry) {
    const std::uint8_t form = in.u8();
    if (form == number(AttributesForm::None)) return;
    if (form == number(AttributesForm::Inline)) {
        entry.attributes = decode_attribute_set(in);
    } else if (form == number(AttributesForm::Chunk)) {
        AttributesChunk chunk;
        chunk.id = in.id<ChunkId>();
        chunk.length = in.varint();
        entry.attributes = chunk;
    } else {
        in.unsupported("attributes of form " + std::to_string(form));
    }
}

ExtentList decode_list(Cursor& in) {
    ExtentList list;
    list.chunk_class = decode_class(in);
    list.extents.resize(in.count(kExtentListMax, kExtentBytesMin, "extents"));
    for (Extent& extent : list.extents) extent = decode_extent(in);
    return list;
}

void decode_content(Cursor& in, Entry& entry) {
    const std::uint8_t form = in.u8();
    if (form == number(ContentForm::None)) return;
    if (form == number(ContentForm::Inline)) {
        entry.content = to_bytes(in.bytes(kInlineContentBytesMax, "inline content"));
    } else if (form == number(ContentForm::List)) {
        entry.content = decode_list(in);
    } else if (form == number(ContentForm::Tree)) {
        ExtentsRoot tree;
        tree.chunk_class = decode_class(in);
        tree.root = in.id<ChunkId>();
        tree.level = in.u8();
        entry.content = tree;
    } else {
        in.unsupported("content of form " + std::to_string(form));
    }
}

}  // namespace

void encode(Writer& out, const Extent& extent) {
    check(extent);
    out.u8(extent.chunk ? kExtentChunk : kExtentHole).varint(extent.length);
    if (extent.chunk) out.id(*extent.chunk);
}

Extent decode_extent(Cursor& in) {
    const std::uint8_t kind = in.u8();
    if (kind > kExtentChunk) in.unsupported("extents of kind " + std::to_string(kind));
    Extent extent;
    extent.length = in.varint();
    if (kind == kExtentChunk) extent.chunk = in.id<ChunkId>();
    check(extent);
    return extent;
}

Bytes encode(const Entry& entry) {
    check(entry);
    Writer out(expected_bytes(entry));
    out.u8(number(entry.type)).varint(flags_of(entry)).varint(entry.mode).varint(entry.uid).varint(entry.gid);
    out.text(entry.user).text(entry.group).time(entry.mtime).time(entry.ctime);
    if (entry.btime) out.time(*entry.btime);
    out.varint(entry.inode).varint(entry.links).varint(entry.size).varint(entry.allocated);
    out.varint(entry.attribute_flags);
    if (is_device(entry.type)) out.varint(entry.device_major).varint(entry.device_minor);
    if (entry.type == EntryType::Symlink) out.text(entry.target);
    if (entry.first_link) out.text(*entry.first_link);
    encode_attributes(out, entry);
    encode_content(out, entry);
    out.extensions(entry.extensions);
    require(out.size() <= kEntryBytesMax, "entry record", "above 32 KiB");
    return out.take();
}

Entry decode_entry(ByteView record) {
    Cursor in(record, "entry record");
    if (record.size() > kEntryBytesMax) in.corrupt("above 32 KiB");
    Entry entry;
    const std::uint8_t type = in.u8();
    if (type < number(EntryType::Regular) || type > number(EntryType::Socket))
        in.unsupported("entries of type " + std::to_string(type));
    entry.type = static_cast<EntryType>(type);
    const std::uint64_t flags = in.varint();
    if ((flags & ~kFlagsKnown) != 0) in.unsupported("entry flags " + std::to_string(flags));
    entry.changed_while_read = (flags & kFlagChangedWhileRead) != 0;
    entry.implied = (flags & kFlagImplied) != 0;
    entry.mode = u32_varint(in, "mode");
    entry.uid = u32_varint(in, "uid");
    entry.gid = u32_varint(in, "gid");
    entry.user = in.byte_string(kNameBytesMax, "user name");
    entry.group = in.byte_string(kNameBytesMax, "group name");
    entry.mtime = in.time();
    entry.ctime = in.time();
    if ((flags & kFlagBtime) != 0) entry.btime = in.time();
    entry.inode = in.varint();
    entry.links = in.varint();
    entry.size = in.varint();
    entry.allocated = in.varint();
    entry.attribute_flags = u32_varint(in, "attribute flags");
    if (is_device(entry.type)) {
        entry.device_major = u32_varint(in, "device major");
        entry.device_minor = u32_varint(in, "device minor");
    }
    if (entry.type == EntryType::Symlink) entry.target = in.byte_string(kSymlinkTargetBytesMax, "target");
    if ((flags & kFlagFurtherLink) != 0) entry.first_link = in.byte_string(kManifestKeyBytesMax, "first link");
    decode_attributes(in, entry);
    decode_content(in, entry);
    entry.extensions = in.extensions();
    in.expect_end();
    check(entry);
    return entry;
}

}  // namespace vault
