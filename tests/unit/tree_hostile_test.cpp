// Trees whose nodes verify and whose structure lies: all are Corrupt where they are read, none is slow.
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <functional>

#include "store/tree_diff.h"
#include "store/tree_reader.h"
#include "tests/support/sample_trees.h"

using namespace vault;

namespace {

template <class Action>
bool is_corrupt(Action action) {
    try {
        action();
        return false;
    } catch (const Error& error) {
        return error.kind() == ErrorKind::Corrupt;
    }
}

void scan_manifest(MemoryNodes& nodes, TreeRoot root) {
    for (ManifestCursor at = ManifestReader(nodes, root).begin(); at.valid(); at.next()) {}
}

void scan_extents(MemoryNodes& nodes, TreeRoot root) {
    for (ExtentsCursor at = ExtentsReader(nodes, root).begin(); at.valid(); at.next()) {}
}

void walk(MemoryNodes& nodes, TreeKind tree, TreeRoot root) {
    visit_nodes(nodes, tree, root, [](const NodeLink&) { return true; }, [](const NodeLink&, const TreeNode&) {});
}

bool all_readers_refuse(MemoryNodes& nodes, TreeKind tree, TreeRoot root) {
    const auto scan_all = tree == TreeKind::Manifest ? scan_manifest : scan_extents;
    const bool scan = is_corrupt([&] { scan_all(nodes, root); });
    return scan && is_corrupt([&] { walk(nodes, tree, root); });
}

Child put(MemoryNodes& nodes, const Node& node) {
    const ChunkId id = nodes.put(node);
    return {id, nodes.node(id)->totals};
}

Node leaf(std::vector<ManifestLeafItem> items) {
    return {TreeKind::Manifest, 0, std::move(items), {}};
}
Node leaf(std::vector<ExtentsLeafItem> items) {
    return {TreeKind::Extents, 0, std::move(items), {}};
}
Node inner(std::uint8_t level, std::vector<ManifestInnerItem> items) {
    return {TreeKind::Manifest, level, std::move(items), {}};
}
Node inner(std::uint8_t level, std::vector<ExtentsInnerItem> items) {
    return {TreeKind::Extents, level, std::move(items), {}};
}

// A manifest leaf with these keys.
Node keys(const std::vector<std::string>& names) {
    Random random(1);
    std::vector<ManifestLeafItem> items;
    for (const std::string& name : names) items.push_back({name, sample_entry(random)});
    return leaf(std::move(items));
}

TreeRoot rooted(MemoryNodes& nodes, const Node& node) {
    return {nodes.put(node), node.level};
}

// A manifest of four leaves in two nodes under a root; `change` may spoil any of the seven before it is put.
struct ManifestParts {
    std::vector<std::string> names[4] = {{"a", "b"}, {"c", "d"}, {"e", "f"}, {"g", "h"}};
    std::function<void(std::vector<ManifestInnerItem>&)> left = [](auto&) {}, right = [](auto&) {}, top = [](auto&) {};
};

TreeRoot put_parts(MemoryNodes& nodes, const ManifestParts& parts) {
    std::vector<ManifestInnerItem> leaves;
    for (const auto& names : parts.names) leaves.push_back({names.back(), put(nodes, keys(names))});
    std::vector<ManifestInnerItem> left(leaves.begin(), leaves.begin() + 2), right(leaves.begin() + 2, leaves.end());
    parts.left(left);
    parts.right(right);
    std::vector<ManifestInnerItem> top{{left.back().last_key, put(nodes, inner(1, left))},
                                       {right.back().last_key, put(nodes, inner(1, right))}};
    parts.top(top);
    return rooted(nodes, inner(2, top));
}

// The tree with one thing changed in one node of `target` level; above it all ids, keys and totals are made to fit
// again.
struct Tampered {
    Child child;
    std::string last_key;
};

Tampered tamper(MemoryNodes& nodes, const ChunkId& id, std::uint8_t target, Random& random) {
    Node node = nodes.node(id)->node;
    Totals totals = nodes.node(id)->totals;
    std::string last_key;
    if (node.level == 0) {
        auto& items = std::get<0>(node.items);
        auto& some = items[below(random, items.size())];
        Entry entry = decode_entry(some.entry);
        entry.allocated += 1;  // the parent goes on saying the old sum
        some.entry = encode(entry);
        last_key = items.back().key;
    } else {
        auto& items = std::get<1>(node.items);
        const std::size_t index = below(random, items.size());
        auto& some = items[index];
        if (node.level > target) {
            Tampered below_it = tamper(nodes, some.child.id, target, random);
            some = {below_it.last_key, below_it.child};
        } else {
            switch (below(random, 6)) {
                case 0: some.child.totals.entries += 1; break;
                case 1: some.child.totals.files += 1; break;
                case 2: some.child.totals.apparent += 1; break;
                case 3: some.child.totals.allocated += 1; break;
                case 4: some.last_key += '\0'; break;
                default: some.child = items[(index + 1) % items.size()].child; break;
            }
        }
        totals = {};
        for (const auto& item : items) totals += item.child.totals;
        last_key = items.back().last_key;
    }
    return {{nodes.put(node), totals}, last_key};
}

}  // namespace

