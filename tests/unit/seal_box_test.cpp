// Boxes: what opens, what does not, and that nothing is taken for sealed that does not open to the same chunks.
#include <catch2/catch.hpp>

#include "store/format/limits.h"
#include "store/seal/box_steps.h"
#include "tests/support/seal_fixtures.h"

using namespace vault;

namespace {

struct Made {
    Bytes plain;
    std::vector<DirectoryChunk> chunks;
    SealedBox box;
};

Bytes repetitive(std::size_t bytes) {
    Bytes plain(bytes);
    for (std::size_t i = 0; i < bytes; ++i) plain[i] = static_cast<std::uint8_t>("only copy "[i % 10]);
    return plain;
}

std::vector<DirectoryChunk> chunks_of(const Keys& keys, ChunkKind kind, ByteView plain, std::size_t chunk_bytes) {
    std::vector<DirectoryChunk> chunks;
    for (std::size_t at = 0; at < plain.size(); at += chunk_bytes) {
        const ByteView chunk = plain.subspan(at, std::min(chunk_bytes, plain.size() - at));
        chunks.push_back({keys.chunk_id(kind, chunk), static_cast<std::uint32_t>(chunk.size())});
    }
    return chunks;
}

Made made(const Keys& keys, ChunkKind kind, Bytes plain, CompressionLevel level = {}) {
    Made result{std::move(plain), {}, {}};
    result.chunks = chunks_of(keys, kind, result.plain, 40);
    result.box = seal_box(keys, kind, result.plain, result.chunks, level);
    return result;
}

Bytes opened(const Keys& keys, ChunkKind kind, const Made& from) {
    return open_box(keys, kind, from.box.sealed, from.box.codec, from.box.generation,
                    static_cast<std::uint32_t>(from.plain.size()), "box");
}

const ChunkKind kKinds[] = {ChunkKind::Data, ChunkKind::Tree};

}  // namespace

TEST_CASE("a box of either kind, any size and any level opens to its plaintext under the newest master key", "[seal]") {
    const Keys keys(fixed_keyring());
    for (const ChunkKind kind : kKinds)
        for (const std::size_t bytes : {1u, 2u, 31u, 32u, 33u, 1'000u, 524'288u})
            for (const int level : {-3, 1, 3, 19}) {
                const Made compressed = made(keys, kind, repetitive(bytes), {level});
                REQUIRE(compressed.box.generation == 3);
                REQUIRE(equal(opened(keys, kind, compressed), compressed.plain));
                const Made incompressible = made(keys, kind, random_bytes(bytes), {level});
                REQUIRE(incompressible.box.codec == Codec::Raw);
                REQUIRE(equal(opened(keys, kind, incompressible), incompressible.plain));
            }
}

TEST_CASE("the largest box opens, and one byte more is a programming error", "[seal]") {
    const Keys keys(fixed_keyring());
    Made largest{Bytes(kBoxBytesMax, 7), {}, {}};
    largest.chunks = chunks_of(keys, ChunkKind::Data, largest.plain, kChunkBytesMax);
    for (const int level : {1, 22}) {
        largest.box = seal_box(keys, ChunkKind::Data, largest.plain, largest.chunks, {level});
        CHECK(largest.box.codec == Codec::Zstd);
        CHECK(equal(opened(keys, ChunkKind::Data, largest), largest.plain));
    }
    CHECK_THROWS_AS(seal_box(keys, ChunkKind::Data, Bytes(kBoxBytesMax + 1, 7), {}, {}), std::logic_error);
    CHECK_THROWS_AS(seal_box(keys, ChunkKind::Data, {}, {}, {}), std::logic_error);
}

