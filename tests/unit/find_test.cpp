// Searches over many manifests against a look at every entry of each, and how few nodes they read.
#include "store/find.h"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "store/format/manifest_key.h"
#include "tests/support/sample_trees.h"

using namespace vault;

namespace {

using Hits = std::vector<std::pair<std::string, Bytes>>;  // key, entry record

Hits by_finder(Finder& finder, const TreeRoot& root) {
    Hits hits;
    finder.find(root, [&](const PlacedEntry& placed) { hits.emplace_back(placed.key, encode(placed.entry)); },
                [](const LostNode& node) { FAIL("lost: " << node.error.what()); });
    return hits;
}

Hits by_map(const Wanted& wanted, const SampleManifest& manifest) {
    Hits hits;
    for (const auto& [key, record] : manifest) {
        if (key.empty()) continue;
        const Entry entry = decode_entry(record);
        if (!wanted.patterns.matches(key, entry.type == EntryType::Directory)) continue;
        if (wanted.oldest && entry.mtime < *wanted.oldest) continue;
        if (wanted.newest && entry.mtime > *wanted.newest) continue;
        hits.emplace_back(key, record);
    }
    return hits;
}

bool never() {
    return false;
}

const std::vector<std::string> kSearches[] = {{"*"}, {"*7*"}, {"name1", "name2"}, {"*/"}, {"*3", "!name?3"},
                                              {"/folder1/**"}, {"/folder0/folder2/*5*"}, {"/folder2/name*"},
                                              {"**/folder1/*4"}, {"no such name"}};

}  // namespace

