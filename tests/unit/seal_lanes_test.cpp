// BLAKE2b in SIMD lanes against libsodium, and the ids that are made with it.
#include <sodium.h>

#include <catch2/catch.hpp>
#include <random>

#include "store/seal/blake2b_lanes.h"
#include "tests/support/seal_fixtures.h"

namespace vault {
namespace {

std::vector<LaneWidth> widths() {
    std::vector<LaneWidth> all;
    if (lane_width() >= LaneWidth::Four) all.push_back(LaneWidth::Four);
    if (lane_width() >= LaneWidth::Eight) all.push_back(LaneWidth::Eight);
    if (all.size() < 2) WARN("SKIPPED: " << 2 - all.size() << " of 2 widths: this machine does not have them");
    return all;
}

Blake2b256 oracle(ByteView key, ByteView message) {
    Blake2b256 hash;
    crypto_generichash(hash.data(), hash.size(), message.data(), message.size(), key.data(), key.size());
    return hash;
}

Bytes random_bytes(std::mt19937_64& generator, std::size_t size) {
    Bytes bytes(size);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(generator());
    return bytes;
}

void require_oracle(ByteView key, const std::vector<Bytes>& messages, LaneWidth width) {
    const std::vector<ByteView> views(messages.begin(), messages.end());
    std::vector<Blake2b256> hashes(messages.size());
    blake2b_256_lanes(key, views, hashes, width);
    for (std::size_t i = 0; i < messages.size(); ++i) {
        CAPTURE(i, messages.size(), messages[i].size());
        REQUIRE(hashes[i] == oracle(key, messages[i]));
    }
}

}  // namespace

TEST_CASE("lanes give libsodium's hash for every length around the blocks", "[seal]") {
    std::mt19937_64 generator(1);
    const Bytes key = random_bytes(generator, 32);
    std::vector<Bytes> messages;
    for (std::size_t size = 0; size <= 1'000; ++size) messages.push_back(random_bytes(generator, size));
    for (const LaneWidth width : widths()) require_oracle(key, messages, width);
    SUCCEED();
}

TEST_CASE("lanes give libsodium's hash whatever the number and mix of lengths", "[seal]") {
    std::mt19937_64 generator(2);
    for (const LaneWidth width : widths())
        for (std::size_t count = 0; count < 40; ++count) {
            const Bytes key = random_bytes(generator, 1 + generator() % 64);
            std::vector<Bytes> messages;
            for (std::size_t i = 0; i < count; ++i)
                messages.push_back(random_bytes(generator, generator() % (i % 5 == 0 ? 70'000 : 300)));
            require_oracle(key, messages, width);
        }
    SUCCEED();
}

TEST_CASE("several ids at once are the ids one by one, in their order", "[seal]") {
    std::mt19937_64 generator(3);
    const Keys keys(fixed_keyring());
    for (const std::size_t largest : {100u, 5'000u, 400'000u}) {
        std::vector<Bytes> messages;
        for (std::size_t i = 0; i < 21; ++i) messages.push_back(random_bytes(generator, 1 + generator() % largest));
        const std::vector<ByteView> views(messages.begin(), messages.end());
        std::vector<ChunkId> ids(messages.size());
        for (const ChunkKind kind : {ChunkKind::Data, ChunkKind::Tree}) {
            keys.chunk_ids(kind, views, ids);
            for (std::size_t i = 0; i < ids.size(); ++i) REQUIRE(ids[i] == keys.chunk_id(kind, views[i]));
        }
    }
}

}  // namespace vault
