// The one frame that a box may hold: everything else is refused, in bounded memory, whoever sealed it.
#include <sys/resource.h>
#include <zstd.h>

#include <catch2/catch.hpp>

#include "store/format/limits.h"
#include "store/seal/box.h"
#include "store/seal/compress.h"
#include "tests/support/seal_fixtures.h"

using namespace vault;

namespace {

struct FrameHead {
    std::uint8_t descriptor = 0x80;  // four bytes of content size, a window byte, no checksum, no dictionary
    std::uint8_t window = 14 << 3;   // 2^24
    int content_size_bytes = 4;
};

// A frame of RFC 8878 made by hand: `blocks` times a run of `run` bytes 'v'.
Bytes handmade(const FrameHead& head, std::uint64_t content_size, std::size_t blocks, std::uint32_t run) {
    Bytes frame = from_hex("28b52ffd");
    frame.push_back(head.descriptor);
    if ((head.descriptor & 0x20) == 0) frame.push_back(head.window);
    for (int i = 0; i < (head.descriptor & 3); ++i) frame.push_back(9);  // a dictionary's number: 1, 2 (or 4) bytes
    for (int i = 0; i < head.content_size_bytes; ++i) frame.push_back(static_cast<std::uint8_t>(content_size >> 8 * i));
    for (std::size_t i = 0; i < blocks; ++i) {
        const std::uint32_t block = run << 3 | 1 << 1 | (i + 1 == blocks ? 1 : 0);
        for (int shift = 0; shift < 24; shift += 8) frame.push_back(static_cast<std::uint8_t>(block >> shift));
        frame.push_back('v');
    }
    return frame;
}

std::optional<ErrorKind> refused(const Bytes& frame, std::size_t plain_bytes) {
    return thrown([&] { decompress(frame, plain_bytes, "box"); });
}

long peak_kib() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

}  // namespace

