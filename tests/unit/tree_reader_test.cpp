// Reading trees: every seek, scan and sum against a std::map or a vector.
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <limits>

#include "store/format/entry_totals.h"
#include "store/tree_reader.h"
#include "tests/support/sample_trees.h"

using namespace vault;

namespace {

Random random_of_case() {
    return Random(*rc::gen::arbitrary<std::uint64_t>());
}

// A key of the manifest, or something near one.
std::string some_key(const SampleManifest& manifest, Random& random) {
    std::string key = std::next(manifest.begin(), static_cast<std::ptrdiff_t>(below(random, manifest.size())))->first;
    switch (below(random, 4)) {
        case 0: key += static_cast<char>(below(random, 256)); break;
        case 1: key = key.substr(0, below(random, key.size() + 1)); break;
        case 2:
            if (!key.empty()) key.back() = static_cast<char>(key.back() + 1);
            break;
        default: break;
    }
    return key;
}

}  // namespace

TEST_CASE("a manifest reads back as the map it was built of", "[tree]") {
    REQUIRE(rc::check([] {
        Random random = random_of_case();
        const SampleManifest manifest = sample_manifest(random, *rc::gen::inRange(0, 400));
        MemoryNodes nodes;
        const BuiltTree built = build(nodes, kSmallNodes, manifest);
        const ManifestReader reader(nodes, built.root);
        RC_ASSERT(reader.totals() == built.totals);
        RC_ASSERT(reader.totals().entries == manifest.size());
        std::uint64_t rank = 0;
        ManifestCursor at = reader.begin();
        for (const auto& [key, entry] : manifest) {
            RC_ASSERT(at.valid());
            RC_ASSERT(at.key() == key);
            RC_ASSERT(equal(at.entry_bytes(), entry));
            RC_ASSERT(at.rank() == rank);
            RC_ASSERT(reader.seek_rank(rank).key() == key);
            RC_ASSERT(reader.find(key) == decode_entry(entry));
            at.next();
            ++rank;
        }
        RC_ASSERT(!at.valid());
        RC_ASSERT(!reader.seek_rank(rank).valid());
        RC_ASSERT(!reader.seek_rank(std::numeric_limits<std::uint64_t>::max()).valid());
    }));
}

TEST_CASE("a seek by key stands where lower_bound of a map does, and goes on from there", "[tree]") {
    REQUIRE(rc::check([] {
        Random random = random_of_case();
        const SampleManifest manifest = sample_manifest(random, *rc::gen::inRange(0, 400));
        MemoryNodes nodes;
        const ManifestReader reader(nodes, build(nodes, kSmallNodes, manifest).root);
        for (int i = 0; i < 40; ++i) {
            const std::string key = some_key(manifest, random);
            auto expected = manifest.lower_bound(key);
            ManifestCursor at = reader.seek(key);
            RC_ASSERT(reader.find(key).has_value() == (manifest.count(key) == 1));
            if (at.valid())
                RC_ASSERT(at.rank() == static_cast<std::uint64_t>(std::distance(manifest.begin(), expected)));
            for (int step = 0; step < 20 && expected != manifest.end(); ++step, ++expected) {
                RC_ASSERT(at.valid());
                RC_ASSERT(at.key() == expected->first);
                at.next();
            }
            RC_ASSERT(at.valid() == (expected != manifest.end()));
        }
    }));
}

TEST_CASE("the sums of a range are those of its entries, and cost two paths", "[tree]") {
    REQUIRE(rc::check([] {
        Random random = random_of_case();
        // Sizes near 2^61, so that wide ranges saturate and narrow ones do not.
        SampleManifest manifest;
        const std::size_t count = *rc::gen::inRange<std::size_t>(1, 400);
        const std::uint64_t size_max = below(random, 2) == 0 ? 1'000 : 1ull << 62;
        for (const auto& [key, ignored] : sample_manifest(random, count))
            manifest[key] = sample_entry(random, size_max);
        MemoryNodes nodes;
        const BuiltTree built = build(nodes, kSmallNodes, manifest);
        const ManifestReader reader(nodes, built.root);
        for (int i = 0; i < 40; ++i) {
            const std::string from = some_key(manifest, random);
            const std::string to = below(random, 4) == 0 ? std::string() : some_key(manifest, random);
            Totals expected;
            for (auto at = manifest.lower_bound(from); at != manifest.end() && (to.empty() || at->first < to); ++at)
                expected += totals_of_record(at->second);
            nodes.forget_gets();
            RC_ASSERT(reader.totals_between(from, to) == expected);
            RC_ASSERT(nodes.gets() <= 2u * built.root.level);
        }
        RC_ASSERT(reader.totals_between("", "") == built.totals);
    }));
}

