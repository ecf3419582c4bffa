// Nonces never repeat, whatever the source of randomness does; and every field of the associated data binds.
#include <catch2/catch.hpp>
#include <set>

#include "store/seal/box.h"
#include "store/seal/sealing.h"
#include "tests/support/seal_fixtures.h"

using namespace vault;

namespace {

SealContext context_of(std::size_t plain_bytes) {
    SealContext context;
    context.domain = Domain::BoxData;
    context.envelope = {ObjectKind::Pack, 0, 1};
    context.repository.bytes = counting_array<32>(1);
    context.plain_bytes = static_cast<std::uint32_t>(plain_bytes);
    return context;
}

// One change of each field that goes into the associated data.
std::vector<SealContext> changed_contexts(const SealContext& from) {
    std::vector<SealContext> changed;
    for (const Domain domain : {Domain::BoxTree, Domain::Directory, Domain::Trailer, Domain::Object})
        changed.emplace_back(from).domain = domain;
    changed.emplace_back(from).envelope.kind = ObjectKind::Commit;
    changed.emplace_back(from).envelope.generation = 2;
    changed.emplace_back(from).repository.bytes[31] ^= 1;
    changed.emplace_back(from).plain_bytes += 1;
    changed.emplace_back(from).codec = Codec::Zstd;
    changed.emplace_back(from).identity.bytes[0] ^= 1;
    return changed;
}

// No two slices of these are equal.
Bytes uneven_bytes(std::size_t count) {
    Bytes bytes(count);
    for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::uint8_t>(i % 251);
    return bytes;
}

Secret secret_of(std::uint8_t first) {
    Secret secret(32);
    const Bytes bytes = counting_bytes(32, first);
    std::copy(bytes.begin(), bytes.end(), secret.mutable_view().begin());
    return secret;
}

}  // namespace