TEST_CASE("a frame made by hand with a window of 2^24 opens, one with a larger window does not", "[seal]") {
    CHECK(equal(decompress(handmade({}, 1'000, 2, 500), 1'000, "box"), Bytes(1'000, 'v')));
    CHECK(refused(handmade({0x80, 14 << 3 | 1, 4}, 1'000, 2, 500), 1'000) == ErrorKind::Corrupt);
    CHECK(refused(handmade({0x80, 17 << 3, 4}, 1'000, 2, 500), 1'000) == ErrorKind::Corrupt);
    CHECK(refused(handmade({0x80, 31 << 3 | 7, 4}, 1'000, 2, 500), 1'000) == ErrorKind::Corrupt);
}

TEST_CASE("a frame without content size, or with another than announced, is Corrupt", "[seal]") {
    CHECK(refused(handmade({0x00, 14 << 3, 0}, 0, 2, 500), 1'000) == ErrorKind::Corrupt);
    CHECK(refused(handmade({}, 1'000, 2, 500), 999) == ErrorKind::Corrupt);
    CHECK(refused(handmade({}, 1'000, 2, 500), 1'001) == ErrorKind::Corrupt);
    CHECK(refused(handmade({}, 1'000, 1, 500), 1'000) == ErrorKind::Corrupt);
    CHECK(refused(handmade({}, 1'000, 3, 500), 1'000) == ErrorKind::Corrupt);
}

TEST_CASE("a frame that wants a dictionary is Corrupt", "[seal]") {
    CHECK(refused(handmade({0x81, 14 << 3, 4}, 1'000, 2, 500), 1'000) == ErrorKind::Corrupt);
    CHECK(refused(handmade({0x82, 14 << 3, 4}, 1'000, 2, 500), 1'000) == ErrorKind::Corrupt);
}

TEST_CASE("two frames, a byte behind the frame and skippable frames are Corrupt", "[seal]") {
    const Bytes half = handmade({}, 500, 1, 500), whole = handmade({}, 1'000, 2, 500);
    const Bytes skippable = from_hex("502a4d180400000076767676");
    const auto joined = [](Bytes first, const Bytes& second) {
        append(first, second);
        return first;
    };
    CHECK(refused(joined(half, half), 1'000) == ErrorKind::Corrupt);
    CHECK(refused(joined(half, half), 500) == ErrorKind::Corrupt);
    CHECK(refused(joined(whole, Bytes(1, 0)), 1'000) == ErrorKind::Corrupt);
    CHECK(refused(joined(whole, skippable), 1'000) == ErrorKind::Corrupt);
    CHECK(refused(joined(skippable, whole), 1'000) == ErrorKind::Corrupt);
    CHECK(refused(skippable, 4) == ErrorKind::Corrupt);
    CHECK(refused(skippable, 0) == ErrorKind::Corrupt);
}

TEST_CASE("a frame cut anywhere is Corrupt, and one with any bit flipped is that or as long as announced", "[seal]") {
    Bytes plain;
    for (int i = 0; i < 200; ++i) append(plain, as_bytes("line " + std::to_string(i * 7919) + "\n"));
    const Bytes frame = compress(plain, 3).value();
    for (std::size_t bytes = 0; bytes < frame.size(); ++bytes) {
        const Bytes cut = to_bytes(ByteView(frame).first(bytes));
        REQUIRE(refused(cut, plain.size()) == ErrorKind::Corrupt);
    }
    for (std::size_t bit = 0; bit < frame.size() * 8; ++bit) {
        Bytes changed = frame;
        changed[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
        const std::optional<ErrorKind> outcome = refused(changed, plain.size());
        REQUIRE((outcome == ErrorKind::Corrupt || outcome == std::nullopt));
    }
}

TEST_CASE("bombs, sealed with the right key, are refused in bounded memory", "[seal]") {
    const Keys keys(fixed_keyring());
    const auto opening = [&](const Bytes& frame, std::uint32_t plain_bytes) {
        SealContext context;
        context.domain = Domain::BoxData;
        context.envelope = {ObjectKind::Pack, 0, 3};
        context.repository = keys.repository();
        context.plain_bytes = plain_bytes;
        context.codec = Codec::Zstd;
        const Bytes sealed = keys.seal(context, frame);
        return thrown([&] { open_box(keys, ChunkKind::Data, sealed, Codec::Zstd, 3, plain_bytes, "box"); });
    };
    const long before = peak_kib();
    CHECK(opening(handmade({}, 100'000, 2, 50'000), 100'000) == std::nullopt);
    CHECK(opening(handmade({0xC0, 14 << 3, 8}, std::uint64_t{1} << 62, 4'000, 131'072), 100'000) == ErrorKind::Corrupt);
    CHECK(opening(handmade({}, 100'000, 4'000, 131'072), 100'000) == ErrorKind::Corrupt);
    CHECK(opening(handmade({0xA0, 0, 4}, 0x7fffffff, 4'000, 131'072), 100'000) == ErrorKind::Corrupt);
    CHECK(opening(handmade({0xA0, 0, 4}, 0x7fffffff, 4'000, 131'072), 0x7fffffff) == ErrorKind::Corrupt);
    CHECK(opening(handmade({0x80, 31 << 3, 4}, 100'000, 2, 50'000), 100'000) == ErrorKind::Corrupt);
    CHECK(peak_kib() - before < 16 * 1024);
}

TEST_CASE("frames that vault makes say their size and carry neither checksum nor dictionary", "[seal]") {
    for (const int level : {-5, 1, 3, 19, 22})
        for (const std::size_t bytes : {std::size_t{64}, std::size_t{100'000}, std::size_t{kBoxBytesMax}}) {
            const Bytes frame = compress(Bytes(bytes, 'v'), level).value();
            CHECK(ZSTD_getFrameContentSize(frame.data(), frame.size()) == bytes);
            CHECK((frame[4] & 7) == 0);
            CHECK(decompress(frame, bytes, "box").size() == bytes);
        }
}

TEST_CASE("nothing comes of compressing what does not shrink", "[seal]") {
    for (const std::size_t bytes : {0u, 1u, 10u, 1'000u, 200'000u}) CHECK_FALSE(compress(random_bytes(bytes), 1));
}
