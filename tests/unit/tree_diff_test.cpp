// The difference of two manifests against a comparison of two maps, and how few nodes it reads; walks over nodes.
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <set>
#include <tuple>

#include "store/tree_diff.h"
#include "tests/support/sample_trees.h"

using namespace vault;

namespace {

using Difference = std::tuple<std::string, std::optional<Bytes>, std::optional<Bytes>>;

std::vector<Difference> by_parts(MemoryNodes& nodes, const ManifestPart& before, const ManifestPart& after) {
    std::vector<Difference> found;
    diff_manifests(nodes, before, after, [&](const ManifestDifference& difference) {
        found.emplace_back(difference.key, std::nullopt, std::nullopt);
        if (difference.before) std::get<1>(found.back()) = to_bytes(*difference.before);
        if (difference.after) std::get<2>(found.back()) = to_bytes(*difference.after);
    });
    return found;
}

std::vector<Difference> by_trees(MemoryNodes& nodes, TreeRoot before, TreeRoot after) {
    return by_parts(nodes, {before, {}}, {after, {}});
}

std::vector<Difference> by_maps(const SampleManifest& before, const SampleManifest& after) {
    std::map<std::string, Difference> found;
    for (const auto& [key, entry] : before) found[key] = {key, entry, std::nullopt};
    for (const auto& [key, entry] : after) {
        const auto old = before.find(key);
        if (old == before.end()) {
            found[key] = {key, std::nullopt, entry};
        } else if (old->second == entry) {
            found.erase(key);
        } else {
            std::get<2>(found[key]) = entry;
        }
    }
    std::vector<Difference> list;
    for (const auto& [key, difference] : found) list.push_back(difference);
    return list;
}

std::size_t seen_nodes(MemoryNodes& nodes, TreeRoot root) {
    std::set<ChunkId> seen;
    visit_nodes(nodes, TreeKind::Manifest, root, [&](const NodeLink& link) { return seen.insert(link.id).second; },
                [](const NodeLink&, const TreeNode&) {});
    return seen.size();
}

}  // namespace

TEST_CASE("the difference of two manifests is that of two maps, both ways", "[tree]") {
    REQUIRE(rc::check([] {
        Random random(*rc::gen::arbitrary<std::uint64_t>());
        const SampleManifest before = sample_manifest(random, *rc::gen::inRange(0, 400));
        const SampleManifest after = below(random, 8) == 0 ? sample_manifest(random, below(random, 400))
                                                           : edited(before, random, below(random, 30));
        MemoryNodes nodes;
        const TreeRoot a = build(nodes, kSmallNodes, before).root, b = build(nodes, kSmallNodes, after).root;
        RC_ASSERT(by_trees(nodes, a, b) == by_maps(before, after));
        RC_ASSERT(by_trees(nodes, b, a) == by_maps(after, before));
    }));
}

TEST_CASE("the difference of two folders is that of two maps of what follows their prefix", "[tree]") {
    const std::string kPrefixes[] = {{}, {"folder0\0", 8}, {"folder1\0", 8}, {"folder0\0folder2\0", 16}, {"none\0", 5}};
    const auto within = [](const SampleManifest& manifest, const std::string& prefix) {
        SampleManifest part;
        for (const auto& [key, entry] : manifest)
            if (key.starts_with(prefix)) part.emplace(key.substr(prefix.size()), entry);
        return part;
    };
    REQUIRE(rc::check([&] {
        Random random(*rc::gen::arbitrary<std::uint64_t>());
        const SampleManifest before = sample_manifest(random, *rc::gen::inRange(0, 400));
        const SampleManifest after = edited(before, random, below(random, 30));
        MemoryNodes nodes;
        const TreeRoot a = build(nodes, kSmallNodes, before).root, b = build(nodes, kSmallNodes, after).root;
        const std::string& first = kPrefixes[below(random, std::size(kPrefixes))];
        const std::string& second = below(random, 2) == 0 ? first : kPrefixes[below(random, std::size(kPrefixes))];
        const bool one_tree = below(random, 4) == 0, nothing = below(random, 8) == 0;
        std::optional<TreeRoot> other = one_tree ? a : b;
        if (nothing) other.reset();
        const auto expected = by_maps(within(before, first),
                                      nothing ? SampleManifest() : within(one_tree ? before : after, second));
        RC_ASSERT(by_parts(nodes, {a, first}, {other, second}) == expected);
    }));
}

