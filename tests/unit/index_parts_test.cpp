// The sorter and the locality cache by themselves.
#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

#include <algorithm>
#include <random>
#include <thread>

#include "store/index_locality.h"
#include "store/index_sorter.h"
#include "tests/support/temporary_folder.h"

using namespace vault;

namespace {

ChunkId random_id(std::mt19937_64& random) {
    ChunkId id;
    for (std::uint8_t& byte : id.bytes) byte = static_cast<std::uint8_t>(random());
    return id;
}

PackDirectory directory_of(std::span<const ChunkId> ids) {
    PackDirectory directory;
    for (std::size_t first = 0; first < ids.size(); first += 3) {
        DirectoryBox box;
        for (const ChunkId& id : ids.subspan(first, std::min<std::size_t>(3, ids.size() - first)))
            box.chunks.push_back({id, 10});
        directory.boxes.push_back(box);
    }
    return directory;
}

std::vector<ChunkId> random_ids(std::mt19937_64& random, std::size_t count) {
    std::vector<ChunkId> ids(count);
    for (ChunkId& id : ids) id = random_id(random);
    return ids;
}

std::size_t found(LocalityCache& cache, std::span<const ChunkId> ids, const PackSet& view) {
    std::vector<std::optional<ChunkLocation>> places(ids.size());
    cache.find(ids, view, places);
    return static_cast<std::size_t>(std::ranges::count_if(places, [](const auto& place) { return place.has_value(); }));
}

PackSet packs_below(PackNumber end) {
    PackSet view;
    for (PackNumber number = 0; number < end; ++number) view.add(number);
    return view;
}

}  // namespace

TEST_CASE("rows come sorted, each once, whatever fits in memory", "[index]") {
    rc::prop("all rows, ascending", [](std::uint64_t seed) {
        const TemporaryFolder folder;
        std::mt19937_64 random(seed);
        const std::uint64_t bytes = 200ull << random() % 14;
        const std::size_t lanes = 1 + random() % 3, count = random() % 600;
        const bool skewed = random() % 2 == 0;  // few ids, many rows of each
        ChunkSorter sorter(folder.path(), bytes, lanes);
        std::vector<ChunkRow> rows;
        for (std::uint32_t i = 0; i < count; ++i) {
            std::mt19937_64 few(random() % 7);
            const ChunkRow row{random_id(skewed ? few : random), {static_cast<PackNumber>(random() % 5), i, 1, 2, 3}};
            rows.push_back(row);
            sorter.add(random() % lanes, row);
        }
        sorter.finish();
        RC_ASSERT(sorter.rows() == count);
        std::vector<ChunkRow> sorted;
        for (std::size_t part = 0; part < sorter.parts(); ++part)
            sorter.visit(part, [&](const ChunkRow& row) { sorted.push_back(row); });
        std::ranges::sort(rows, {}, [](const ChunkRow& row) { return std::tuple(row.id, row.at.pack, row.at.entry); });
        const auto same = [](const ChunkRow& a, const ChunkRow& b) { return a.id == b.id && a.at == b.at; };
        RC_ASSERT(std::ranges::equal(rows, sorted, same));
    });
}

TEST_CASE("a loaded pack's chunks are found where they lie, in the view only", "[index]") {
    std::mt19937_64 random(1);
    LocalityCache cache(1 << 20);
    const auto ids = random_ids(random, 100);
    cache.load(4, directory_of(ids));
    std::vector<std::optional<ChunkLocation>> places(ids.size());
    cache.find(ids, packs_below(5), places);
    for (std::uint32_t i = 0; i < ids.size(); ++i)
        CHECK(places[i] == ChunkLocation{4, i, i / 3, i % 3 * 10, 10});
    CHECK(found(cache, ids, packs_below(4)) == 0);
    CHECK(found(cache, random_ids(random, 1000), packs_below(5)) == 0);
}