TEST_CASE("a search finds in each of many snapshots what a look at every entry finds, in order", "[find]") {
    REQUIRE(rc::check([] {
        Random random(*rc::gen::arbitrary<std::uint64_t>());
        Wanted wanted{PathPatterns(kSearches[below(random, std::size(kSearches))]), {}, {}};
        SampleManifest manifest = sample_manifest(random, *rc::gen::inRange(1, 500));
        const auto some_time = [&] {
            return decode_entry(std::next(manifest.begin(), below(random, manifest.size()))->second).mtime;
        };
        if (below(random, 4) == 0) wanted.oldest = some_time();
        if (below(random, 4) == 0) wanted.newest = some_time();
        MemoryNodes nodes;
        // From room for a node or two, where everything is searched again, to room for all.
        const std::size_t room = below(random, 2) == 0 ? below(random, 2'000) : kFindMemoryBytes;
        Finder finder(nodes, wanted, never, room);
        for (int snapshot = 0; snapshot < 6; ++snapshot) {
            RC_ASSERT(by_finder(finder, build(nodes, kSmallNodes, manifest).root) == by_map(wanted, manifest));
            manifest = edited(manifest, random, below(random, 20));
        }
    }));
}

TEST_CASE("a node is searched once however many snapshots share it, and found matches are told each time", "[find]") {
    Random random(1);
    SampleManifest manifest = sample_manifest(random, 20'000);
    MemoryNodes nodes;
    std::vector<TreeRoot> roots;
    std::vector<SampleManifest> manifests;
    for (int i = 0; i < 50; ++i) {
        roots.push_back(build(nodes, kSmallNodes, manifest).root);
        manifests.push_back(manifest);
        manifest = edited(manifest, random, 2);
    }
    const std::string name(name_of_key(std::next(manifest.begin(), 11'000)->first));
    const Wanted wanted{PathPatterns({name}), {}, {}};
    Finder finder(nodes, wanted, never);
    by_finder(finder, roots[0]);
    const std::uint64_t first = nodes.gets();
    CHECK(first > 3'000);
    nodes.forget_gets();
    for (std::size_t i = 0; i < roots.size(); ++i) CHECK(by_finder(finder, roots[i]) == by_map(wanted, manifests[i]));
    // The way down to each match and to each change.
    CHECK(nodes.gets() <= roots.size() * 5 * (roots[0].level + 1u));
    nodes.forget_gets();
    Finder nothing(nodes, {PathPatterns({"no such name"}), {}, {}}, never);
    for (int i = 0; i < 3; ++i) CHECK(by_finder(nothing, roots[0]).empty());
    CHECK(nodes.gets() <= first);
}

TEST_CASE("what lies outside the folder that a pattern names is not read", "[find]") {
    Random random(2);
    const SampleManifest manifest = sample_manifest(random, 20'000);
    MemoryNodes nodes;
    const BuiltTree tree = build(nodes, kSmallNodes, manifest);
    const std::string path = path_of_key(std::next(manifest.begin(), 9'000)->first);
    Finder exact(nodes, {PathPatterns({path}), {}, {}}, never);
    nodes.forget_gets();
    CHECK(by_finder(exact, tree.root).size() == 1);
    CHECK(nodes.gets() <= 2u * (tree.root.level + 1));
}

TEST_CASE("every entry is found by its own path, also at the ends of nodes", "[find]") {
    Random random(6);
    const SampleManifest manifest = sample_manifest(random, 600);
    MemoryNodes nodes;
    const BuiltTree tree = build(nodes, kSmallNodes, manifest);
    REQUIRE(tree.root.level >= 2);
    for (const auto& [key, record] : manifest) {
        if (key.empty()) continue;
        Finder finder(nodes, {PathPatterns({path_of_key(key)}), {}, {}}, never);
        CHECK(by_finder(finder, tree.root) == Hits{{key, record}});
    }
}

TEST_CASE("a node that names one leaf many times is Corrupt", "[find]") {
    Random random(3);
    MemoryNodes nodes;
    const auto key = [](const std::string& name) { return std::string("\0", 1) + name; };
    const auto leaf = [&](const std::string& name) {
        const SampleManifest two{{key(name), sample_entry(random)}, {key(name + "0"), sample_entry(random)}};
        const TreeRoot root = build(nodes, kSmallNodes, two).root;
        return Child{root.id, nodes.node(root.id)->totals};
    };
    const Child first = leaf("a"), last = leaf("z");
    std::vector<ManifestInnerItem> children;
    for (const char* name : {"a0", "b", "c"}) children.push_back({key(name), first});
    children.push_back({key("z0"), last});
    const TreeRoot root{nodes.put({TreeKind::Manifest, 1, children, {}}), 1};
    Finder finder(nodes, {PathPatterns({"?"}), {}, {}}, never);
    std::size_t told = 0;
    const auto find = [&] {
        finder.find(root, [&](const PlacedEntry&) { ++told; }, [](const LostNode&) {});
    };
    CHECK_THROWS_AS(find(), Error);
    CHECK(told == 1);
}

TEST_CASE("a lost node hides what it holds, in every tree that shares it, and nothing else", "[find]") {
    Random random(5);
    const SampleManifest manifest = sample_manifest(random, 3'000), later = edited(manifest, random, 5);
    MemoryNodes nodes;
    const TreeRoot roots[] = {build(nodes, kSmallNodes, manifest).root, build(nodes, kSmallNodes, later).root};
    const SampleManifest* const manifests[] = {&manifest, &later};
    ChunkId victim;  // a leaf of both
    const std::string some_key = std::next(manifest.begin(), 1'500)->first;
    nodes.before_get = [&](const ChunkId& id) { victim = id; };
    ManifestReader(nodes, roots[0]).find(some_key);
    nodes.before_get = [&](const ChunkId& id) {
        if (id == victim) throw Error(ErrorKind::Corrupt, "no copy verifies");
    };
    // Whatever else may be found beside it: nothing in the second case.
    const std::string pattern = GENERATE_COPY(std::string("*1*"), path_of_key(some_key));
    const Wanted wanted{PathPatterns({pattern}), {}, {}};
    Finder finder(nodes, wanted, never);
    for (int round = 0; round < 2; ++round) {
        for (std::size_t tree = 0; tree < 2; ++tree) {
            Hits hits;
            std::vector<LostNode> lost;
            finder.find(roots[tree],
                        [&](const PlacedEntry& placed) { hits.emplace_back(placed.key, encode(placed.entry)); },
                        [&](const LostNode& node) { lost.push_back(node); });
            REQUIRE(lost.size() == 1);
            CHECK(lost[0].id == victim);
            CHECK(lost[0].hides(some_key));
            Hits expected = by_map(wanted, *manifests[tree]);
            const std::size_t all = expected.size();
            std::erase_if(expected, [&](const auto& hit) { return lost[0].hides(hit.first); });
            CHECK(expected.size() < all);
            CHECK(hits == expected);
        }
    }
    nodes.before_get = nullptr;
    for (std::size_t tree = 0; tree < 2; ++tree)
        CHECK(by_finder(finder, roots[tree]) == by_map(wanted, *manifests[tree]));
}

TEST_CASE("a search that is interrupted ends so, and one that failed is not remembered", "[find]") {
    Random random(4);
    const SampleManifest manifest = sample_manifest(random, 3'000);
    MemoryNodes nodes;
    const BuiltTree tree = build(nodes, kSmallNodes, manifest);
    int left = 20;
    const Wanted wanted{PathPatterns({"*1*"}), {}, {}};
    Finder finder(nodes, wanted, [&] { return left-- == 0; });
    try {
        by_finder(finder, tree.root);
        FAIL("went on");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::Interrupted);
    }
    CHECK(by_finder(finder, tree.root) == by_map(wanted, manifest));
}
