// Trees as the builders make them: the same items, the same root; runs; the shape of nodes.
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <set>

#include "store/format/entry_totals.h"
#include "store/format/limits.h"
#include "store/tree_diff.h"
#include "store/tree_reader.h"
#include "tests/support/sample_trees.h"

using namespace vault;

namespace {

Random random_of_case() {
    return Random(*rc::gen::arbitrary<std::uint64_t>());
}

std::size_t distinct_nodes(MemoryNodes& nodes, TreeKind tree, TreeRoot root) {
    std::set<ChunkId> seen;
    visit_nodes(nodes, tree, root, [&](const NodeLink& link) { return seen.insert(link.id).second; },
                [](const NodeLink&, const TreeNode&) {});
    return seen.size();
}

std::string numbered(std::string name, int number) {
    return name.append(std::to_string(number));
}

ErrorKind kind_of_failure(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.kind();
    }
    FAIL("nothing was thrown");
    return ErrorKind::Io;
}

// A boundary key against which every key loses: nodes end by weight alone.
class NeverABoundary : public MemoryNodes {
  public:
    std::uint64_t boundary_hash(std::uint8_t, ByteView) const override { return ~std::uint64_t{0}; }
};

// Every boundary hash is this one.
class OneHash : public MemoryNodes {
  public:
    explicit OneHash(std::uint64_t hash) : hash_(hash) {}
    std::uint64_t boundary_hash(std::uint8_t, ByteView) const override { return hash_; }

  private:
    std::uint64_t hash_;
};

}  // namespace