TEST_CASE("of two loaded packs with a chunk, the one in the view answers", "[index]") {
    std::mt19937_64 random(1);
    LocalityCache cache(1 << 20);
    const auto ids = random_ids(random, 10);
    for (const PackNumber number : {0u, 1u, 2u}) cache.load(number, directory_of(ids));
    for (const PackNumber only : {0u, 1u, 2u}) {
        PackSet view;
        view.add(only);
        std::vector<std::optional<ChunkLocation>> places(ids.size());
        cache.find(ids, view, places);
        for (const auto& place : places) CHECK(place->pack == only);
    }
}

TEST_CASE("ids that differ only beyond their first eight bytes are told apart", "[index]") {
    LocalityCache cache(1 << 20);
    ChunkId here, other;
    here.bytes[31] = 1;
    other.bytes[31] = 2;
    cache.load(1, directory_of(std::span(&here, 1)));
    CHECK(found(cache, std::span(&here, 1), packs_below(2)) == 1);
    CHECK(found(cache, std::span(&other, 1), packs_below(2)) == 0);
}

TEST_CASE("what is used stays, what is not is forgotten, and memory stays bounded", "[index]") {
    std::mt19937_64 random(1);
    LocalityCache cache(200'000);  // some 3,000 chunks
    const auto used = random_ids(random, 100), unused = random_ids(random, 100);
    cache.load(0, directory_of(used));
    cache.load(1, directory_of(unused));
    for (PackNumber number = 2; number < 200; ++number) {
        cache.load(number, directory_of(random_ids(random, 100)));
        REQUIRE(found(cache, used, packs_below(1)) == 100);
    }
    CHECK(found(cache, unused, packs_below(2)) == 0);
}

TEST_CASE("a pack is worth loading after several hits, and never if it cannot fit", "[index]") {
    LocalityCache cache(200'000);
    CHECK_FALSE(cache.is_worth_loading(1, 100));
    CHECK_FALSE(cache.is_worth_loading(1, 100));
    CHECK_FALSE(cache.is_worth_loading(1, 100));
    CHECK(cache.is_worth_loading(1, 100));
    for (int hit = 0; hit < 100; ++hit) CHECK_FALSE(cache.is_worth_loading(2, 65'536));
    // One hit each in many packs: none of them.
    for (PackNumber number = 10; number < 2000; ++number) CHECK_FALSE(cache.is_worth_loading(number % 500 + 10, 100));
    LocalityCache none(0);
    for (int hit = 0; hit < 10; ++hit) CHECK_FALSE(none.is_worth_loading(1, 1));
}

TEST_CASE("a pack is not worth loading as long as it is loaded", "[index]") {
    std::mt19937_64 random(1);
    LocalityCache cache(200'000);
    cache.load(0, directory_of(random_ids(random, 100)));
    for (int hit = 0; hit < 100; ++hit) CHECK_FALSE(cache.is_worth_loading(0, 100));
    const auto is_worth_loading_again = [&] {
        for (int hit = 0; hit < 3; ++hit) CHECK_FALSE(cache.is_worth_loading(0, 100));
        return cache.is_worth_loading(0, 100);
    };
    PackNumber others = 0;
    for (; others < 200 && !is_worth_loading_again(); ++others)
        cache.load(1 + others, directory_of(random_ids(random, 100)));
    CHECK(others > 10);  // so many fit beside it
    CHECK(others < 200);
}

TEST_CASE("threads may load and ask at once", "[index]") {
    std::mt19937_64 random(1);
    LocalityCache cache(400'000);
    std::vector<std::vector<ChunkId>> packs;
    for (int number = 0; number < 50; ++number) packs.push_back(random_ids(random, 200));
    std::atomic<int> wrong = 0;
    {
        std::vector<std::jthread> threads;
        for (unsigned thread = 0; thread < 3; ++thread)
            threads.emplace_back([&, thread] {
                std::mt19937_64 own(thread);
                for (int round = 0; round < 100; ++round) {
                    const auto number = static_cast<PackNumber>(own() % packs.size());
                    cache.load(number, directory_of(packs[number]));
                    std::vector<std::optional<ChunkLocation>> places(200);
                    cache.find(packs[number], packs_below(50), places);
                    for (std::uint32_t i = 0; i < 200; ++i)
                        if (places[i] && (places[i]->pack != number || places[i]->entry != i)) ++wrong;
                }
            });
    }
    CHECK(wrong == 0);
}