TEST_CASE("data that shrink by less than a thirty-second are stored raw", "[seal]") {
    const Keys keys(fixed_keyring());
    Bytes plain = random_bytes(64'000);
    std::fill(plain.begin() + 62'800, plain.end(), std::uint8_t{0});
    CHECK(made(keys, ChunkKind::Data, plain).box.codec == Codec::Raw);
    std::fill(plain.begin() + 61'000, plain.end(), std::uint8_t{0});
    const Made pays = made(keys, ChunkKind::Data, plain);
    CHECK(pays.box.codec == Codec::Zstd);
    CHECK(pays.box.sealed.size() <= plain.size() - plain.size() / 32 + kSealOverheadBytes);
}

TEST_CASE("a box with any byte changed, or cut anywhere, is Corrupt", "[seal]") {
    const Keys keys(fixed_keyring());
    for (const Bytes& plain : {repetitive(300), random_bytes(300)}) {
        const Made whole = made(keys, ChunkKind::Data, plain);
        for (std::size_t i = 0; i < whole.box.sealed.size(); ++i) {
            Made changed = whole;
            changed.box.sealed[i] ^= static_cast<std::uint8_t>(1u << i % 8);
            REQUIRE(thrown([&] { opened(keys, ChunkKind::Data, changed); }) == ErrorKind::Corrupt);
            changed = whole;
            changed.box.sealed.resize(i);
            REQUIRE(thrown([&] { opened(keys, ChunkKind::Data, changed); }) == ErrorKind::Corrupt);
        }
    }
}

TEST_CASE("a box that is called something else than it was sealed as is Corrupt", "[seal]") {
    const Keys keys(fixed_keyring());
    for (const Bytes& plain : {repetitive(300), random_bytes(300)}) {
        const Made whole = made(keys, ChunkKind::Data, plain);
        const auto& [sealed, codec, generation] = whole.box;
        const Codec other_codec = codec == Codec::Raw ? Codec::Zstd : Codec::Raw;
        const auto open = [&](ChunkKind kind, Codec as, std::uint32_t under, std::uint32_t plain_bytes) {
            return thrown([&] { open_box(keys, kind, sealed, as, under, plain_bytes, "box"); });
        };
        CHECK(open(ChunkKind::Data, codec, generation, 300) == std::nullopt);
        CHECK(open(ChunkKind::Tree, codec, generation, 300) == ErrorKind::Corrupt);
        CHECK(open(ChunkKind::Data, other_codec, generation, 300) == ErrorKind::Corrupt);
        CHECK(open(ChunkKind::Data, other_codec, generation, static_cast<std::uint32_t>(sealed.size() - 40)) ==
              ErrorKind::Corrupt);
        CHECK(open(ChunkKind::Data, codec, 1, 300) == ErrorKind::Corrupt);
        CHECK(open(ChunkKind::Data, codec, 2, 300) == ErrorKind::Unsupported);
        for (const std::uint32_t plain_bytes : {0u, 1u, 299u, 301u, 16'777'216u, 16'777'217u, 4'294'967'295u})
            CHECK(open(ChunkKind::Data, codec, generation, plain_bytes) == ErrorKind::Corrupt);
    }
}

TEST_CASE("a box of another repository is Corrupt, though all keys be the same", "[seal]") {
    KeyringRecord keyring = fixed_keyring();
    const Keys keys(keyring);
    keyring.repository.bytes[0] ^= 1;
    const Keys others(keyring);
    const Made whole = made(keys, ChunkKind::Data, repetitive(300));
    CHECK(thrown([&] { opened(others, ChunkKind::Data, whole); }) == ErrorKind::Corrupt);
}

TEST_CASE("data and tree chunks of the same bytes have different ids, and neither verifies as the other", "[seal]") {
    const Keys keys(fixed_keyring());
    const Bytes plain = counting_bytes(100);
    const ChunkId data = keys.chunk_id(ChunkKind::Data, plain), tree = keys.chunk_id(ChunkKind::Tree, plain);
    CHECK(data != tree);
    CHECK(thrown([&] { verify_chunk(keys, ChunkKind::Data, plain, data, "chunk"); }) == std::nullopt);
    CHECK(thrown([&] { verify_chunk(keys, ChunkKind::Tree, plain, data, "chunk"); }) == ErrorKind::Corrupt);
    for (std::size_t i = 0; i < plain.size(); ++i) {
        Bytes changed = plain;
        changed[i] ^= 0x80;
        REQUIRE(thrown([&] { verify_chunk(keys, ChunkKind::Data, changed, data, "chunk"); }) == ErrorKind::Corrupt);
    }
}

TEST_CASE("ids of many chunks at once are those of each chunk", "[seal]") {
    const Keys keys(fixed_keyring());
    std::vector<Bytes> chunks;
    for (std::size_t i = 0; i < 300; ++i) chunks.push_back(random_bytes(i * i % 1'009 + (i % 50 == 0 ? 70'000 : 0)));
    const std::vector<ByteView> views(chunks.begin(), chunks.end());
    std::vector<ChunkId> ids(views.size());
    for (const ChunkKind kind : kKinds) {
        keys.chunk_ids(kind, views, ids);
        for (std::size_t i = 0; i < views.size(); ++i) REQUIRE(ids[i] == keys.chunk_id(kind, views[i]));
    }
}

TEST_CASE("of the chunks of a box those are sound that are the bytes of their ids and lie in it whole", "[seal]") {
    const Keys keys(fixed_keyring());
    const Bytes plain = random_bytes(100);
    std::vector<DirectoryChunk> chunks = chunks_of(keys, ChunkKind::Data, plain, 40);
    CHECK(sound_chunks(keys, ChunkKind::Data, chunks, plain) == std::vector<bool>{true, true, true});
    CHECK(sound_chunks(keys, ChunkKind::Tree, chunks, plain) == std::vector<bool>{false, false, false});
    CHECK(sound_chunks(keys, ChunkKind::Data, chunks, ByteView(plain).first(99)) ==
          std::vector<bool>{true, true, false});
    chunks[1].id.bytes[0] ^= 1;
    CHECK(sound_chunks(keys, ChunkKind::Data, chunks, plain) == std::vector<bool>{true, false, true});
    // What stands behind one that is too long has no place either, not even that one's.
    chunks[1].id.bytes[0] ^= 1;
    chunks[2] = chunks[1];
    chunks[1].length = 0xFFFF'FFFF;
    CHECK(sound_chunks(keys, ChunkKind::Data, chunks, plain) == std::vector<bool>{true, false, false});
    CHECK(sound_chunks(keys, ChunkKind::Data, {}, plain).empty());
}

TEST_CASE("a bit that flips between sealing and verification is found before the box is given out", "[seal]") {
    const Keys keys(fixed_keyring());
    for (const Bytes& plain : {repetitive(300), random_bytes(300)}) {
        const auto chunks = chunks_of(keys, ChunkKind::Data, plain, 40);
        const std::size_t sealed_bytes = seal_box(keys, ChunkKind::Data, plain, chunks, {}).sealed.size();
        for (std::size_t i = 0; i < sealed_bytes; ++i) {
            const auto flip = [&](SealedBox& box) { box.sealed[i % box.sealed.size()] ^= 4; };
            const auto outcome = thrown([&] { seal_box_with(keys, ChunkKind::Data, plain, chunks, {}, flip); });
            REQUIRE(outcome == ErrorKind::Corrupt);
        }
    }
}

TEST_CASE("a box that verifies but holds other bytes than the chunks is not given out", "[seal]") {
    const Keys keys(fixed_keyring());
    const Bytes plain = repetitive(300);
    const auto chunks = chunks_of(keys, ChunkKind::Data, plain, 40);
    const auto swap = [&](SealedBox& box) {
        Bytes faulty = plain;
        faulty[299] ^= 1;
        box = compress_and_seal(keys, ChunkKind::Data, faulty, {});
    };
    CHECK(thrown([&] { seal_box_with(keys, ChunkKind::Data, plain, chunks, {}, swap); }) == ErrorKind::Corrupt);
}

TEST_CASE("chunks whose ids or lengths are not those of the plaintext are not sealed", "[seal]") {
    const Keys keys(fixed_keyring());
    const Bytes plain = repetitive(300);
    const auto chunks = chunks_of(keys, ChunkKind::Data, plain, 40);
    const auto sealing = [&](const std::vector<DirectoryChunk>& as) {
        return thrown([&] { seal_box(keys, ChunkKind::Data, plain, as, {}); });
    };
    CHECK(sealing(chunks) == std::nullopt);
    for (std::size_t i = 0; i < chunks.size(); ++i) {
        auto changed = chunks;
        changed[i].id.bytes[31] ^= 1;
        CHECK(sealing(changed) == ErrorKind::Corrupt);
        changed = chunks;
        changed[i].length += 1;
        CHECK(sealing(changed) == ErrorKind::Corrupt);
        changed = chunks;
        changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(i));
        CHECK(sealing(changed) == ErrorKind::Corrupt);
    }
}
