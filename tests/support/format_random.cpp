// Random valid values: the small ones, and the records of config, packs and trees.
#include "tests/support/format_random.h"

#include <algorithm>

#include "store/format/limits.h"
#include "store/format/manifest_key.h"

namespace vault {

namespace {

// Splitmix64: one number drawn from rapidcheck becomes many bytes, which is a hundred times quicker than drawing each.
class ByteStream {
  public:
    explicit ByteStream(std::uint64_t seed) : state_(seed) {}
    std::uint8_t operator()() {
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return static_cast<std::uint8_t>(z >> 56);
    }

  private:
    std::uint64_t state_;
};

std::uint32_t random_u32() {
    return static_cast<std::uint32_t>(random_number(0xFFFFFFFF));
}

// Extents that fit one content: no two holes side by side; up to 2^62 bytes together.
std::vector<Extent> random_extents(std::size_t max) {
    std::vector<Extent> extents = random_list<Extent>(1, max, random_extent);
    for (std::size_t i = 1; i < extents.size(); ++i)
        if (!extents[i].chunk && !extents[i - 1].chunk) extents[i].chunk = random_id<ChunkId>();
    for (Extent& extent : extents) extent.length = extent.chunk ? extent.length % kChunkBytesMax + 1 : extent.length;
    return extents;
}

Content random_content(Entry& entry) {
    switch (random_number(3)) {
        case 0: {
            Bytes bytes = random_bytes(1, 4'096);
            entry.size = bytes.size();
            return bytes;
        }
        case 1: {
            ExtentList list{random_class(), random_extents(128)};
            entry.size = 0;
            for (const Extent& extent : list.extents) entry.size += extent.length;
            return list;
        }
        case 2:
            entry.size = 1 + random_number(kFileBytesMax - 1);
            return ExtentsRoot{random_class(), random_id<ChunkId>(), static_cast<std::uint8_t>(random_number(31))};
        default: entry.size = 0; return NoContent{};
    }
}

Child random_child(std::uint64_t files_max) {
    return {random_id<ChunkId>(),
            {random_number(~0ull), random_number(files_max), random_number(~0ull), random_number(~0ull)}};
}

}  // namespace

std::uint64_t random_number(std::uint64_t max) {
    const std::uint64_t any = *rc::gen::arbitrary<std::uint64_t>();
    const std::uint64_t shifted = any >> *rc::gen::inRange(0, 64);
    return max == ~0ull ? shifted : shifted % (max + 1);
}

Bytes random_bytes(std::size_t bytes_min, std::size_t bytes_max) {
    Bytes bytes(random_size(bytes_min, bytes_max));
    std::generate(bytes.begin(), bytes.end(), ByteStream(random_number(~0ull)));
    return bytes;
}

std::string random_name(std::size_t bytes_min, std::size_t bytes_max) {
    std::string name(as_text(random_bytes(bytes_min, bytes_max)));
    for (char& c : name)
        if (c == '\0' || c == '/') c = '~';
    return name;
}

std::string random_text(std::size_t bytes_min, std::size_t bytes_max) {
    static constexpr const char* kPieces[] = {"a", "Z", " ", "\"", "\xC3\x9F", "\xE6\x97\xA5", "\xF0\x9F\x99\x82", "/"};
    std::string text;
    for (const std::uint8_t pick : random_bytes(bytes_min, bytes_max)) {
        const std::string piece = kPieces[pick % std::size(kPieces)];
        if (text.size() + piece.size() <= bytes_max) text += piece;
    }
    return text.size() < bytes_min ? text + std::string(bytes_min - text.size(), 'x') : text;
}

Time random_time() {
    return {*rc::gen::arbitrary<std::int64_t>(), static_cast<std::uint32_t>(random_number(999'999'999))};
}

bool random_bool() {
    return *rc::gen::arbitrary<bool>();
}

Extensions random_extensions() {
    if (random_number(3) != 0) return {};
    Extensions list;
    for (const std::uint64_t tag : random_ascending<std::uint64_t>(1, 3, [] { return random_number(~0ull) | 1; }))
        list.push_back({tag, random_bytes(0, 20)});
    return list;
}

std::uint8_t random_class() {
    return static_cast<std::uint8_t>(1 + random_number(2));
}

std::string random_component() {
    // Short names over few bytes, so that names begin one another and share prefixes; any bytes now and then.
    std::string name;
    if (random_number(3) == 0) {
        name = random_name(1, 255);
    } else {
        static constexpr char kFew[] = {'\1', '.', 'a', 'b', '\xFF'};
        for (const std::uint8_t pick : random_bytes(1, 4)) name += kFew[pick % std::size(kFew)];
    }
    return name == "." || name == ".." ? name + "x" : name;
}

std::vector<std::string> random_path(std::size_t depth_max) {
    return random_list<std::string>(0, depth_max, random_component);
}

ConfigRecord random_config() {
    ConfigRecord record;
    record.repository = random_id<RepositoryId>();
    record.generation = 2 + random_number(1'000'000);
    record.predecessor = random_id<ObjectHash>();
    record.created = random_time();
    record.read_features = random_number(~0ull);
    record.write_features = random_number(~0ull);
    record.shape.normalisation = static_cast<std::uint8_t>(random_number(3));
    for (auto& one : record.shape.classes) one.average = std::uint64_t{1'024} << random_number(12);
    record.shape.inline_content_bytes = random_number(4'096);
    record.shape.extent_list_items = 1 + random_number(127);
    record.shape.inline_attributes_bytes = random_number(4'096);
    record.shape.node_average_bytes = std::uint64_t{4'096} << random_number(4);
    record.shape.node_items_min = 2 + random_number(2);
    record.store_properties = random_number(~0ull);
    record.extensions = random_extensions();
    return record;
}

KeyringRecord random_keyring() {
    KeyringRecord record;
    record.repository = random_id<RepositoryId>();
    record.generation = 2 + random_number(1'000'000);
    record.predecessor = random_id<ObjectHash>();
    record.created = random_time();
    record.id_root = random_id<ChunkId>().bytes;
    for (const std::uint32_t number : random_ascending<std::uint32_t>(1, 6, [] { return random_u32() | 1; }))
        record.master_keys.push_back({number, random_id<ChunkId>().bytes, random_id<ChunkId>().bytes,
                                      random_id<ChunkId>().bytes, random_time()});
    record.config_generation = 1 + random_number(1'000'000);
    record.config_record = random_bytes(0, 65'536);
    record.extensions = random_extensions();
    return record;
}

SlotRecord random_slot_record() {
    return {random_id<ChunkId>().bytes, random_time(), static_cast<SlotPurpose>(1 + random_number(2)),
            random_text(0, 255), random_extensions()};
}

PackDirectory random_pack_directory() {
    PackDirectory directory;
    directory.session = random_id<SessionId>();
    directory.content = static_cast<ChunkKind>(random_number(1));
    directory.boxes = random_list<DirectoryBox>(1, 16, [] {
        DirectoryBox box;
        box.generation = random_u32() | 1;
        box.chunks = random_list<DirectoryChunk>(1, 15, [] {
            return DirectoryChunk{random_id<ChunkId>(), static_cast<std::uint32_t>(1 + random_number(1'048'575))};
        });
        const auto plain = static_cast<std::uint32_t>(box.plain_bytes());
        box.codec = plain > 1 && random_bool() ? Codec::Zstd : Codec::Raw;
        box.sealed_bytes = 40 + (box.codec == Codec::Raw ? plain : 1 + static_cast<std::uint32_t>(
                                                                          random_number(plain - 2)));
        return box;
    });
    directory.extensions = random_extensions();
    return directory;
}

DirectoriesRecord random_directories() {
    DirectoriesRecord record;
    record.session = random_id<SessionId>();
    record.number = 1 + random_number(1'000'000);
    for (const PackId& pack : random_ascending<PackId>(1, 64, random_id<PackId>)) {
        DirectoryCopy copy;
        copy.pack = pack;
        copy.pack_bytes = random_number(kPackBytesMax);
        const Bytes header = random_bytes(kPackHeaderBytes, kPackHeaderBytes);
        std::copy(header.begin(), header.end(), copy.header.begin());
        copy.directory = random_bytes(0, 300);
        record.copies.push_back(copy);
    }
    record.extensions = random_extensions();
    return record;
}

AttributeSet random_attributes() {
    AttributeSet set;
    for (const std::string& name : random_ascending<std::string>(1, 5, [] { return random_name(1, 255); }))
        set.push_back({name, random_bytes(0, 200)});
    return set;
}

Extent random_extent() {
    if (random_number(3) == 0) return {1 + random_number(1ull << 54), std::nullopt};
    return {1 + random_number(kChunkBytesMax - 1), random_id<ChunkId>()};
}

Entry random_entry() {
    Entry entry;
    entry.type = static_cast<EntryType>(1 + random_number(6));
    const bool directory = entry.type == EntryType::Directory;
    entry.changed_while_read = random_bool();
    entry.implied = directory && random_bool();
    entry.mode = static_cast<std::uint32_t>(random_number(07777));
    entry.uid = random_u32();
    entry.gid = random_u32();
    entry.user = random_name(0, 255);
    entry.group = random_name(0, 255);
    entry.mtime = random_time();
    entry.ctime = random_time();
    if (random_bool()) entry.btime = random_time();
    entry.inode = random_number(~0ull);
    entry.links = random_number(~0ull);
    entry.size = random_number(kFileBytesMax);
    entry.allocated = random_number(kFileBytesMax);
    entry.attribute_flags = random_u32();
    if (entry.type == EntryType::CharacterDevice || entry.type == EntryType::BlockDevice) {
        entry.device_major = random_u32();
        entry.device_minor = random_u32();
    }
    if (entry.type == EntryType::Symlink) {
        entry.target = random_name(1, 4'095);
        entry.size = entry.target.size();
    }
    if (!directory && random_bool()) {
        std::vector<std::string> first = random_path(8);
        first.push_back(random_component());
        entry.first_link = manifest_key(first);
    }
    if (random_number(2) == 0) entry.attributes = random_attributes();
    else if (random_bool()) entry.attributes = AttributesChunk{random_id<ChunkId>(), 1 + random_number(1'114'111)};
    if (entry.type == EntryType::Regular) entry.content = random_content(entry);
    entry.extensions = random_extensions();
    return entry;
}

Node random_node() {
    Node node;
    node.tree = static_cast<TreeKind>(1 + random_number(1));
    node.level = random_bool() ? 0 : static_cast<std::uint8_t>(1 + random_number(30));
    if (node.tree == TreeKind::Manifest) {
        const auto keys =
            random_ascending<std::string>(1, 40, [] { return manifest_key(random_path(6)); });
        std::vector<ManifestLeafItem> leaves;
        std::vector<ManifestInnerItem> inner;
        for (const std::string& key : keys) {
            if (node.level == 0) leaves.push_back({key, random_bytes(0, 2'000)});
            else inner.push_back({key, random_child(~0ull)});
        }
        if (node.level == 0) node.items = leaves;
        else node.items = inner;
    } else if (node.level == 0) {
        std::vector<ExtentsLeafItem> items;
        for (const Extent& extent : random_extents(60)) {
            if (!items.empty() && items.back().extent == extent) continue;
            items.push_back({extent.chunk ? 1 + random_number((1ull << 63) - 2) : 1, extent});
        }
        node.items = items;
    } else {
        std::vector<ExtentsInnerItem> items;
        for (const Child& child : random_list<Child>(1, 60, [] { return random_child(0); }))
            if (items.empty() || items.back().child != child)
                items.push_back({1 + random_number((1ull << 63) - 2), child});
        node.items = items;
    }
    node.extensions = random_extensions();
    return node;
}

}  // namespace vault
