// Going past nodes of a manifest that cannot be read: everything else is met, and what is not met is told.
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <set>

#include "store/tree_diff.h"
#include "store/tree_reader.h"
#include "tests/support/sample_trees.h"

using namespace vault;

namespace {

// A manifest in small nodes, some of which are lost.
struct DamagedManifest {
    SampleManifest all, readable;
    MemoryNodes nodes;
    BuiltTree built;
    std::set<ChunkId> lost;

    DamagedManifest(Random& random, std::size_t count, std::uint64_t one_in) : all(sample_manifest(random, count)) {
        built = build(nodes, kSmallNodes, all);
        readable = all;
        std::string before;  // the last key of the leaf before
        bool is_first = true;
        const auto enter = [&](const NodeLink& link) {
            if (link.id == built.root.id || below(random, one_in) != 0) return true;
            lost.insert(link.id);
            auto from = is_first ? readable.begin() : readable.upper_bound(before);
            readable.erase(from, readable.upper_bound(std::string(link.last_key)));
            before = link.last_key;
            is_first = false;
            return false;
        };
        const auto visit = [&](const NodeLink& link, const TreeNode& node) {
            if (link.level > 0) return;
            before = node.manifest_entries().back().key;
            is_first = false;
        };
        visit_nodes(nodes, TreeKind::Manifest, built.root, enter, visit);
        nodes.before_get = [this](const ChunkId& id) {
            if (lost.contains(id)) throw Error(ErrorKind::Corrupt, "lost");
        };
    }
};

Random random_of_case() {
    return Random(*rc::gen::arbitrary<std::uint64_t>());
}

}  // namespace

TEST_CASE("a scan past lost nodes meets every entry that can be read, and tells of exactly the others", "[tree]") {
    REQUIRE(rc::check([] {
        Random random = random_of_case();
        DamagedManifest damaged(random, *rc::gen::inRange(0, 600), *rc::gen::inRange(1, 12));
        const ManifestReader reader(damaged.nodes, damaged.built.root);
        std::vector<LostNode> gaps;
        const OnLostNode lost = [&](const LostNode& node) {
            gaps.push_back(node);
            return true;
        };
        SampleManifest met;
        ManifestCursor at = reader.seek("", lost);
        for (; at.valid(); at.next(lost)) {
            std::uint64_t hidden = 0;
            for (const LostNode& gap : gaps) hidden += gap.totals.entries;
            RC_ASSERT(at.rank() == met.size() + hidden);
            met[at.key()] = to_bytes(at.entry_bytes());
        }
        RC_ASSERT(met == damaged.readable);
        std::set<ChunkId> told;
        std::uint64_t hidden = 0;
        for (const LostNode& gap : gaps) {
            RC_ASSERT(told.insert(gap.id).second);
            hidden += gap.totals.entries;
            std::uint64_t in_gap = 0;
            for (const auto& [key, entry] : damaged.all) {
                in_gap += gap.hides(key);
                if (gap.hides(key)) RC_ASSERT(!damaged.readable.contains(key));
            }
            RC_ASSERT(in_gap == gap.totals.entries);
            RC_ASSERT(damaged.all.contains(gap.last_key));
            if (gap.after) RC_ASSERT(damaged.all.contains(*gap.after));
        }
        RC_ASSERT(told == damaged.lost);
        RC_ASSERT(met.size() + hidden == damaged.all.size());
    }));
}

TEST_CASE("a seek past lost nodes stands at the first readable entry that is not below the key", "[tree]") {
    REQUIRE(rc::check([] {
        Random random = random_of_case();
        DamagedManifest damaged(random, *rc::gen::inRange(1, 400), *rc::gen::inRange(1, 8));
        const ManifestReader reader(damaged.nodes, damaged.built.root);
        for (const auto& [key, entry] : damaged.all) {
            std::vector<LostNode> gaps;
            const ManifestCursor at = reader.seek(key, [&](const LostNode& node) {
                gaps.push_back(node);
                return true;
            });
            const auto expected = damaged.readable.lower_bound(key);
            RC_ASSERT(at.valid() == (expected != damaged.readable.end()));
            if (at.valid()) {
                RC_ASSERT(at.key() == expected->first);
                RC_ASSERT(at.rank() == static_cast<std::uint64_t>(
                                           std::distance(damaged.all.begin(), damaged.all.find(expected->first))));
            }
            RC_ASSERT(gaps.empty() == damaged.readable.contains(key));
            if (!gaps.empty()) RC_ASSERT(gaps.front().hides(key));
        }
    }));
}

TEST_CASE("who does not ask to go past a lost node is stopped by it", "[tree]") {
    Random random(3);
    DamagedManifest damaged(random, 400, 8);
    REQUIRE(!damaged.lost.empty());
    const ManifestReader reader(damaged.nodes, damaged.built.root);
    std::uint64_t met = 0;
    CHECK_THROWS_AS(
        [&] {
            for (ManifestCursor at = reader.begin(); at.valid(); at.next()) ++met;
        }(),
        Error);
    CHECK(met < damaged.readable.size());
    for (const auto& [key, entry] : damaged.all) {
        CAPTURE(key);
        if (damaged.readable.contains(key)) {
            CHECK(reader.find(key) == decode_entry(entry));
        } else {
            CHECK_THROWS_AS(reader.find(key), Error);
        }
    }
}

TEST_CASE("a scan ends at the lost node behind which it is not asked to go", "[tree]") {
    Random random(4);
    DamagedManifest damaged(random, 400, 8);
    const ManifestReader reader(damaged.nodes, damaged.built.root);
    std::vector<LostNode> gaps;
    const OnLostNode lost = [&](const LostNode& node) {
        gaps.push_back(node);
        return gaps.size() < 2;
    };
    std::string last;
    for (ManifestCursor at = reader.seek("", lost); at.valid(); at.next(lost)) last = at.key();
    REQUIRE(gaps.size() == 2);
    CHECK(last <= *gaps[1].after);
}

TEST_CASE("only a node that is lost is gone past, not one that this program or this moment cannot read", "[tree]") {
    Random random(5);
    DamagedManifest damaged(random, 200, 8);
    const ManifestReader reader(damaged.nodes, damaged.built.root);
    const ErrorKind kind = GENERATE(ErrorKind::Corrupt, ErrorKind::NotFound, ErrorKind::Io, ErrorKind::Unsupported,
                                    ErrorKind::Busy, ErrorKind::Denied, ErrorKind::Interrupted);
    CAPTURE(name(kind));
    damaged.nodes.before_get = [&](const ChunkId& id) {
        if (damaged.lost.contains(id)) throw Error(kind, "not read");
    };
    std::uint64_t told = 0;
    const OnLostNode lost = [&](const LostNode& node) {
        CHECK(node.error.kind() == kind);
        ++told;
        return true;
    };
    const auto scan = [&] {
        for (ManifestCursor at = reader.seek("", lost); at.valid(); at.next(lost)) {}
    };
    if (kind == ErrorKind::Corrupt || kind == ErrorKind::NotFound || kind == ErrorKind::Io) {
        scan();
        CHECK(told == damaged.lost.size());
    } else {
        CHECK_THROWS_AS(scan(), Error);
        CHECK(told == 0);
    }
}
