// How differences of manifests are told as changes: what is content and what is not, and whose paths are named.
#include "store/changes.h"

#include <catch2/catch.hpp>

#include "store/base/error.h"
#include "store/format/manifest_key.h"
#include "tests/support/sample_trees.h"

using namespace vault;

namespace {

using Entries = std::map<std::string, Entry>;  // by path
using Lines = std::vector<std::string>;

Entry of_type(EntryType type) {
    Entry entry;
    entry.type = type;
    entry.mode = 0644;
    entry.mtime = {1'000, 5};
    entry.ctime = {2'000, 6};
    entry.inode = 7;
    return entry;
}

Entry file(const std::string& content) {
    Entry entry = of_type(EntryType::Regular);
    entry.size = content.size();
    if (!content.empty()) entry.content = to_bytes(as_bytes(content));
    return entry;
}

Entry symlink(const std::string& target) {
    Entry entry = of_type(EntryType::Symlink);
    entry.target = target;
    entry.size = target.size();
    return entry;
}

const Entry kFolder = of_type(EntryType::Directory);

SnapshotPart stored(MemoryNodes& nodes, const Entries& entries, const std::string& path = "/") {
    SampleManifest manifest{{"", encode(kFolder)}};
    for (const auto& [place, entry] : entries)
        manifest[manifest_key(components_of_path(place))] = encode(entry);
    return {build(nodes, kSmallNodes, manifest).root, path};
}

struct Told {
    Lines lines;
    ChangeSums sums;
};

Told told(MemoryNodes& nodes, const SnapshotPart& before, const SnapshotPart& after) {
    Told told;
    const auto line = [&](const Change& change) {
        constexpr const char* kLetters[] = {"+", "-", "M", "T", "U"};
        told.lines.push_back(std::string(kLetters[static_cast<int>(change.sort)]) + (change.unnoticed ? "?" : "") +
                             " " + change.path + (change.is_directory ? "/" : ""));
    };
    told.sums = find_changes(nodes, before, after, [] { return false; }, line);
    return told;
}

// The one change of an entry at /x, as its letter; empty: it is none.
std::string letter(const Entry& before, const Entry& after) {
    MemoryNodes nodes;
    const Lines lines = told(nodes, stored(nodes, {{"/x", before}}), stored(nodes, {{"/x", after}})).lines;
    REQUIRE(lines.size() <= 1);
    return lines.empty() ? "" : lines[0].substr(0, lines[0].find(' '));
}

std::string letter(Entry entry, void (*change)(Entry&)) {
    const Entry before = entry;
    change(entry);
    CHECK(before != entry);
    return letter(before, entry);
}

}  // namespace

TEST_CASE("what a restore gives back beside the content is metadata", "[diff]") {
    CHECK(letter(file("a"), [](Entry& entry) { entry.mode = 0600; }) == "U");
    CHECK(letter(file("a"), [](Entry& entry) { entry.uid = 5; }) == "U");
    CHECK(letter(file("a"), [](Entry& entry) { entry.gid = 5; }) == "U");
    CHECK(letter(file("a"), [](Entry& entry) { entry.user = "u"; }) == "U");
    CHECK(letter(file("a"), [](Entry& entry) { entry.group = "g"; }) == "U");
    CHECK(letter(file("a"), [](Entry& entry) { ++entry.mtime.nanoseconds; }) == "U");
    CHECK(letter(file("a"), [](Entry& entry) { entry.attributes = AttributeSet{{"user.a", {1}}}; }) == "U");
    CHECK(letter(file("a"), [](Entry& entry) { entry.attribute_flags = 0x10; }) == "U");
    CHECK(letter(file("a"), [](Entry& entry) { entry.links = 2; }) == "U");
}

TEST_CASE("what a copy of a tree has of its own is no change", "[diff]") {
    CHECK(letter(file("a"), [](Entry& entry) { ++entry.ctime.seconds; }).empty());
    CHECK(letter(file("a"), [](Entry& entry) { entry.btime = Time{1, 1}; }).empty());
    CHECK(letter(file("a"), [](Entry& entry) { ++entry.inode; }).empty());
    CHECK(letter(file("a"), [](Entry& entry) { entry.allocated = 4'096; }).empty());
    CHECK(letter(file("a"), [](Entry& entry) { entry.changed_while_read = true; }).empty());
    CHECK(letter(kFolder, [](Entry& entry) { entry.implied = true; }).empty());
    CHECK(letter(kFolder, [](Entry& entry) { entry.links = 2; }).empty());
    CHECK(letter(kFolder, [](Entry& entry) { entry.size = 8'192; }).empty());
}

TEST_CASE("a content that changed while nothing else did is told apart", "[diff]") {
    Entry touched = file("b");
    ++touched.ctime.seconds;
    CHECK(letter(file("a"), touched) == "M");
    CHECK(letter(file("a"), file("b")) == "M?");
    CHECK(letter(file("a"), file("bb")) == "M");  // the size tells
    CHECK(letter(symlink("a"), symlink("b")) == "M");
    Entry device = of_type(EntryType::BlockDevice);
    CHECK(letter(device, [](Entry& entry) { entry.device_minor = 3; }) == "M");
}

TEST_CASE("where the holes of a file lie is content", "[diff]") {
    Entry before = file(""), after = file("");
    before.size = after.size = 8'192;
    before.content = ExtentList{1, {sample_chunk(1, 4'096), {4'096, std::nullopt}}};
    after.content = ExtentList{1, {{4'096, std::nullopt}, sample_chunk(1, 4'096)}};
    ++after.ctime.seconds;
    CHECK(letter(before, after) == "M");
}

TEST_CASE("a folder that takes the place of a file comes with what lies in it, and sums stay true", "[diff]") {
    MemoryNodes nodes;
    const SnapshotPart before = stored(nodes, {{"/a", file("12345")}, {"/b", file("12")}, {"/l", symlink("t")}});
    const SnapshotPart after = stored(nodes, {{"/a", kFolder}, {"/a/x", file("123")}, {"/b", file("1234")}});
    const Told there = told(nodes, before, after);
    CHECK(there.lines == Lines{"T /a/", "M /b", "- /l", "+ /a/x"});
    CHECK(there.sums.types == 1);
    CHECK(there.sums.files == 1);
    CHECK(there.sums.bytes_before == 2);
    CHECK(there.sums.bytes_after == 4);
    CHECK(there.sums.added.files == 1);
    CHECK(there.sums.added.directories == 1);
    CHECK(there.sums.added.bytes == 3);
    CHECK(there.sums.removed.files == 1);
    CHECK(there.sums.removed.others == 1);
    CHECK(there.sums.removed.bytes == 5);
    CHECK(told(nodes, after, before).lines == Lines{"T /a", "M /b", "+ /l", "- /a/x"});
    CHECK(told(nodes, after, after).lines.empty());
}

TEST_CASE("two folders are compared by what lies in them, wherever they are", "[diff]") {
    MemoryNodes nodes;
    Entry link = file("z"), other = file("z");
    link.links = other.links = 2;
    Entry folder = kFolder;
    folder.mode = 0700;
    Entries entries{{"/one", kFolder},       {"/one/a", file("a")}, {"/one/d", kFolder}, {"/one/d/x", file("x")},
                    {"/one/first", link},    {"/one/link", link},   {"/two", folder},    {"/two/a", file("b")},
                    {"/two/d", kFolder},     {"/two/d/x", file("x")}, {"/two/d/y", file("y")},
                    {"/two/first", other},   {"/two/link", other},  {"/file", file("f")}};
    entries["/one/link"].first_link = manifest_key({"one", "first"});
    entries["/two/link"].first_link = manifest_key({"two", "first"});
    const SnapshotPart one = stored(nodes, entries, "/one"), two = stored(nodes, entries, "/two/");
    CHECK(told(nodes, one, two).lines == Lines{"U /two/", "M? /two/a", "+ /two/d/y"});
    CHECK(told(nodes, two, one).lines == Lines{"U /one/", "M? /one/a", "- /two/d/y"});
    const SnapshotPart single = stored(nodes, entries, "/file");
    CHECK(told(nodes, single, stored(nodes, entries, "/one/d")).lines == Lines{"T /one/d/", "+ /one/d/x"});
    CHECK(told(nodes, stored(nodes, entries, "/one/d"), single).lines == Lines{"T /file", "- /one/d/x"});
    CHECK(told(nodes, single, stored(nodes, entries, "/two/a")).lines == Lines{"M? /two/a"});
    CHECK_THROWS_AS(told(nodes, one, stored(nodes, entries, "/none")), Error);
}

TEST_CASE("a hard link that became a file of its own is metadata", "[diff]") {
    Entry linked = file("a");
    linked.links = 2;
    linked.first_link = manifest_key({"a"});
    Entry alone = linked;
    alone.first_link.reset();
    MemoryNodes nodes;
    Entry first = file("a");
    first.links = 2;
    const Told there = told(nodes, stored(nodes, {{"/a", first}, {"/x", linked}}),
                            stored(nodes, {{"/a", first}, {"/x", alone}}));
    CHECK(there.lines == Lines{"U /x"});
    CHECK(there.sums.metadata == 1);
}