TEST_CASE("the difference of one folder in two trees reads nothing beside it", "[tree]") {
    Random random(6);
    const SampleManifest before = sample_manifest(random, 30'000);
    SampleManifest after;
    for (const auto& [key, entry] : before)  // all but folder1 differs
        after.emplace(key, key.starts_with(std::string_view("folder1\0", 8)) ? entry : sample_entry(random));
    MemoryNodes nodes;
    const BuiltTree a = build(nodes, kSmallNodes, before), b = build(nodes, kSmallNodes, after);
    nodes.forget_gets();
    CHECK(by_parts(nodes, {a.root, {"folder1\0", 8}}, {b.root, {"folder1\0", 8}}).empty());
    CHECK(nodes.gets() <= 16u * (a.root.level + 1));  // both ends of it, in both trees
}

TEST_CASE("two manifests agree on a range exactly where no difference lies in it", "[tree]") {
    REQUIRE(rc::check([] {
        Random random(*rc::gen::arbitrary<std::uint64_t>());
        const SampleManifest before = sample_manifest(random, *rc::gen::inRange(1, 400));
        const SampleManifest after = edited(before, random, below(random, 6));
        MemoryNodes nodes;
        const TreeRoot a = build(nodes, kSmallNodes, before).root, b = build(nodes, kSmallNodes, after).root;
        for (int turn = 0; turn < 10; ++turn) {
            std::string from = std::next(before.begin(), below(random, before.size()))->first;
            std::string to = std::next(before.begin(), below(random, before.size()))->first;
            if (below(random, 4) == 0) to.clear();
            if (!to.empty() && to < from) std::swap(from, to);
            bool expected = true;
            for (const Difference& difference : by_maps(before, after)) {
                const std::string& key = std::get<0>(difference);
                expected = expected && !(key >= from && (to.empty() || key < to));
            }
            RC_ASSERT(manifests_agree(nodes, a, b, from, to) == expected);
            RC_ASSERT(manifests_agree(nodes, b, a, from, to) == expected);
        }
    }));
}

TEST_CASE("equal manifests are equal without a look", "[tree]") {
    Random random(1);
    MemoryNodes nodes;
    const TreeRoot root = build(nodes, kSmallNodes, sample_manifest(random, 1'000)).root;
    CHECK(by_trees(nodes, root, root).empty());
    CHECK(nodes.gets() == 0);
}

TEST_CASE("a difference reads a few nodes a level for each change, whatever the size of the trees", "[tree]") {
    Random random(2);
    const SampleManifest before = sample_manifest(random, 30'000);
    MemoryNodes nodes;
    const BuiltTree a = build(nodes, kSmallNodes, before);
    REQUIRE(nodes.distinct() > 4'000);
    for (const std::size_t edits : {1u, 2u, 10u, 50u}) {
        for (int round = 0; round < 8; ++round) {
            const SampleManifest after = edited(before, random, edits);
            const BuiltTree b = build(nodes, kSmallNodes, after);
            nodes.forget_gets();
            CHECK(by_trees(nodes, a.root, b.root).size() <= edits);
            // Each side: the path to the change and, where a boundary moved, the node beside it.
            CHECK(nodes.gets() <= edits * 8 * (a.root.level + 1u));
        }
    }
}

TEST_CASE("trees of different heights share what they share", "[tree]") {
    // The shorter tree is the taller one's beginning: all but its end is in nodes of both.
    Random random(3);
    const SampleManifest taller = sample_manifest(random, 20'000);
    SampleManifest shorter(taller.begin(), std::next(taller.begin(), 600));
    MemoryNodes nodes;
    const BuiltTree a = build(nodes, kSmallNodes, shorter), b = build(nodes, kSmallNodes, taller);
    REQUIRE(a.root.level < b.root.level);
    const std::size_t shorter_nodes = seen_nodes(nodes, a.root);
    REQUIRE(shorter_nodes > 60);
    std::size_t first_reads = 0, differences = 0;
    nodes.forget_gets();
    diff_manifests(nodes, {a.root, {}}, {b.root, {}}, [&](const ManifestDifference& difference) {
        if (differences++ == 0) first_reads = nodes.gets();
        REQUIRE_FALSE(difference.before.has_value());
    });
    CHECK(differences == taller.size() - shorter.size());
    CHECK(first_reads <= 3u * (b.root.level + 1));
    CHECK(first_reads < shorter_nodes / 2);
}

TEST_CASE("a block inserted before all else costs its own nodes and a path", "[tree]") {
    Random random(4);
    SampleManifest before = sample_manifest(random, 20'000);
    SampleManifest after = before;
    for (int i = 0; i < 2'000; ++i) {
        std::string key("A");
        after.emplace(key.append(std::to_string(i)), sample_entry(random));
    }
    MemoryNodes nodes;
    const BuiltTree a = build(nodes, kSmallNodes, before);
    const std::size_t held = nodes.distinct();
    const BuiltTree b = build(nodes, kSmallNodes, after);
    const std::size_t added = nodes.distinct() - held;
    nodes.forget_gets();
    CHECK(by_trees(nodes, a.root, b.root).size() == 2'000);
    CHECK(nodes.gets() <= added + 8u * (b.root.level + 1));
    nodes.forget_gets();
    CHECK(by_trees(nodes, b.root, a.root).size() == 2'000);
    CHECK(nodes.gets() <= added + 8u * (b.root.level + 1));
}

TEST_CASE("a walk meets every node of a tree, parents first, and reads none that the caller knows", "[tree]") {
    Random random(5);
    const SampleManifest before = sample_manifest(random, 5'000), after = edited(before, random, 3);
    MemoryNodes nodes;
    const BuiltTree a = build(nodes, kSmallNodes, before);
    const std::size_t held = nodes.distinct();
    std::set<ChunkId> seen;
    const auto enter = [&](const NodeLink& link) { return seen.insert(link.id).second; };
    std::map<std::uint8_t, std::uint64_t> entries_by_level;
    const auto visit = [&](const NodeLink& link, const TreeNode& node) {
        CHECK(node.node.level == link.level);
        entries_by_level[link.level] += node.totals.entries;
        if (link.totals) CHECK(*link.totals == node.totals);
    };
    visit_nodes(nodes, TreeKind::Manifest, a.root, enter, visit);
    CHECK(seen.size() == held);
    CHECK(nodes.gets() == held);
    for (const auto& [level, entries] : entries_by_level) CHECK(entries == before.size());

    const BuiltTree b = build(nodes, kSmallNodes, after);
    nodes.forget_gets();
    visit_nodes(nodes, TreeKind::Manifest, b.root, enter, visit);
    CHECK(nodes.gets() == nodes.distinct() - held);  // the new ones alone
    CHECK(seen.size() == nodes.distinct());
}

TEST_CASE("a walk over an extents tree asks once for an item however often it repeats", "[tree]") {
    MemoryNodes nodes;
    ExtentsBuilder builder(nodes, kSmallNodes);
    for (int i = 0; i < 100'000; ++i) builder.add(sample_chunk(static_cast<std::uint64_t>(i % 50)));
    const BuiltTree built = builder.finish();
    std::uint64_t asked = 0, visited = 0;
    std::set<ChunkId> seen;
    visit_nodes(nodes, TreeKind::Extents, built.root,
                [&](const NodeLink& link) {
                    ++asked;
                    seen.insert(link.id);
                    return true;
                },
                [&](const NodeLink&, const TreeNode&) { ++visited; });
    CHECK(asked == visited);
    CHECK(seen.size() == nodes.distinct());
    CHECK(visited < 2'000);  // 100,000 extents stand in nodes of some 15
}