TEST_CASE("a manifest with one lie in one node, all above it made to fit, is Corrupt", "[tree]") {
    REQUIRE(rc::check([] {
        Random random(*rc::gen::arbitrary<std::uint64_t>());
        MemoryNodes nodes;
        const TreeRoot root = build(nodes, kSmallNodes, sample_manifest(random, 100 + below(random, 300))).root;
        RC_PRE(root.level >= 1);
        const auto target = static_cast<std::uint8_t>(below(random, root.level + 1u));
        const TreeRoot lying{tamper(nodes, root.id, target, random).child.id, root.level};
        RC_PRE(lying.id != root.id);  // an item swapped with itself
        RC_ASSERT(all_readers_refuse(nodes, TreeKind::Manifest, lying));
    }));
}

TEST_CASE("a small manifest of three levels is sound before it is spoilt", "[tree]") {
    MemoryNodes nodes;
    const TreeRoot root = put_parts(nodes, {});
    scan_manifest(nodes, root);
    walk(nodes, TreeKind::Manifest, root);
    CHECK(ManifestReader(nodes, root).totals().entries == 8);
    CHECK(ManifestReader(nodes, root).seek("f").rank() == 5);
}

TEST_CASE("keys out of order across nodes are Corrupt, also where only an ancestor knows", "[tree]") {
    MemoryNodes nodes;
    ManifestParts beside;
    beside.names[1] = {"b", "d"};  // after the leaf that ends with b
    ManifestParts across;
    across.names[2] = {"d", "f"};  // first below its parent: the bound is the grandparent's
    ManifestParts far;
    far.names[2] = {"a", "f"};
    for (const ManifestParts& parts : {beside, across, far}) {
        const TreeRoot root = put_parts(nodes, parts);
        CHECK(all_readers_refuse(nodes, TreeKind::Manifest, root));
        const TreeRoot sound = put_parts(nodes, {});
        CHECK(is_corrupt([&] { diff_manifests(nodes, {sound, {}}, {root, {}}, [](const ManifestDifference&) {}); }));
    }
    CHECK(is_corrupt([&] { ManifestReader(nodes, put_parts(nodes, across)).seek("e"); }));
    CHECK(is_corrupt([&] { ManifestReader(nodes, put_parts(nodes, across)).seek_rank(4); }));
    CHECK(is_corrupt([&] { ManifestReader(nodes, put_parts(nodes, across)).totals_between("e", ""); }));
}

TEST_CASE("a child that is not one level below its parent, or of another kind of tree, is Corrupt", "[tree]") {
    MemoryNodes nodes;
    const Child low = put(nodes, keys({"a", "b"})), low2 = put(nodes, keys({"c", "d"}));
    CHECK(all_readers_refuse(nodes, TreeKind::Manifest, rooted(nodes, inner(2, {{"b", low}, {"d", low2}}))));
    const Child high = put(nodes, inner(1, {{"b", low}, {"d", low2}}));
    const Child last = put(nodes, keys({"e", "f"}));
    CHECK(all_readers_refuse(nodes, TreeKind::Manifest, rooted(nodes, inner(1, {{"d", high}, {"f", last}}))));

    const Child extents = put(nodes, leaf({{1, sample_chunk(1)}, {1, sample_chunk(2)}}));
    CHECK(all_readers_refuse(nodes, TreeKind::Manifest, rooted(nodes, inner(1, {{"b", low}, {"x", extents}}))));
    Child as_extents = low;
    as_extents.totals.files = 0;
    CHECK(all_readers_refuse(nodes, TreeKind::Extents, rooted(nodes, inner(1, {{1, extents}, {1, as_extents}}))));
}

TEST_CASE("a root that is not what is said beside its id is Corrupt", "[tree]") {
    MemoryNodes nodes;
    const Child a = put(nodes, keys({"a", "b"})), b = put(nodes, keys({"c", "d"}));
    TreeRoot root = rooted(nodes, inner(1, {{"b", a}, {"d", b}}));
    scan_manifest(nodes, root);
    CHECK(is_corrupt([&] { scan_extents(nodes, root); }));
    root.level = 2;
    CHECK(all_readers_refuse(nodes, TreeKind::Manifest, root));
    root.level = 0;
    CHECK(all_readers_refuse(nodes, TreeKind::Manifest, root));
    CHECK(all_readers_refuse(nodes, TreeKind::Manifest, rooted(nodes, inner(1, {{"b", a}}))));
    const Child run = put(nodes, leaf({{1, sample_chunk(1)}, {1, sample_chunk(2)}}));
    CHECK(all_readers_refuse(nodes, TreeKind::Extents, rooted(nodes, inner(1, {{1, run}}))));
    scan_extents(nodes, rooted(nodes, inner(1, {{2, run}})));
}

