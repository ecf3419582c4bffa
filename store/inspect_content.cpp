// Entries, tree nodes and pack directories as fields.
#include <sys/stat.h>

#include "store/cat.h"
#include "store/format/manifest_key.h"
#include "store/inspect.h"
#include "store/inspect_parts.h"

namespace vault {

namespace {

void describe(Description& into, const Totals& totals) {
    into.number("entries", totals.entries).number("files", totals.files).number("apparent_bytes", totals.apparent);
    into.number("allocated_bytes", totals.allocated);
}

Description describe(const Extent& extent) {
    Description fields;
    fields.add("kind", std::string(extent.chunk ? "chunk" : "hole")).number("length", extent.length);
    if (extent.chunk) fields.id("id", *extent.chunk);
    return fields;
}

Description describe_content(ChunkStore& chunks, const Entry& entry) {
    Description fields;
    if (std::holds_alternative<NoContent>(entry.content)) return fields.add("form", std::string("none"));
    if (const auto* held = std::get_if<Bytes>(&entry.content))
        return fields.add("form", std::string("inline")).number("length", held->size()).add("bytes", to_hex(*held));
    if (const auto* list = std::get_if<ExtentList>(&entry.content))
        fields.add("form", std::string("list")).add("class", std::string(class_name(list->chunk_class)));
    if (const auto* tree = std::get_if<ExtentsRoot>(&entry.content)) {
        fields.add("form", std::string("tree")).add("class", std::string(class_name(tree->chunk_class)));
        fields.id("root", tree->root).number("level", tree->level);
    }
    std::vector<Description> extents;
    std::uint64_t offset = 0;
    list_extents(chunks, entry, [&](const Extent& extent) {
        Description one;
        one.number("offset", offset);
        for (auto& field : describe(extent).fields) one.fields.push_back(std::move(field));
        extents.push_back(std::move(one));
        offset += extent.length;
    });
    return fields.add("extents", std::move(extents));
}

// The letters of lsattr(1) would need a table of one file system; the bits are what chattr(1) works on.
std::string flag_bits(std::uint32_t flags) {
    char text[16];
    std::snprintf(text, sizeof text, "0x%08x", flags);
    return text;
}

std::string octal(std::uint32_t mode) {
    char text[16];
    std::snprintf(text, sizeof text, "%04o", mode);
    return text;
}

}  // namespace

std::string_view type_word(EntryType type) {
    switch (type) {
        case EntryType::Regular: return "regular file";
        case EntryType::Directory: return "directory";
        case EntryType::Symlink: return "symlink";
        case EntryType::CharacterDevice: return "character device";
        case EntryType::BlockDevice: return "block device";
        case EntryType::Fifo: return "fifo";
        case EntryType::Socket: return "socket";
    }
    return "unknown";
}

Description describe(const AttributeSet& set) {
    Description fields;
    std::vector<Description> list;
    for (const Attribute& one : set)
        list.push_back(Description().add("name", RawName{one.name}).add("value", to_hex(one.value)));
    return fields.add("attributes", std::move(list));
}

Description describe(const Node& node) {
    Description fields;
    fields.add("tree", std::string(node.tree == TreeKind::Manifest ? "manifest" : "extents"))
        .number("level", node.level);
    std::vector<Description> items;
    if (const auto* leaves = std::get_if<std::vector<ManifestLeafItem>>(&node.items)) {
        for (const auto& leaf : *leaves)
            items.push_back(Description()
                                .add("path", RawName{path_of_key(leaf.key)})
                                .add("type", std::string(type_word(decode_entry(leaf.entry).type)))
                                .number("entry_bytes", leaf.entry.size()));
    } else if (const auto* inner = std::get_if<std::vector<ManifestInnerItem>>(&node.items)) {
        for (const auto& item : *inner) {
            Description one;
            one.add("last_path", RawName{path_of_key(item.last_key)}).id("child", item.child.id);
            describe(one, item.child.totals);
            items.push_back(std::move(one));
        }
    } else if (const auto* extents = std::get_if<std::vector<ExtentsLeafItem>>(&node.items)) {
        for (const auto& item : *extents) items.push_back(describe(item.extent).number("repeat", item.repeat));
    } else {
        for (const auto& item : std::get<std::vector<ExtentsInnerItem>>(node.items)) {
            Description one;
            one.number("repeat", item.repeat).id("child", item.child.id);
            describe(one, item.child.totals);
            items.push_back(std::move(one));
        }
    }
    fields.add("items", std::move(items));
    describe(fields, node.extensions);
    return fields;
}

Description describe(const PackDirectory& directory) {
    Description fields;
    fields.id("session", directory.session);
    fields.add("content", std::string(directory.content == ChunkKind::Data ? "data" : "tree"));
    std::vector<Description> boxes;
    std::uint64_t box_offset = kPackHeaderBytes;
    for (const DirectoryBox& box : directory.boxes) {
        Description one;
        one.number("offset", box_offset)
            .number("sealed_bytes", box.sealed_bytes)
            .number("plain_bytes", box.plain_bytes());
        one.add("codec", std::string(box.codec == Codec::Raw ? "raw" : "zstd")).number("generation", box.generation);
        std::vector<Description> chunks;
        for (const DirectoryChunk& chunk : box.chunks)
            chunks.push_back(Description().id("id", chunk.id).number("length", chunk.length));
        one.add("chunks", std::move(chunks));
        boxes.push_back(std::move(one));
        box_offset += box.sealed_bytes;
    }
    fields.add("boxes", std::move(boxes));
    describe(fields, directory.extensions);
    return fields;
}

Description describe(const DirectoriesRecord& record) {
    Description fields;
    fields.id("session", record.session).number("number", record.number);
    std::vector<Description> copies;
    for (const DirectoryCopy& copy : record.copies)
        copies.push_back(Description()
                             .id("pack", copy.pack)
                             .number("pack_bytes", copy.pack_bytes)
                             .add("directory", describe(decode_pack_directory(copy.directory))));
    fields.add("copies", std::move(copies));
    describe(fields, record.extensions);
    return fields;
}

Description describe_entry(ChunkStore& chunks, const PlacedEntry& placed) {
    const Entry& entry = placed.entry;
    Description fields;
    fields.add("path", RawName{placed.path()}).add("type", std::string(type_word(entry.type)));
    fields.add("mode", octal(entry.mode)).number("uid", entry.uid).number("gid", entry.gid);
    fields.add("user", RawName{entry.user}).add("group", RawName{entry.group});
    fields.add("mtime", entry.mtime).add("ctime", entry.ctime);
    if (entry.btime) fields.add("btime", *entry.btime);
    fields.number("inode", entry.inode).number("links", entry.links);
    if (entry.first_link) fields.add("first_link", RawName{path_of_key(*entry.first_link)});
    fields.number("size", entry.size).number("allocated", entry.allocated);
    fields.add("chattr_flags", flag_bits(entry.attribute_flags));
    if (entry.type == EntryType::CharacterDevice || entry.type == EntryType::BlockDevice)
        fields.number("device_major", entry.device_major).number("device_minor", entry.device_minor);
    if (entry.type == EntryType::Symlink) fields.add("target", RawName{entry.target});
    fields.add("changed_while_read", entry.changed_while_read).add("implied", entry.implied);
    AttributeSet attributes;
    if (const auto* held = std::get_if<AttributeSet>(&entry.attributes)) attributes = *held;
    if (const auto* chunk = std::get_if<AttributesChunk>(&entry.attributes)) {
        attributes = decode_attributes(*chunk, chunks.chunk(ChunkKind::Tree, chunk->id).bytes);
        fields.id("attributes_chunk", chunk->id);
    }
    for (auto& field : describe(attributes).fields) fields.fields.push_back(std::move(field));
    fields.add("content", describe_content(chunks, entry));
    describe(fields, entry.extensions);
    return fields;
}

}  // namespace vault