TEST_CASE("a node ends just below the exact threshold of 64 bits, and not at it", "[tree]") {
    Random random(1);
    const Bytes entry = sample_entry(random);
    for (const std::uint64_t average : {512u, 700u}) {
        const NodeShape shape{.average_bytes = average, .items_min = 4, .weight_max = 2'000};
        const std::uint64_t weight = 8 + entry.size();
        __extension__ using Wide = unsigned __int128;
        const auto threshold = static_cast<std::uint64_t>((Wide{weight} << 64) / average);
        const auto entries_of_first_leaf = [&](std::uint64_t hash) {
            OneHash nodes(hash);
            ManifestBuilder builder(nodes, shape);
            for (int i = 0; i < 500; ++i) builder.add(numbered("name", 1'000 + i), entry);
            TreeRoot root = builder.finish().root;
            std::size_t items = 0;
            visit_nodes(nodes, TreeKind::Manifest, root, [](const NodeLink&) { return true; },
                        [&](const NodeLink& link, const TreeNode& node) {
                            if (link.level == 0 && items == 0) items = node.size();
                        });
            return items;
        };
        CHECK(entries_of_first_leaf(threshold - 1) == std::max<std::size_t>(4, (average / 4 + weight - 1) / weight));
        CHECK(entries_of_first_leaf(threshold) == 2'000 / weight);
    }
}

TEST_CASE("a manifest has the root that the format's text gives it, node by node", "[tree]") {
    REQUIRE(rc::check([] {
        Random random = random_of_case();
        const SampleManifest manifest = sample_manifest(random, *rc::gen::inRange(0, 400));
        MemoryNodes streamed, plain;
        const BuiltTree built = build(streamed, kSmallNodes, manifest);
        RC_ASSERT(built.root == plain_tree(plain, kSmallNodes, manifest));
        RC_ASSERT(streamed.distinct() == plain.distinct());
    }));
}

TEST_CASE("an extents tree has the root that the format's text gives it, with runs at every level", "[tree]") {
    REQUIRE(rc::check([] {
        Random random = random_of_case();
        const std::vector<Extent> extents = sample_extents(random, *rc::gen::inRange<std::size_t>(1, 2'000));
        MemoryNodes streamed, plain;
        const BuiltTree built = build(streamed, kSmallNodes, extents);
        RC_ASSERT(built.root == plain_tree(plain, kSmallNodes, extents));
        RC_ASSERT(streamed.distinct() == plain.distinct());
    }));
}

TEST_CASE("the totals of an entry record are read from its head as from the entry", "[tree]") {
    REQUIRE(rc::check([] {
        Random random = random_of_case();
        const Bytes record = sample_entry(random, kFileBytesMax);
        RC_ASSERT(totals_of_record(record) == totals_of(decode_entry(record)));
    }));
}

TEST_CASE("how a content was cut into calls leaves no trace in its tree", "[tree]") {
    REQUIRE(rc::check([] {
        Random random = random_of_case();
        const std::vector<Extent> extents = sample_extents(random, 300);
        MemoryNodes nodes;
        ExtentsBuilder split(nodes, kSmallNodes);
        for (std::size_t i = 0; i < extents.size();) {
            if (!extents[i].chunk) {  // a hole in up to three parts, one of them by repeat
                std::uint64_t left = extents[i++].length;
                if (left > 10) split.add({3, std::nullopt}, 2), left -= 6;
                if (left > 1) split.add({1, std::nullopt}), left -= 1;
                split.add({left, std::nullopt});
                continue;
            }
            std::size_t run = 1;
            while (i + run < extents.size() && extents[i + run] == extents[i] && below(random, 3) != 0) ++run;
            split.add(extents[i], run);
            i += run;
        }
        RC_ASSERT(split.finish().root == build(nodes, kSmallNodes, extents).root);
    }));
}

TEST_CASE("one changed entry makes no more new nodes than the tree is high, and a few", "[tree]") {
    Random random(1);
    const SampleManifest manifest = sample_manifest(random, 20'000);
    MemoryNodes nodes;
    const BuiltTree before = build(nodes, kSmallNodes, manifest);
    REQUIRE(before.root.level >= 4);
    for (int round = 0; round < 50; ++round) {
        const std::size_t held = nodes.distinct();
        const SampleManifest changed = edited(manifest, random, 1);
        const BuiltTree after = build(nodes, kSmallNodes, changed);
        // A node more a level may be cut differently until the next boundary; the bound is loose, growth with the
        // tree is not.
        CHECK(nodes.distinct() - held <= 4u * (before.root.level + 1));
        CHECK((after.root == before.root) == (changed == manifest));
    }
}

TEST_CASE("a single item is a root of level 0, a repeated one too", "[tree]") {
    MemoryNodes nodes;
    Random random(1);
    CHECK(build(nodes, {}, SampleManifest{{"", sample_entry(random)}}).root.level == 0);
    ExtentsBuilder zeros(nodes, {});
    zeros.add(sample_chunk(7, 262'144), 3'814'698);  // 10^12 bytes
    const BuiltTree built = zeros.finish();
    CHECK(built.root.level == 0);
    CHECK(built.totals == Totals{3'814'698, 0, 3'814'698ull * 262'144, 3'814'698ull * 262'144});
    CHECK(nodes.plaintext(built.root.id).size() < 50);
    CHECK(ExtentsReader(nodes, built.root).seek(999'999'999'999).offset() == 999'999'999'999 / 262'144 * 262'144);
}

TEST_CASE("a tree of equal nodes has a root with one item and a repeat", "[tree]") {
    // Two chunks in turn, and every node ends by weight: so all nodes but the last are equal, and here the last too.
    NeverABoundary nodes;
    // 8 items of 1 + 3 + 32 bytes.
    constexpr NodeShape shape{.average_bytes = 512, .items_min = 2, .weight_max = 36 * 8};
    std::vector<Extent> extents;
    for (std::uint64_t i = 0; i < 8'000; ++i) extents.push_back(sample_chunk(i % 2));
    const BuiltTree built = build(nodes, shape, extents);
    CHECK(built.root == plain_tree(nodes, shape, extents));
    CHECK(built.root.level == 1);
    const auto root = nodes.node(built.root.id);
    REQUIRE(root->size() == 1);
    CHECK(root->extents_children()[0].repeat == 1'000);
    CHECK(nodes.distinct() == 2);
    ExtentsReader reader(nodes, built.root);
    CHECK(reader.totals().entries == 8'000);
    std::uint64_t walked = 0;
    for (ExtentsCursor at = reader.begin(); at.valid(); at.next(), ++walked) {
        REQUIRE(at.extent() == extents[walked]);
        REQUIRE(at.offset() == walked * 65'536);
    }
    CHECK(walked == 8'000);
}

TEST_CASE("periodic contents of a million repeats stay small and are found quickly", "[tree]") {
    for (const std::uint64_t period : {2u, 7u, 199u, 200u}) {
        MemoryNodes nodes;
        ExtentsBuilder builder(nodes, {});
        // The nodes cycle long before the end of any of them.
        const std::uint64_t repeats = period == 2 ? 1'000'000 : 2'000'000 / period;
        for (std::uint64_t i = 0; i < period * repeats; ++i) builder.add(sample_chunk(i % period, 1'000));
        const BuiltTree built = builder.finish();
        INFO("period " << period);
        // The start of a node in the period says where the next starts: at most `period` different nodes a level, and
        // the ends.
        CHECK(nodes.distinct() <= (period + 2) * (built.root.level + 1u));
        CHECK(distinct_nodes(nodes, TreeKind::Extents, built.root) <= nodes.distinct());
        CHECK(built.totals.entries == period * repeats);
        const ExtentsReader reader(nodes, built.root);
        Random random(period);
        nodes.forget_gets();
        for (int i = 0; i < 100; ++i) {
            const std::uint64_t offset = below(random, period * repeats * 1'000);
            const ExtentsCursor at = reader.seek(offset);
            REQUIRE(at.extent() == sample_chunk(offset / 1'000 % period, 1'000));
            REQUIRE(at.index() == offset / 1'000);
            REQUIRE(at.offset() == offset / 1'000 * 1'000);
        }
        CHECK(nodes.gets() <= 100u * built.root.level);
    }
}

TEST_CASE("keys that never meet a boundary end nodes by weight, and no node is too large", "[tree]") {
    NeverABoundary nodes;
    Random random(3);
    SampleManifest manifest;
    for (int i = 0; i < 30'000; ++i) manifest.insert_or_assign(numbered("name", i), sample_entry(random));
    const BuiltTree built = build(nodes, {}, manifest);
    CHECK(built.root == plain_tree(nodes, {}, manifest));
    std::size_t full = 0;
    visit_nodes(nodes, TreeKind::Manifest, built.root, [](const NodeLink&) { return true; },
                [&](const NodeLink& link, const TreeNode& node) {
                    CHECK(nodes.plaintext(link.id).size() <= kNodeBytesMax);
                    std::uint64_t weight = 0;
                    if (node.node.level == 0)
                        for (const auto& item : node.manifest_entries()) weight += item.key.size() + item.entry.size();
                    CHECK(weight <= kNodeWeightMax);
                    if (weight > kNodeWeightMax - 200) ++full;
                });
    CHECK(full >= 5);
    CHECK(ManifestReader(nodes, built.root).find("name777") == decode_entry(manifest.at("name777")));
}

TEST_CASE("the longest keys with the longest entries make nodes of at least four items", "[tree]") {
    MemoryNodes nodes;
    Entry entry;
    entry.type = EntryType::Regular;
    AttributeSet attributes{{"user.large", Bytes(kEntryBytesMax - 80, 1)}};
    entry.attributes = attributes;
    SampleManifest manifest;
    for (int i = 0; i < 60; ++i) {
        std::string key(kManifestKeyBytesMax, static_cast<char>('a' + i % 7));
        key.replace(key.size() - 8, 8, std::to_string(10'000'000 + i));
        Bytes record = encode(entry);
        REQUIRE(record.size() > kEntryBytesMax - 100);
        REQUIRE(record.size() <= kEntryBytesMax);
        manifest.emplace(key, record);
    }
    const BuiltTree built = build(nodes, {}, manifest);
    CHECK(built.root == plain_tree(nodes, {}, manifest));
    CHECK(built.root.level >= 1);
    CHECK(built.root.level <= 3);
    std::uint64_t leaves = 0;
    visit_nodes(nodes, TreeKind::Manifest, built.root, [](const NodeLink&) { return true; },
                [&](const NodeLink& link, const TreeNode&) { leaves += link.level == 0 ? 1 : 0; });
    CHECK(leaves == 60 / 4);  // each weighs more than the average, so a leaf ends as soon as it may
    std::uint64_t found = 0;
    for (const auto& [key, record] : manifest)
        found += ManifestReader(nodes, built.root).seek(key).entry_bytes().size() == record.size() ? 1 : 0;
    CHECK(found == 60);
}

TEST_CASE("roots of fixed items under fixed keys stay what they are", "[tree]") {
    // Golden: these follow from docs/format.md 8.4 alone (tests/golden/tree_roots.py computes them apart from this
    // code).
    MemoryNodes nodes;
    ManifestBuilder manifest(nodes, {});
    Entry entry;
    entry.type = EntryType::Directory;
    entry.mode = 0755;
    manifest.add("", encode(entry));
    entry.type = EntryType::Fifo;
    for (int i = 0; i < 20'000; ++i) {
        entry.size = static_cast<std::uint64_t>(i);
        entry.allocated = static_cast<std::uint64_t>(i) * 512;
        manifest.add(numbered(std::string(1, '\0'), 100'000 + i), encode(entry));
    }
    const BuiltTree m = manifest.finish();
    ExtentsBuilder extents(nodes, {});
    for (std::uint64_t i = 0; i < 60'000; ++i) {
        if (i % 1'000 == 0) extents.add({4'096 + i, std::nullopt});
        extents.add(sample_chunk(i < 30'000 ? i : i % 5, 10'000), i % 7 == 0 ? 3 : 1);
    }
    const BuiltTree x = extents.finish();
    CHECK(m.root.id.hex() == "47648ab9833c972cca308fbbc18435c493be063ba6538f9c821ae1dee12b0fd5");
    CHECK(m.root.level == 1);
    CHECK(x.root.id.hex() == "7fa27529437de0c5086fca7bbdbf5bf47d10a830239788c6c1922ca0325643c5");
    CHECK(x.root.level == 1);
}

TEST_CASE("a builder refuses what no reader would take", "[tree]") {
    MemoryNodes nodes;
    Random random(1);
    const Bytes entry = sample_entry(random);
    const auto manifest = [&](const std::vector<std::string>& keys, ByteView record) {
        return kind_of_failure([&] {
            ManifestBuilder builder(nodes, {});
            for (const std::string& key : keys) builder.add(key, record);
            builder.finish();
        });
    };
    CHECK(manifest({}, entry) == ErrorKind::Corrupt);
    CHECK(manifest({"b", "a"}, entry) == ErrorKind::Corrupt);
    CHECK(manifest({"", ""}, entry) == ErrorKind::Corrupt);
    CHECK(manifest({std::string(kManifestKeyBytesMax + 1, 'k')}, entry) == ErrorKind::Corrupt);
    CHECK(manifest({"a"}, Bytes(kEntryBytesMax + 1, 1)) == ErrorKind::Corrupt);
    CHECK(manifest({"a"}, ByteView(entry).first(20)) == ErrorKind::Corrupt);

    const auto extents = [&](const std::vector<Extent>& items, std::uint64_t repeat) {
        return kind_of_failure([&] {
            ExtentsBuilder builder(nodes, {});
            for (const Extent& extent : items) builder.add(extent, repeat);
            builder.finish();
        });
    };
    CHECK(extents({}, 1) == ErrorKind::Corrupt);
    CHECK(extents({{0, std::nullopt}}, 1) == ErrorKind::Corrupt);
    CHECK(extents({sample_chunk(1)}, 0) == ErrorKind::Corrupt);
    CHECK(extents({sample_chunk(1, kChunkBytesMax + 1)}, 1) == ErrorKind::Corrupt);
    CHECK(extents({{1ull << 63, std::nullopt}}, 1) == ErrorKind::Corrupt);
    CHECK(extents({{1ull << 62, std::nullopt}, {1ull << 62, std::nullopt}}, 1) == ErrorKind::Corrupt);
    CHECK(extents({sample_chunk(1, 1 << 20)}, 1ull << 43) == ErrorKind::Corrupt);

    // Node sizes with which some node would hold one item.
    CHECK(kind_of_failure([&] { ManifestBuilder(nodes, {512, 1, 2'048}); }) == ErrorKind::Unsupported);
    CHECK(kind_of_failure([&] { ManifestBuilder(nodes, {512, 2, kNodeWeightMax + 1}); }) == ErrorKind::Unsupported);
    CHECK(kind_of_failure([&] {
              ManifestBuilder builder(nodes, {512, 2, 100});
              builder.add("a", entry);
              builder.add(std::string(60, 'b'), entry);
          }) == ErrorKind::Unsupported);
}