TEST_CASE("a hundred thousand seals of the same bytes have a hundred thousand nonces", "[seal]") {
    const Keys keys(fixed_keyring());
    const SealContext context = context_of(1);
    std::set<std::array<std::uint8_t, kNonceBytes>> nonces;
    for (int i = 0; i < 100'000; ++i) {
        std::array<std::uint8_t, kNonceBytes> nonce;
        const Bytes sealed = keys.seal(context, counting_bytes(1));
        std::copy_n(sealed.begin(), kNonceBytes, nonce.begin());
        nonces.insert(nonce);
    }
    CHECK(nonces.size() == 100'000);
}

TEST_CASE("boxes of the same chunks have different nonces", "[seal]") {
    const Keys keys(fixed_keyring());
    const Bytes plain = counting_bytes(100);
    const DirectoryChunk chunk{keys.chunk_id(ChunkKind::Data, plain), 100};
    const SealedBox a = seal_box(keys, ChunkKind::Data, plain, {&chunk, 1}, {});
    const SealedBox b = seal_box(keys, ChunkKind::Data, plain, {&chunk, 1}, {});
    CHECK_FALSE(equal(ByteView(a.sealed).first(24), ByteView(b.sealed).first(24)));
}

TEST_CASE("with stuck randomness nonces are equal only for equal bytes and equal associated data", "[seal]") {
    const NonceHedge hedge(secret_of(0)), other_hedge(secret_of(1));
    const Bytes stuck(kHedgeRandomBytes, 0);
    // As it is; the last that is; in slices, the last of one byte; in whole slices.
    for (const std::size_t size : {100u, 8'192u, 8'193u, 65'536u}) {
        CAPTURE(size);
        const Bytes frame = uneven_bytes(size);
        const SealContext context = context_of(size);
        const auto nonce = hedge.nonce(stuck, context, frame);
        CHECK(hedge.nonce(stuck, context, frame) == nonce);

        std::set<std::array<std::uint8_t, kNonceBytes>> nonces{nonce};
        std::size_t others = 0;
        for (std::size_t i = 0; i < frame.size(); i += frame.size() > 100 ? 61 : 1, ++others) {
            Bytes other = frame;
            other[i] ^= 1;
            nonces.insert(hedge.nonce(stuck, context, other));
        }
        for (std::size_t at = 17; at + 1 < size; at += 8'192, ++others) {  // at one place of each slice
            Bytes other = frame;
            other[at] ^= 2;
            nonces.insert(hedge.nonce(stuck, context, other));
        }
        Bytes other_end = frame;
        other_end.back() ^= 4;
        nonces.insert(hedge.nonce(stuck, context, other_end));
        ++others;
        if (size >= 65'536) {
            Bytes swapped = frame;
            std::swap_ranges(swapped.begin(), swapped.begin() + 8'192, swapped.begin() + 8'192);
            nonces.insert(hedge.nonce(stuck, context, swapped));
            ++others;
        }
        nonces.insert(hedge.nonce(stuck, context, ByteView(frame).first(size - 1)));
        const std::vector<SealContext> contexts = changed_contexts(context);
        for (const SealContext& other : contexts) nonces.insert(hedge.nonce(stuck, other, frame));
        nonces.insert(other_hedge.nonce(stuck, context, frame));
        nonces.insert(hedge.nonce(Bytes(kHedgeRandomBytes, 1), context, frame));
        CHECK(nonces.size() == 1 + others + 1 + contexts.size() + 2);
    }
}

TEST_CASE("a nonce is that of the document, whichever way it is made", "[seal]") {
    const Bytes random = counting_bytes(kHedgeRandomBytes, 7);
    std::vector<LaneWidth> widths = {LaneWidth::None};
    for (const LaneWidth width : {LaneWidth::Four, LaneWidth::Eight})
        if (width <= lane_width()) widths.push_back(width);
    for (const std::size_t size : {0u, 1u, 8'192u, 8'193u, 16'384u, 24'576u, 100'000u, 524'288u}) {
        CAPTURE(size);
        const Bytes frame = uneven_bytes(size);
        const SealContext context = context_of(size);
        Bytes hashes;
        for (std::size_t at = 0; at < size; at += 8'192) {
            std::array<std::uint8_t, 32> hash;
            blake2b(counting_bytes(32), {ByteView(frame).subspan(at, std::min<std::size_t>(8'192, size - at))}, hash);
            append(hashes, hash);
        }
        Bytes length(8);
        for (int i = 0; i < 8; ++i) length[i] = static_cast<std::uint8_t>(size >> 8 * i);
        std::array<std::uint8_t, kNonceBytes> expected;
        blake2b(counting_bytes(32), {random, associated_data(context), length, size <= 8'192 ? frame : hashes},
                expected);
        for (const LaneWidth width : widths)
            CHECK(NonceHedge(secret_of(0), width).nonce(random, context, frame) == expected);
    }
}

TEST_CASE("what was sealed opens in its own context alone", "[seal]") {
    const Bytes key = counting_bytes(32), frame = counting_bytes(100);
    const SealContext context = context_of(100);
    const Bytes sealed = seal_with(key, NonceHedge(secret_of(0)), context, frame);
    REQUIRE(open_with(key, context, sealed) == frame);
    for (const SealContext& other : changed_contexts(context)) CHECK_FALSE(open_with(key, other, sealed));
    CHECK_FALSE(open_with(counting_bytes(32, 1), context, sealed));
}

TEST_CASE("each domain is sealed under the subkey that the format gives it, of the generation it names", "[seal]") {
    const KeyringRecord keyring = fixed_keyring();
    const Keys keys(keyring);
    struct Use {
        Domain domain;
        std::uint64_t subkey;
    };
    for (const Use use : {Use{Domain::BoxData, 1}, Use{Domain::BoxTree, 2}, Use{Domain::Directory, 3},
                          Use{Domain::Trailer, 3}, Use{Domain::Object, 3}})
        for (const KeyringRecord::MasterKey& master : keyring.master_keys) {
            SealContext context = context_of(10);
            context.domain = use.domain;
            context.envelope.generation = master.number;
            const Bytes sealed = keys.seal(context, counting_bytes(10));
            for (std::uint64_t subkey = 1; subkey <= 5; ++subkey) {
                const bool opens = open_with(derive_key(master.key, subkey).view(), context, sealed).has_value();
                CHECK(opens == (subkey == use.subkey));
            }
        }
}

TEST_CASE("bytes too few for nonce and tag are nothing", "[seal]") {
    for (std::size_t bytes = 0; bytes <= kSealOverheadBytes; ++bytes)
        CHECK_FALSE(open_with(counting_bytes(32), context_of(0), Bytes(bytes, 0)));
}

TEST_CASE("sealing a length that is not the frame's is a programming error", "[seal]") {
    const Keys keys(fixed_keyring());
    CHECK_THROWS_AS(keys.seal(context_of(5), counting_bytes(6)), std::logic_error);
}

TEST_CASE("slots, config and keyring are never sealed under a master key", "[seal]") {
    const Keys keys(fixed_keyring());
    SealContext context = context_of(1);
    context.domain = Domain::Slot;
    CHECK_THROWS_AS(keys.seal(context, counting_bytes(1)), std::logic_error);
}