TEST_CASE("a node of one item is Corrupt unless it is the last of its level", "[tree]") {
    MemoryNodes nodes;
    ManifestParts first, inherited, last;
    first.names[0] = {"b"};
    inherited.names[1] = {"d"};
    last.names[3] = {"h"};
    CHECK(all_readers_refuse(nodes, TreeKind::Manifest, put_parts(nodes, first)));
    CHECK(all_readers_refuse(nodes, TreeKind::Manifest, put_parts(nodes, inherited)));
    scan_manifest(nodes, put_parts(nodes, last));
    walk(nodes, TreeKind::Manifest, put_parts(nodes, last));
    // One item, repeated: its first occurrence is not the last node.
    const Child one = put(nodes, leaf({{1, sample_chunk(1)}}));
    CHECK(all_readers_refuse(nodes, TreeKind::Extents, rooted(nodes, inner(1, {{2, one}}))));
}

TEST_CASE("a child without entries is Corrupt, and nothing is divided by it", "[tree]") {
    MemoryNodes nodes;
    const Child run = put(nodes, leaf({{1, sample_chunk(1)}, {1, sample_chunk(2)}}));
    for (const bool bytes : {false, true}) {
        Child empty{ChunkId{}, {bytes ? 1u : 0u, 0, bytes ? 0u : 1u, 0}};
        const TreeRoot root = rooted(nodes, inner(1, {{5, empty}, {1, run}}));
        CHECK(is_corrupt([&] { ExtentsReader(nodes, root).seek(0); }));
    }
    const Child entries = put(nodes, keys({"a", "b"}));
    const TreeRoot root = rooted(nodes, inner(1, {{"b", entries}, {"c", {ChunkId{}, {}}}}));
    CHECK(is_corrupt([&] { ManifestReader(nodes, root).seek_rank(0); }));
}

TEST_CASE("extents that should be one item are Corrupt across nodes too", "[tree]") {
    MemoryNodes nodes;
    const Extent a = sample_chunk(1), b = sample_chunk(2), c = sample_chunk(3);
    const Extent hole{5, std::nullopt}, hole2{6, std::nullopt};
    const auto tree_of = [&](const std::vector<ExtentsLeafItem>& left, const std::vector<ExtentsLeafItem>& right) {
        return rooted(nodes, inner(1, {{1, put(nodes, leaf(left))}, {1, put(nodes, leaf(right))}}));
    };
    scan_extents(nodes, tree_of({{1, a}, {1, b}}, {{1, c}, {1, b}}));
    CHECK(all_readers_refuse(nodes, TreeKind::Extents, tree_of({{1, a}, {1, b}}, {{1, b}, {1, c}})));
    CHECK(all_readers_refuse(nodes, TreeKind::Extents, tree_of({{1, a}, {1, hole}}, {{1, hole2}, {1, c}})));
    // The end of a node and its own beginning.
    const Child circle = put(nodes, leaf({{1, a}, {1, b}, {1, a}}));
    CHECK(all_readers_refuse(nodes, TreeKind::Extents, rooted(nodes, inner(1, {{2, circle}}))));
    // The same a level higher: equal children on both sides of a border.
    const Child x = put(nodes, leaf({{1, a}, {1, b}})), y = put(nodes, leaf({{1, c}, {1, b}}));
    const Child z = put(nodes, leaf({{1, c}, {1, hole}}));
    const Child xy = put(nodes, inner(1, {{1, x}, {1, y}})), yz = put(nodes, inner(1, {{1, y}, {1, z}}));
    CHECK(all_readers_refuse(nodes, TreeKind::Extents, rooted(nodes, inner(2, {{1, xy}, {1, yz}}))));
}

