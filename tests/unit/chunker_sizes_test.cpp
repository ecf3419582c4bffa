// The gear table, the masks and the sizes: what the cutting rule is made of.
#include <bit>
#include <catch2/catch.hpp>
#include <stdexcept>

#include "tests/support/reference_chunker.h"

using namespace vault;
using namespace vault::test;

TEST_CASE("the gear table is read from its key stream as docs/format.md lays it out", "[chunker]") {
    const auto gear = seeded_gear(1);

    CHECK(kGearStreamBytes == 1600);
    CHECK(gear[0] == 0x18de357e3da8e978);  // computed by another program
    CHECK(gear[1] == 0x7461679649173cbb);
    CHECK(gear[16] == 0xc46865e987468dc0);
    CHECK(gear[255] == 0x6d50da9a2e50f426);
    for (unsigned byte = 0; byte < 256; ++byte) {
        CHECK(gear[static_cast<std::uint8_t>(byte)] == reference_gear_value(seeded_key_stream(1), byte));
    }
}

TEST_CASE("every byte of the key stream counts in the gear table", "[chunker]") {
    const auto key_stream = seeded_key_stream(1);
    const auto values = [](const std::vector<std::uint8_t>& stream) {
        const auto gear = gear_of(stream);
        return std::vector<std::uint64_t>(gear.values(), gear.values() + 256);
    };
    const auto original = values(key_stream);
    for (std::size_t i = 0; i < key_stream.size(); ++i) {
        auto changed = key_stream;
        changed[i] ^= 1;
        REQUIRE(values(changed) != original);
    }
}

TEST_CASE("a mask has ten bits below bit 16 and the others from bit 63 down", "[chunker]") {
    CHECK(cut_mask(0) == 0);
    CHECK(cut_mask(1) == 0x8000);
    CHECK(cut_mask(10) == 0x000000000000ffc0);
    CHECK(cut_mask(11) == 0x800000000000ffc0);
    CHECK(cut_mask(14) == 0xf00000000000ffc0);
    CHECK(cut_mask(22) == 0xfff000000000ffc0);
    CHECK(cut_mask(58) == 0xffffffffffffffc0);
    for (unsigned bits = 0; bits <= 58; ++bits) {
        CHECK(cut_mask(bits) == reference_mask(bits));
        CHECK(std::popcount(cut_mask(bits)) == static_cast<int>(bits));
    }
    CHECK_THROWS_AS(cut_mask(59), std::invalid_argument);
}

TEST_CASE("two bits more than the average's logarithm before the normal point, two less after it", "[chunker]") {
    CHECK(cut_masks(chunk_sizes(4096)).strict == cut_mask(14));
    CHECK(cut_masks(chunk_sizes(4096)).loose == cut_mask(10));
    CHECK(cut_masks(chunk_sizes(1 << 20)).strict == cut_mask(22));
    CHECK(cut_masks(chunk_sizes(1 << 20)).loose == cut_mask(18));
    CHECK(cut_masks(chunk_sizes(4096, 0)).strict == cut_masks(chunk_sizes(4096, 0)).loose);
}

TEST_CASE("minimum and maximum are a quarter and four times the average", "[chunker]") {
    CHECK(chunk_sizes(65536) == ChunkSizes{16384, 65536, 262144, 2});
    CHECK(ChunkSizes{} == chunk_sizes(65536));
}

TEST_CASE("sizes that the rule cannot serve are refused", "[chunker]") {
    const auto gear = seeded_gear(1);
    const auto refused = [&](ChunkSizes sizes) { CHECK_THROWS_AS(Chunker(gear, sizes), std::invalid_argument); };
    refused({63, 256, 1024, 2});                         // the window would reach into the chunk before
    refused({64, 128, 1024, 2});                         // average too small
    refused({64, 1U << 23, 1U << 24, 2});                // average too large
    refused({64, 300, 1024, 2});                         // no power of two
    refused({512, 256, 1024, 2});                        // minimum above the average
    refused({64, 256, 255, 2});                          // maximum below the average
    refused({64, 256, kCutBytesMax + 1, 2});           // maximum too large
    refused({64, 256, 1024, kNormalisationMax + 1});     // normalisation too strong
    refused({0, 0, 0, 0});
    CHECK_THROWS_AS(chunk_sizes(0), std::invalid_argument);
    CHECK_THROWS_AS(chunk_sizes(1U << 31), std::invalid_argument);
    CHECK_NOTHROW(check_sizes({64, 256, kCutBytesMax, kNormalisationMax}));
    CHECK_NOTHROW(chunk_sizes(kChunkAverageMax));
}