TEST_CASE("what lies below a folder ends where its prefix does", "[tree]") {
    CHECK(prefix_end("ab") == "ac");
    CHECK(prefix_end(std::string("a\0", 2)) == std::string("a\1", 2));
    CHECK(prefix_end("a\xFF\xFF") == "b");
    CHECK(prefix_end("\xFF\xFF") == "");
    CHECK(prefix_end("") == "");
    CHECK(prefix_end("\x7F") == "\x80");
}

TEST_CASE("an extents tree reads back as the vector it was built of, byte by byte found", "[tree]") {
    REQUIRE(rc::check([] {
        Random random = random_of_case();
        const std::vector<Extent> extents = sample_extents(random, *rc::gen::inRange<std::size_t>(1, 1'000));
        MemoryNodes nodes;
        const BuiltTree built = build(nodes, kSmallNodes, extents);
        const ExtentsReader reader(nodes, built.root);
        std::vector<std::uint64_t> starts;
        std::uint64_t bytes = 0, chunk_bytes = 0;
        ExtentsCursor at = reader.begin();
        for (const Extent& extent : extents) {
            RC_ASSERT(at.valid());
            RC_ASSERT(at.extent() == extent);
            RC_ASSERT(at.offset() == bytes);
            RC_ASSERT(at.index() == starts.size());
            starts.push_back(bytes);
            bytes += extent.length;
            chunk_bytes += extent.chunk ? extent.length : 0;
            at.next();
        }
        RC_ASSERT(!at.valid());
        RC_ASSERT((reader.totals() == Totals{extents.size(), 0, bytes, chunk_bytes}));
        for (int i = 0; i < 60; ++i) {
            const std::size_t index = below(random, extents.size());
            const std::uint64_t within = below(random, 3) == 0 ? 0 : below(random, extents[index].length);
            const bool by_bytes = below(random, 2) == 0;
            ExtentsCursor found = by_bytes ? reader.seek(starts[index] + within) : reader.seek_index(index);
            for (std::size_t next = index; next < std::min(index + 30, extents.size()); ++next, found.next()) {
                RC_ASSERT(found.valid());
                RC_ASSERT(found.extent() == extents[next]);
                RC_ASSERT(found.offset() == starts[next]);
                RC_ASSERT(found.index() == next);
            }
        }
        RC_ASSERT(reader.seek(bytes - 1).index() == extents.size() - 1);
        RC_ASSERT(!reader.seek(bytes).valid());
        RC_ASSERT(!reader.seek_index(extents.size()).valid());
        RC_ASSERT(!reader.seek(std::numeric_limits<std::uint64_t>::max()).valid());
    }));
}

TEST_CASE("a seek reads one node a level, a scan every node once", "[tree]") {
    Random random(5);
    const SampleManifest manifest = sample_manifest(random, 5'000);
    MemoryNodes nodes;
    const BuiltTree built = build(nodes, kSmallNodes, manifest);
    const ManifestReader reader(nodes, built.root);
    REQUIRE(built.root.level >= 3);
    nodes.forget_gets();
    for (std::uint64_t rank = 0; rank < manifest.size(); rank += 100) reader.seek(reader.seek_rank(rank).key());
    CHECK(nodes.gets() == (manifest.size() + 99) / 100 * 2 * built.root.level);
    nodes.forget_gets();
    std::uint64_t entries = 0;
    for (ManifestCursor at = reader.begin(); at.valid(); at.next()) ++entries;
    CHECK(entries == manifest.size());
    CHECK(nodes.gets() == nodes.distinct() - 1);  // the root is held
}

TEST_CASE("a cursor outlives its reader", "[tree]") {
    Random random(6);
    const SampleManifest manifest = sample_manifest(random, 500);
    MemoryNodes nodes;
    const TreeRoot root = build(nodes, kSmallNodes, manifest).root;
    ManifestCursor at = ManifestReader(nodes, root).begin();
    std::uint64_t entries = 0;
    for (; at.valid(); at.next()) ++entries;
    CHECK(entries == manifest.size());
}
