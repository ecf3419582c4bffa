// The samples.
#include "tests/support/format_values.h"

namespace vault {

namespace {

Time time_of(std::int64_t seconds) {
    return {seconds, static_cast<std::uint32_t>((seconds % 1'000 + 1'000) % 1'000 + 1)};
}

Bytes bytes_of(std::string_view text) {
    return to_bytes(as_bytes(text));
}

ProcessIdentity sample_process() {
    return {"host.example", id_of<ControlId>(0x31), id_of<ControlId>(0x32), 4'026'531'836, 12'345, 987'654'321};
}

Entry sample_entry(EntryType type) {
    Entry entry;
    entry.type = type;
    entry.mode = 04751;
    entry.uid = 1'000;
    entry.gid = 100;
    entry.user = "ann";
    entry.group = "users";
    entry.mtime = time_of(1'700'000'123);
    entry.ctime = time_of(1'700'000'456);
    entry.btime = time_of(-77);
    entry.inode = 1'234'567;
    entry.links = 3;
    entry.allocated = 40'960;
    entry.attribute_flags = 0x80000;
    return entry;
}

Child sample_child(std::uint8_t fill, std::uint64_t files) {
    return {id_of<ChunkId>(fill), {1'000u + fill, files, 1'000'000, 600'000}};
}

}  // namespace

ConfigRecord sample_config() {
    ConfigRecord record;
    record.repository = id_of<RepositoryId>(0x11);
    record.generation = 200;
    record.predecessor = id_of<ObjectHash>(0x12);
    record.created = time_of(1'700'000'000);
    record.read_features = 1u << 20;
    record.write_features = 1u << 9;
    record.shape.normalisation = 3;
    record.shape.classes = {{1, 131'072}, {2, 8'192}, {3, 2'097'152}};
    record.shape.inline_content_bytes = 300;
    record.shape.extent_list_items = 31;
    record.shape.inline_attributes_bytes = 2'000;
    record.shape.node_average_bytes = 16'384;
    record.shape.node_items_min = 3;
    record.store_properties = 0x105;
    return record;
}

KeyringRecord sample_keyring() {
    KeyringRecord record;
    record.repository = id_of<RepositoryId>(0x11);
    record.generation = 3;
    record.predecessor = id_of<ObjectHash>(0x13);
    record.created = time_of(1'700'000'001);
    record.id_root.fill(0x14);
    for (const unsigned number : {1u, 4u}) {
        KeyringRecord::MasterKey key;
        key.number = number;
        key.key.fill(static_cast<std::uint8_t>(0x40 + number));
        key.x25519_secret.fill(static_cast<std::uint8_t>(0x50 + number));
        key.x25519_public.fill(static_cast<std::uint8_t>(0x60 + number));
        key.created = time_of(1'600'000'000 + number);
        record.master_keys.push_back(key);
    }
    record.config_generation = 2;
    record.config_record = bytes_of("any bytes of at most 64 KiB");
    return record;
}

SlotHeader sample_slot_header() {
    SlotHeader header;
    header.repository = id_of<RepositoryId>(0x11);
    header.has_password = true;
    header.has_key_file = true;
    header.memory_kib = 65'536;
    header.passes = 3;
    header.salt.fill(0x15);
    header.commitment.fill(0x16);
    return header;
}

SlotRecord sample_slot_record() {
    SlotRecord record;
    record.keyring_key.fill(0x17);
    record.created = time_of(1'700'000'002);
    record.purpose = SlotPurpose::KeyFile;
    record.label = "laptop, kept in the safe \xC3\xA9";
    return record;
}

PackDirectory sample_pack_directory() {
    PackDirectory directory;
    directory.session = id_of<SessionId>(0x21);
    directory.content = ChunkKind::Tree;
    directory.boxes = {
        {1'240, Codec::Raw, 2, {{id_of<ChunkId>(0x22), 700}, {id_of<ChunkId>(0x23), 500}}},
        {41, Codec::Zstd, 1, {{id_of<ChunkId>(0x24), 16'777'216}}},
    };
    return directory;
}

PackTrailer sample_pack_trailer() {
    // 1,953 bytes without padding: E = 10, S = 4, so the pack is padded to a multiple of 64.
    return {1'353, 1'384, 528};
}

std::uint64_t sample_pack_bytes() {
    return 1'984;
}

DirectoriesRecord sample_directories() {
    DirectoriesRecord record;
    record.session = id_of<SessionId>(0x21);
    record.number = 300;
    for (const std::uint8_t fill : Bytes{0x25, 0x26}) {
        DirectoryCopy copy;
        copy.pack = id_of<PackId>(fill);
        copy.pack_bytes = 67'108'864;
        copy.header.fill(static_cast<std::uint8_t>(fill + 2));
        copy.directory = bytes_of("a directory");
        record.copies.push_back(copy);
    }
    return record;
}

AttributeSet sample_attributes() {
    return {{"security.capability", bytes_of(std::string_view("\1\0\0\2\0 ", 6))}, {"user.note", bytes_of("red")}};
}

Entry sample_regular_file() {
    Entry entry = sample_entry(EntryType::Regular);
    entry.changed_while_read = true;
    entry.first_link = std::string("home\0\0first", 11);
    entry.attributes = sample_attributes();
    entry.size = 5'000 + 1'048'576 + 5'000;
    entry.content = ExtentList{
        2, {{5'000, id_of<ChunkId>(0x41)}, {1'048'576, std::nullopt}, {5'000, id_of<ChunkId>(0x42)}}};
    return entry;
}

Entry sample_inline_file() {
    Entry entry = sample_entry(EntryType::Regular);
    entry.content = bytes_of("127.0.0.1 localhost\n");
    entry.size = 20;
    return entry;
}

Entry sample_large_file() {
    Entry entry = sample_entry(EntryType::Regular);
    entry.size = (1ull << 63) - 1;
    entry.attributes = AttributesChunk{id_of<ChunkId>(0x43), 1'114'112};
    entry.content = ExtentsRoot{3, id_of<ChunkId>(0x44), 31};
    return entry;
}

Entry sample_directory() {
    Entry entry = sample_entry(EntryType::Directory);
    entry.implied = true;
    entry.size = 4'096;
    return entry;
}

Entry sample_symlink() {
    Entry entry = sample_entry(EntryType::Symlink);
    entry.target = "../elsewhere/\xFF";
    entry.size = entry.target.size();
    return entry;
}

Entry sample_device() {
    Entry entry = sample_entry(EntryType::BlockDevice);
    entry.device_major = 259;
    entry.device_minor = 4'294'967'295;
    return entry;
}

Node sample_manifest_leaf() {
    const auto key = [](std::string_view text) { return std::string(text); };
    Node node;
    node.items = std::vector<ManifestLeafItem>{
        {"", encode(sample_directory())},
        {key({"\0etc", 4}), encode(sample_directory())},
        {key({"etc\0\0host.conf", 14}), encode(sample_symlink())},
        {key({"etc\0\0hosts", 10}), encode(sample_inline_file())},
        {key({"etc\0\0hosts.allow", 16}), encode(sample_inline_file())},
    };
    return node;
}

Node sample_manifest_inner() {
    Node node;
    node.level = 2;
    node.items = std::vector<ManifestInnerItem>{
        {std::string("etc\0\0hosts", 10), sample_child(0x51, 900)},
        {std::string("etc\0ssl\0\0certs", 14), sample_child(0x52, 901)},
    };
    return node;
}

Node sample_extents_leaf() {
    Node node;
    node.tree = TreeKind::Extents;
    node.items = std::vector<ExtentsLeafItem>{
        {1, {65'536, id_of<ChunkId>(0x53)}},
        {1'000, {65'536, id_of<ChunkId>(0x54)}},
        {1, {1'099'511'627'776, std::nullopt}},
        {1, {17, id_of<ChunkId>(0x54)}},
    };
    return node;
}

Node sample_extents_inner() {
    Node node;
    node.tree = TreeKind::Extents;
    node.level = 1;
    node.items = std::vector<ExtentsInnerItem>{{1, sample_child(0x55, 0)}, {200, sample_child(0x56, 0)}};
    return node;
}

CommitRecord sample_commit() {
    CommitRecord record;
    record.sid = id_of<SessionId>(0x61);
    record.original = id_of<SessionId>(0x62);
    record.parent = id_of<SessionId>(0x63);
    record.root = id_of<ChunkId>(0x64);
    record.root_level = 3;
    record.config_generation = 2;
    record.time = time_of(1'700'001'000);
    record.started = time_of(1'700'001'001);
    record.ended = time_of(1'700'001'002);
    record.host = "host.example";
    record.user = "ann";
    record.series = "host.example:/home";
    record.tags = {"daily", "weekly"};
    record.source_roots = {"/home/ann", "/srv"};
    record.recorded_as = "/elsewhere";
    record.excludes = {"*.o", "*.a\xFF"};
    record.class_overrides = {{"*.sql", 2}};
    record.program = "vault 0.1.0";
    record.incomplete = true;
    record.changed_while_read = true;
    record.totals = {1, 2, 3, 4, 5, 6, 7, 8, 9, 1'000, 2'000, 3'000, 4'000};
    record.unreadable_count = 300;
    record.unreadable = {{"/home/ann/a", "permission denied"}, {"/home/ann/b\xFF", ""}};
    record.writer = id_of<ControlId>(0x65);
    record.sequence = 12;
    record.previous = id_of<ObjectHash>(0x66);
    return record;
}

SessionRecord sample_session() {
    return {id_of<SessionId>(0x71), sample_process(), time_of(1'700'002'000), "vault 0.1.0", {}};
}

HeartbeatRecord sample_heartbeat() {
    return {id_of<SessionId>(0x71), 300, time_of(1'700'002'600), {}};
}

FenceRecord sample_fence() {
    return {id_of<SessionId>(0x71), FenceReason::ProcessGone, sample_process(), time_of(1'700'002'700), {}};
}

TombstoneRecord sample_tombstone() {
    return {id_of<SessionId>(0x71), sample_process(), time_of(1'700'002'800), {}};
}

BundleRecord sample_bundle() {
    return {id_of<ControlId>(0x72),
            {{id_of<SessionId>(0x73), time_of(1'700'002'900)}, {id_of<SessionId>(0x74), time_of(1'700'002'901)}},
            {}};
}

MarkRecord sample_mark() {
    return {id_of<SessionId>(0x71), id_of<MarkId>(0x75), MarkAction::Add, MarkSubject::Tag, "keep", 300,
            time_of(1'700'003'000), {}};
}

DamageRecord sample_damage() {
    return {id_of<PackId>(0x76), id_of<MarkId>(0x77), DamageAction::Withdrawn, {0, 7, 65'535},
            {{ChunkKind::Data, id_of<ChunkId>(0x79)}, {ChunkKind::Tree, id_of<ChunkId>(0x78)}}, 301,
            time_of(1'700'003'100), {}};
}

CondemnedRecord sample_condemned() {
    return {id_of<ControlId>(0x7A), sample_process(), time_of(1'700'003'200),
            {id_of<PackId>(0x7B), id_of<PackId>(0x7C)}, {}};
}

WaitingRecord sample_waiting() {
    return {id_of<ControlId>(0x7A), time_of(1'700'003'300), {id_of<SessionId>(0x7D), id_of<SessionId>(0x7E)}, {}};
}

DecisionRecord sample_decision() {
    return {id_of<ControlId>(0x7A), time_of(1'700'003'400),
            {true, false, true, true, false, false, false, false, false, true}, {}};
}

}  // namespace vault
