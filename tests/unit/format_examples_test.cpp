// The worked examples of records in docs/format.md, section 13, read from the document itself. They were computed by
// another program than this one.
#include <catch2/catch.hpp>

#include <fstream>
#include <map>
#include <sstream>

#include "store/format/control_records.h"
#include "store/format/envelope.h"
#include "store/format/node.h"
#include "store/format/pack_directory.h"
#include "tests/support/codec_laws.h"

namespace vault {
namespace {

// The blocks "```hex name" of the document by their names: the first words of their lines, joined.
std::map<std::string, std::string> examples() {
    std::ifstream document(VAULT_SOURCE_DIR "/docs/format.md");
    REQUIRE(document);
    std::map<std::string, std::string> blocks;
    std::string line, name;
    while (std::getline(document, line)) {
        if (line.starts_with("```")) {
            name = line.starts_with("```hex ") ? line.substr(7) : "";
            if (!name.empty() && !blocks.emplace(name, "").second) FAIL("the example " << name << " stands twice");
        } else if (!name.empty()) {
            blocks[name] += line.substr(0, line.find(' '));
        }
    }
    return blocks;
}

Bytes example(const std::string& name) {
    const auto blocks = examples();
    const auto found = blocks.find(name);
    if (found == blocks.end()) FAIL("docs/format.md has no example " << name);
    return from_hex(found->second);
}

// An id of 32, or 16, consecutive bytes.
template <class AnyId>
AnyId counting(std::uint8_t first) {
    AnyId id;
    for (std::uint8_t& byte : id.bytes) byte = first++;
    return id;
}

std::string text(ByteView bytes) {
    return std::string(as_text(bytes));
}

}  // namespace

TEST_CASE("the document's envelope is that of a pack", "[format][examples]") {
    const Bytes bytes = example("envelope");
    CHECK(bytes.size() == kEnvelopeBytes);
    CHECK(decode_envelope(bytes) == Envelope{ObjectKind::Pack, 0, 1});
    CHECK(equal(encode(Envelope{ObjectKind::Pack, 0, 1}), bytes));
}

TEST_CASE("the document's entry is that of a small inline file", "[format][examples]") {
    const Bytes bytes = example("entry-inline-file");
    const Entry entry = decode_entry(bytes);
    CHECK(entry.type == EntryType::Regular);
    CHECK_FALSE(entry.changed_while_read);
    CHECK(entry.mode == 0644);
    CHECK(entry.uid == 1'000);
    CHECK(entry.gid == 100);
    CHECK(entry.user == "ann");
    CHECK(entry.group == "users");
    CHECK(entry.mtime == Time{1'700'000'000, 500'000'000});
    CHECK(entry.ctime == Time{1'700'000'001, 0});
    CHECK(entry.btime == Time{1'699'913'600, 1});
    CHECK(entry.inode == 1'234'567);
    CHECK(entry.links == 1);
    CHECK(entry.size == 20);
    CHECK(entry.allocated == 4'096);
    CHECK(entry.attribute_flags == 0x80000);
    const AttributeSet attributes{{"user.from", to_bytes(as_bytes("dhcp"))}};
    CHECK(std::get<AttributeSet>(entry.attributes) == attributes);
    CHECK(text(std::get<Bytes>(entry.content)) == "127.0.0.1 localhost\n");
    CHECK(encode(entry) == bytes);
}

TEST_CASE("the document's leaf has two entries, the second key without what it shares", "[format][examples]") {
    const Bytes bytes = example("manifest-leaf");
    const Node node = decode_node(bytes);
    CHECK(node.tree == TreeKind::Manifest);
    CHECK(node.level == 0);
    const auto& items = std::get<std::vector<ManifestLeafItem>>(node.items);
    REQUIRE(items.size() == 2);
    CHECK(items[0].key == std::string("etc\0\0host.d", 11));
    CHECK(items[1].key == std::string("etc\0\0hosts", 10));
    CHECK(items[0].key.size() + items[0].entry.size() + items[1].key.size() + items[1].entry.size() == 102);
    const Entry directory = decode_entry(items[0].entry), fifo = decode_entry(items[1].entry);
    CHECK(directory.type == EntryType::Directory);
    CHECK(directory.mode == 0755);
    CHECK(directory.inode == 9);
    CHECK(directory.links == 2);
    CHECK(directory.size == 4'096);
    CHECK(fifo.type == EntryType::Fifo);
    CHECK(fifo.size == 0);
    CHECK(encode(node) == bytes);
}

TEST_CASE("the document's extents are a chunk, another 300 times, and a hole", "[format][examples]") {
    const Bytes bytes = example("extents-leaf");
    const Node node = decode_node(bytes);
    CHECK(node.tree == TreeKind::Extents);
    const std::vector<ExtentsLeafItem> expected{
        {1, {65'536, counting<ChunkId>(0x40)}},
        {300, {262'144, counting<ChunkId>(0x60)}},
        {1, {1u << 30, std::nullopt}}};
    const auto& items = std::get<std::vector<ExtentsLeafItem>>(node.items);
    CHECK(items == expected);
    Totals totals;
    for (const ExtentsLeafItem& item : items) totals += totals_of(item.extent).times(item.repeat);
    CHECK(totals == Totals{302, 0, 1'152'450'560, 78'708'736});
    CHECK(encode(node) == bytes);
}

TEST_CASE("the document's pack directory has one box of two chunks", "[format][examples]") {
    const Bytes bytes = example("pack-directory");
    const PackDirectory directory = decode_pack_directory(bytes);
    CHECK(directory.session == counting<SessionId>(0xA0));
    CHECK(directory.content == ChunkKind::Data);
    const std::vector<DirectoryBox> expected{
        {840, Codec::Zstd, 1, {{counting<ChunkId>(0x40), 1'000}, {counting<ChunkId>(0x60), 5}}}};
    CHECK(directory.boxes == expected);
    CHECK(directory.boxes_end() == 912);
    CHECK(encode(directory) == bytes);
}

TEST_CASE("the document's tombstone names who forgot and when", "[format][examples]") {
    const Bytes bytes = example("tombstone");
    const auto codec = cursor_codec(decode_tombstone);
    const TombstoneRecord record = codec.decode(bytes);
    CHECK(record.sid == counting<SessionId>(0xA0));
    CHECK(record.by.host == "host.example");
    CHECK(record.by.machine == counting<ControlId>(0xB0));
    CHECK(record.by.boot == counting<ControlId>(0xC0));
    CHECK(record.by.pid_namespace == 4'026'531'836);
    CHECK(record.by.pid == 4'711);
    CHECK(record.by.start_ticks == 123'456'789);
    CHECK(record.time == Time{1'700'000'000, 250'000'000});
    CHECK(codec.encode(record) == bytes);
}

}  // namespace vault
