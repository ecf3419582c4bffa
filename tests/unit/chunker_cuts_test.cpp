// Where streams are cut: golden cuts, agreement with the reference, and what must hold for every stream.
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/support/reference_chunker.h"

using namespace vault;
using namespace vault::test;

namespace {

// FNV-1a over the lengths as u64 little-endian.
std::uint64_t fingerprint(const Lengths& lengths) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const auto length : lengths) {
        for (unsigned i = 0; i < 64; i += 8) hash = (hash ^ ((length >> i) & 0xff)) * 0x100000001b3;
    }
    return hash;
}

struct Golden {
    std::uint32_t average;
    std::size_t stream_mib;
    std::uint64_t key;
    std::size_t chunks;
    std::uint64_t fingerprint;
    Lengths first;
};

// A generator whose bytes make cuts likely and unlikely: runs of one byte, short periods, random stretches.
rc::Gen<std::vector<std::uint8_t>> streams() {
    return rc::gen::map(rc::gen::container<std::vector<std::array<std::uint64_t, 3>>>(
                            rc::gen::container<std::array<std::uint64_t, 3>>(rc::gen::arbitrary<std::uint64_t>())),
                        [](const auto& recipe) {
                            std::vector<std::uint8_t> stream;
                            for (const auto& [seed, shape, size] : recipe) {
                                const auto length = size % 3000;
                                const auto period = shape % 3 == 0 ? 1 : shape % 3 == 1 ? 1 + shape / 3 % 200 : 3000;
                                const auto pattern = seeded_bytes(seed, period);
                                for (std::size_t i = 0; i < length; ++i) stream.push_back(pattern[i % period]);
                            }
                            return stream;
                        });
}

}  // namespace

// Computed by a third program, written from the rule alone. These lists are the format: they never change.
TEST_CASE("the cuts of every class are the golden ones under each of two keys", "[chunker]") {
    const auto golden = GENERATE(values<Golden>({
        {4096, 1, 1, 221, 0x3d1c1ace05076e7b, {4398, 4852, 2082, 4257}},
        {4096, 1, 2, 220, 0xb100611510de22c3, {4339, 4098, 4248, 5773}},
        {65536, 8, 1, 122, 0x834b07f1b0d96424, {78526, 82208, 89099, 75161}},
        {65536, 8, 2, 118, 0x09bab094611b0298, {68705, 105583, 74411, 68733}},
        {1048576, 24, 1, 21, 0xfd08d37db04ece0d, {1087204, 1058544, 1059186, 1392593}},
        {1048576, 24, 2, 23, 0x1bd3e17c79610010, {951991, 1095232, 1258890, 1128293}},
    }));

    const auto stream = seeded_bytes(1000, golden.stream_mib << 20);
    const auto lengths = cuts(seeded_gear(golden.key), chunk_sizes(golden.average), stream);

    CHECK(Lengths(lengths.begin(), lengths.begin() + 4) == golden.first);
    CHECK(lengths.size() == golden.chunks);
    CHECK(fingerprint(lengths) == golden.fingerprint);
}

