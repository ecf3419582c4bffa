// Which entries of a run are one file.
#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "store/base/error.h"
#include "store/link_table.h"

using namespace vault;

namespace {

SourceStat file(std::uint64_t inode, std::uint64_t links, std::uint64_t filesystem = 1) {
    SourceStat stat;
    stat.inode = inode;
    stat.links = links;
    stat.filesystem = filesystem;
    stat.size = 10;
    stat.mtime = {100, 1};
    stat.btime = Time{50, 2};
    return stat;
}

Bytes record_of(std::uint64_t size) {
    Entry entry;
    entry.size = size;
    if (size > 0) entry.content = Bytes(size, 'x');
    return encode(entry);
}

}  // namespace

TEST_CASE("the first entry of a file is the first link, later ones belong to its group", "[link_table]") {
    LinkGroups links;
    const auto a = links.place(file(1, 3)), other = links.place(file(2, 2)), b = links.place(file(1, 3)),
               c = links.place(file(1, 3));
    REQUIRE((a && b && c && other));
    CHECK(a->first);
    CHECK(other->first);
    CHECK_FALSE(b->first);
    CHECK_FALSE(c->first);
    CHECK(a->group == b->group);
    CHECK(a->group == c->group);
    CHECK(a->group != other->group);
}

TEST_CASE("a file with one link and a directory are in no group", "[link_table]") {
    LinkGroups links;
    CHECK_FALSE(links.place(file(1, 1)));
    SourceStat folder = file(2, 5);
    folder.type = EntryType::Directory;
    CHECK_FALSE(links.place(folder));
}

TEST_CASE("equal inodes of two file systems are two files", "[link_table]") {
    LinkGroups links;
    const auto a = links.place(file(1, 2, 1)), b = links.place(file(1, 2, 2));
    CHECK(b->first);
    CHECK(a->group != b->group);
}

TEST_CASE("a group whose links were all met is forgotten: the inode may be another file's by now", "[link_table]") {
    LinkGroups links;
    const auto a = links.place(file(1, 2));
    links.place(file(1, 2));
    const auto again = links.place(file(1, 2));
    CHECK(again->first);
    CHECK(again->group != a->group);
}

TEST_CASE("a link that changed since the first was met, or another file under its inode, starts a group",
          "[link_table]") {
    for (int what = 0; what < 4; ++what) {
        LinkGroups links;
        const auto first = links.place(file(1, 3));
        SourceStat changed = file(1, 3);
        if (what == 0) changed.size = 11;
        if (what == 1) changed.mtime.nanoseconds = 2;
        if (what == 2) changed.btime = Time{51, 0};
        if (what == 3) changed.type = EntryType::Fifo;
        const auto second = links.place(changed);
        CHECK(second->first);
        CHECK(second->group != first->group);
        CHECK(links.place(changed)->group == second->group);
    }
}

TEST_CASE("if the first link cannot be read, the next one is the first", "[link_table]") {
    LinkGroups links;
    const auto first = links.place(file(1, 3));
    links.forget(file(1, 3), *first);
    const auto second = links.place(file(1, 3));
    CHECK(second->first);
    CHECK(second->group != first->group);
    CHECK_FALSE(links.place(file(1, 3))->first);
}

TEST_CASE("if a later link cannot be read, the group stays", "[link_table]") {
    LinkGroups links;
    const auto first = links.place(file(1, 3)), second = links.place(file(1, 3));
    links.forget(file(1, 3), *second);
    const auto third = links.place(file(1, 3));
    CHECK_FALSE(third->first);
    CHECK(third->group == first->group);
}

TEST_CASE("first links are kept with key and record", "[link_table]") {
    FirstLinks firsts;
    for (std::uint64_t group = 0; group < 300; ++group)
        firsts.add(group, "key " + std::to_string(group), record_of(group));
    for (std::uint64_t group = 300; group-- > 0;) {
        const FirstLinks::First first = firsts.get(group);
        CHECK(first.key == "key " + std::to_string(group));
        CHECK(first.entry.size == group);
    }
    CHECK_THROWS_AS(firsts.get(300), Error);
}

TEST_CASE("groups beyond those that memory may hold are found again on disk, and forgotten when complete",
          "[link_table]") {
    constexpr std::uint64_t kFiles = 40'000;  // more than half of the first table on disk: it grows
    LinkGroups links(1'000);
    std::map<std::uint64_t, std::uint64_t> groups;
    for (std::uint64_t inode = 0; inode < kFiles; ++inode) groups[inode] = links.place(file(inode, 3))->group;
    CHECK(links.groups_on_disk() == kFiles - 1'000);
    for (int round = 0; round < 2; ++round) {
        for (std::uint64_t inode = kFiles; inode-- > 0;) {
            const auto place = links.place(file(inode, 3));
            if (place->first || place->group != groups[inode]) FAIL("inode " << inode << " lost its group");
        }
    }
    CHECK(links.groups_on_disk() == 0);
    CHECK(links.place(file(7, 3))->first);
}

TEST_CASE("the table of groups does what a map does, whatever is put, replaced and erased", "[link_table]") {
    std::mt19937_64 random(1);
    LinkGroupTable table(5);
    std::map<std::uint64_t, std::uint64_t> expected;
    for (std::uint64_t step = 0; step < 100'000; ++step) {
        // Inodes of one folder are close together, and so probe the same slots.
        const std::uint64_t inode = random() % 60'000 + step / 10;
        if (random() % 3 != 0) {
            LinkGroup group;
            group.number = step;
            table.put({1, inode}, group);
            expected[inode] = step;
        } else {
            table.erase({1, inode});
            expected.erase(inode);
        }
        const std::uint64_t asked = random() % 60'000 + step / 10;
        const auto found = table.find({1, asked});
        const auto known = expected.find(asked);
        if (found.has_value() != (known != expected.end()) || (found && found->number != known->second))
            FAIL("step " << step << ": inode " << asked);
    }
    CHECK(table.groups_on_disk() >= expected.size() - 5);
    CHECK(table.groups_on_disk() <= expected.size());
}