TEST_CASE("repeats up to the limit are sought without walking them", "[tree]") {
    MemoryNodes nodes;
    const Child pair = put(nodes, leaf({{1, sample_chunk(1, 100)}, {1, sample_chunk(2, 28)}}));
    const TreeRoot root = rooted(nodes, inner(1, {{1ull << 55, pair}}));
    const ExtentsReader reader(nodes, root);
    CHECK(reader.totals().apparent == 1ull << 62);
    nodes.forget_gets();
    const std::uint64_t middle = 128 * ((1ull << 54) + 12'345);
    ExtentsCursor at = reader.seek(middle + 99);
    CHECK(at.offset() == middle);
    CHECK(at.index() == middle / 64);
    for (int i = 0; i < 100; ++i) at.next();
    CHECK(at.offset() == middle + 50 * 128);
    CHECK(nodes.gets() <= 52);
    CHECK(reader.seek((1ull << 62) - 1).extent() == sample_chunk(2, 28));
    ExtentsCursor last = reader.seek_index((1ull << 56) - 1);
    CHECK(last.offset() == (1ull << 62) - 28);
    last.next();
    CHECK_FALSE(last.valid());

    const TreeRoot run = rooted(nodes, leaf({{(1ull << 63) - 1, sample_chunk(1, 1)}}));
    CHECK(ExtentsReader(nodes, run).seek((1ull << 63) - 2).index() == (1ull << 63) - 2);
}

TEST_CASE("a content above 2^63 - 1 bytes is Corrupt, however its repeats multiply", "[tree]") {
    MemoryNodes nodes;
    const Child pair = put(nodes, leaf({{1, sample_chunk(1, 100)}, {1, sample_chunk(2, 28)}}));
    for (const std::uint64_t repeat : {1ull << 56, 1ull << 57, (1ull << 63) - 1})
        CHECK(is_corrupt([&] { ExtentsReader(nodes, rooted(nodes, inner(1, {{repeat, pair}}))); }));
}

TEST_CASE("the deepest tree is read in one node a level", "[tree]") {
    // Three nodes a level, each of two of those below, in an order in which no equal ones ever meet.
    MemoryNodes nodes;
    Child x = put(nodes, leaf({{1, sample_chunk(0)}, {1, sample_chunk(1)}}));
    Child y = put(nodes, leaf({{1, sample_chunk(2)}, {1, sample_chunk(0)}}));
    Child z = put(nodes, leaf({{1, sample_chunk(1)}, {1, sample_chunk(2)}}));
    for (std::uint8_t level = 1; level < 31; ++level) {
        const Child x2 = put(nodes, inner(level, {{1, x}, {1, y}})), y2 = put(nodes, inner(level, {{1, z}, {1, x}}));
        z = put(nodes, inner(level, {{1, y}, {1, z}}));
        x = x2;
        y = y2;
    }
    const ExtentsReader reader(nodes, rooted(nodes, inner(31, {{1, x}, {1, y}})));
    CHECK(reader.totals().entries == 1ull << 32);
    Random random(9);
    for (int i = 0; i < 100; ++i) {
        const std::uint64_t index = below(random, (1ull << 32) - 100);
        nodes.forget_gets();
        ExtentsCursor at = reader.seek_index(index);
        REQUIRE(nodes.gets() == 31);
        REQUIRE(at.offset() == index * 65'536);
        for (int step = 0; step < 64; ++step) at.next();
        REQUIRE(at.index() == index + 64);
        REQUIRE(nodes.gets() <= 31 + 31 + 64);
    }
}

TEST_CASE("sums that a child only claims do not wrap", "[tree]") {
    MemoryNodes nodes;
    const std::uint64_t most = ~std::uint64_t{0};
    const Child a = put(nodes, keys({"a", "b"})), b = put(nodes, keys({"c", "d"}));
    const TreeRoot root = rooted(nodes, inner(1, {{"b", {a.id, {most, most, most, most}}}, {"d", b}}));
    const ManifestReader reader(nodes, root);
    CHECK(reader.totals() == Totals{most, most, most, most});
    CHECK(reader.seek("c").rank() == most);
    CHECK(is_corrupt([&] { reader.seek_rank(most - 1); }));
    CHECK(is_corrupt([&] { reader.seek("a"); }));
}

TEST_CASE("a tree with a node missing fails where that is read, and only there", "[tree]") {
    MemoryNodes nodes;
    const Child a = put(nodes, keys({"a", "b"}));
    Child gone = a;
    gone.id.bytes.fill(9);
    const ManifestReader reader(nodes, rooted(nodes, inner(1, {{"b", a}, {"d", gone}})));
    CHECK(reader.find("a").has_value());
    CHECK_THROWS_AS(reader.seek("c"), Error);
    try {
        reader.seek("c");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::NotFound);
    }
}

TEST_CASE("two manifests that disagree about a node they share are Corrupt", "[tree]") {
    MemoryNodes nodes;
    const Child a = put(nodes, keys({"a", "b"})), b = put(nodes, keys({"c", "d"}));
    Child lie = a;
    lie.totals.apparent += 1;
    const TreeRoot one = rooted(nodes, inner(1, {{"b", a}, {"d", b}}));
    const TreeRoot two = rooted(nodes, inner(1, {{"b", lie}, {"d", b}}));
    CHECK(is_corrupt([&] { diff_manifests(nodes, {one, {}}, {two, {}}, [](const ManifestDifference&) {}); }));
}