TEST_CASE("the chunker agrees with the reference at every size, key and normalisation", "[chunker]") {
    const auto average = GENERATE(256U, 512U, 4096U);
    const auto normalisation = GENERATE(0U, 1U, 2U, 3U);
    const auto key = GENERATE(7U, 8U, 9U);
    const auto sizes = chunk_sizes(average, normalisation);
    const auto stream = seeded_bytes(key + 100, 200'000);

    CHECK(cuts(seeded_gear(key), sizes, stream) == reference_cuts(seeded_key_stream(key), sizes, stream));
}

TEST_CASE("the chunker agrees with the reference where minimum, average and maximum fall together", "[chunker]") {
    const auto sizes = GENERATE(ChunkSizes{64, 256, 256, 2}, ChunkSizes{256, 256, 1024, 2},
                                ChunkSizes{256, 256, 256, 2}, ChunkSizes{255, 256, 257, 0},
                                ChunkSizes{64, 256, 300, 3});
    const auto stream = seeded_bytes(11, 100'000);

    CHECK(cuts(seeded_gear(3), sizes, stream) == reference_cuts(seeded_key_stream(3), sizes, stream));
}

TEST_CASE("the cuts do not depend on the pieces that the stream comes in", "[chunker]") {
    REQUIRE(rc::check("any pieces", [] {
        const auto stream = *streams();
        const auto gear = seeded_gear(*rc::gen::inRange<std::uint64_t>(0, 100));
        const auto sizes = chunk_sizes(256U << *rc::gen::inRange(0, 3));
        const auto piece = rc::gen::inRange<std::size_t>(0, 900);
        const auto pieces = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::size_t>>(piece));
        const auto piece_bytes = [&](std::size_t n) { return std::max<std::size_t>(pieces[n % pieces.size()], n % 2); };
        RC_ASSERT(cuts_in_pieces(gear, sizes, stream, piece_bytes, *rc::gen::arbitrary<bool>()) ==
                  cuts(gear, sizes, stream));
    }));
}

TEST_CASE("a stream fed byte by byte is cut as it is in one piece", "[chunker]") {
    const auto stream = seeded_bytes(5, 100'000);
    const auto gear = seeded_gear(5);
    const auto one_byte = [](std::size_t) { return std::size_t{1}; };

    CHECK(cuts_in_pieces(gear, chunk_sizes(4096), stream, one_byte, true) == cuts(gear, chunk_sizes(4096), stream));
}

TEST_CASE("chunks concatenate to the stream and keep their bounds, as in the reference", "[chunker]") {
    REQUIRE(rc::check("any stream", [] {
        const auto stream = *streams();
        const auto key = *rc::gen::inRange<std::uint64_t>(0, 100);
        const auto sizes = chunk_sizes(256, *rc::gen::inRange(0U, 4U));
        const auto lengths = cuts(seeded_gear(key), sizes, stream);
        RC_ASSERT(concatenates_within_bounds(lengths, sizes, stream.size()));
        RC_ASSERT(lengths == reference_cuts(seeded_key_stream(key), sizes, stream));
    }));
}

TEST_CASE("after an insertion the cuts before it stay and a shared cut is shared for good", "[chunker]") {
    REQUIRE(rc::check("any stream", [] {
        const auto stream = *streams();
        const auto gear = seeded_gear(*rc::gen::inRange<std::uint64_t>(0, 100));
        const auto sizes = chunk_sizes(256);
        const auto position = *rc::gen::inRange<std::size_t>(0, stream.size() + 1);
        const auto more = seeded_bytes(*rc::gen::arbitrary<std::uint64_t>(), *rc::gen::inRange<std::size_t>(0, 400));
        auto edited = stream;
        edited.insert(edited.begin() + static_cast<std::ptrdiff_t>(position), more.begin(), more.end());
        RC_ASSERT(resynchronises(cuts(gear, sizes, stream), cuts(gear, sizes, edited), position, more.size()));
    }));
}

TEST_CASE("one changed byte in random content costs a few chunks at most", "[chunker]") {
    const auto sizes = chunk_sizes(4096);
    const auto gear = seeded_gear(1);
    const auto stream = seeded_bytes(21, 1 << 20);
    const auto before = cut_offsets(cuts(gear, sizes, stream));

    std::size_t lost_max = 0;
    for (std::size_t position = 0; position < stream.size(); position += 10'007) {
        auto edited = stream;
        edited[position] ^= 0x55;
        const auto after = cut_offsets(cuts(gear, sizes, edited));
        std::vector<std::size_t> shared;
        std::set_intersection(before.begin(), before.end(), after.begin(), after.end(), std::back_inserter(shared));
        lost_max = std::max(lost_max, before.size() - shared.size());
    }

    CHECK(lost_max <= 12);
}

TEST_CASE("a cut at the minimum hangs on each of the 64 bytes before it and on none further back", "[chunker]") {
    const auto sizes = chunk_sizes(4096);
    const auto gear = seeded_gear(1);
    const auto first_is_minimum = [&](ByteSpan stream) {
        return Chunker(gear, sizes).next(stream, Input::More).consumed == sizes.minimum;
    };
    const std::size_t window = sizes.minimum - kGearWindowBytes;
    std::vector<std::uint8_t> stream(2 * sizes.minimum, 0);
    for (std::uint64_t seed = 0; !first_is_minimum(stream); ++seed) {
        REQUIRE(seed < 1'000'000);
        std::ranges::copy(seeded_bytes(seed, kGearWindowBytes), stream.begin() + static_cast<std::ptrdiff_t>(window));
    }

    for (std::size_t offset = 0; offset < sizes.minimum; ++offset) {
        // Whichever bytes stand here instead: outside the window each keeps the cut, inside it some do not.
        bool always = true;
        for (unsigned other = 1; other < 256; ++other) {
            auto changed = stream;
            changed[offset] = static_cast<std::uint8_t>(changed[offset] + other);
            always = always && first_is_minimum(changed);
        }
        REQUIRE(always == (offset < window));
    }
}

TEST_CASE("a stream that starts at a cut has the cuts that follow it", "[chunker]") {
    const auto sizes = chunk_sizes(4096);
    const auto gear = seeded_gear(1);
    const auto stream = seeded_bytes(22, 1 << 18);
    const auto lengths = cuts(gear, sizes, stream);
    const auto from_third = std::span(stream).subspan(lengths[0] + lengths[1]);

    CHECK(cuts(gear, sizes, from_third) == Lengths(lengths.begin() + 2, lengths.end()));
}

TEST_CASE("a stream of up to the minimum is one chunk, and an empty one has none", "[chunker]") {
    const auto sizes = chunk_sizes(4096);
    const auto gear = seeded_gear(1);
    const auto stream = seeded_bytes(23, sizes.minimum);

    CHECK(cuts(gear, sizes, {}).empty());
    CHECK(cuts(gear, sizes, std::span(stream).first(1)) == Lengths{1});
    CHECK(cuts(gear, sizes, std::span(stream).first(sizes.minimum - 1)) == Lengths{sizes.minimum - 1});
    CHECK(cuts(gear, sizes, stream) == Lengths{sizes.minimum});
}

TEST_CASE("a stream that ends at a cut ends no second chunk", "[chunker]") {
    const auto gear = seeded_gear(1);
    const auto sizes = chunk_sizes(4096);
    const auto stream = seeded_bytes(1000, 4398);  // the first golden chunk
    Chunker chunker(gear, sizes);

    const auto found = chunker.next(stream, Input::End);
    CHECK(found.cut);
    CHECK(found.consumed == 4398);
    const auto after = chunker.next({}, Input::End);
    CHECK_FALSE(after.cut);
    CHECK(after.consumed == 0);
}

TEST_CASE("a chunker that is restarted forgets the open chunk and its hash", "[chunker]") {
    const auto gear = seeded_gear(1);
    const auto stream = seeded_bytes(1000, 1 << 16);
    Chunker chunker(gear, chunk_sizes(4096));
    chunker.next(std::span(stream).first(3000), Input::More);
    REQUIRE(chunker.open_bytes() == 3000);

    chunker.restart();

    CHECK(chunker.open_bytes() == 0);
    CHECK(chunker.next(stream, Input::More).consumed == 4398);
}

TEST_CASE("other keys give other cuts", "[chunker]") {
    const auto stream = seeded_bytes(24, 1 << 20);
    const auto one = cut_offsets(cuts(seeded_gear(1), chunk_sizes(4096), stream));
    const auto two = cut_offsets(cuts(seeded_gear(2), chunk_sizes(4096), stream));
    std::vector<std::size_t> shared;

    std::set_intersection(one.begin(), one.end(), two.begin(), two.end(), std::back_inserter(shared));

    CHECK(shared.size() <= 3);  // the end, and chance
}
