// libsodium as the oracle for everything that OpenSSL does, over random lengths, and from many threads at once.
#include <rapidcheck.h>
#include <sodium.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <latch>
#include <thread>

#include "store/seal/primitives.h"
#include "tests/support/seal_fixtures.h"

using namespace vault;

namespace {

// RapidCheck prints the shrunk counterexample itself; Catch2 is told the result.
template <class Property>
void holds(const std::string& description, Property property) {
    CHECK(rc::check(description, property));
}

std::size_t length() {
    return *rc::gen::weightedOneOf<std::size_t>(
        {{6, rc::gen::inRange<std::size_t>(0, 400)}, {1, rc::gen::inRange<std::size_t>(400, 70'000)}});
}

// libsodium's own function takes outputs from one byte on, beside what its manual promises.
Bytes sodium_hash(ByteView key, ByteView message, std::size_t out_bytes) {
    Bytes out(out_bytes);
    crypto_generichash_blake2b(out.data(), out.size(), message.data(), message.size(), key.data(), key.size());
    return out;
}

}  // namespace

TEST_CASE("keyed BLAKE2b is libsodium's for every length of key, message and output", "[seal]") {
    holds("blake2b", [] {
        const Bytes key = random_bytes(*rc::gen::inRange<std::size_t>(1, 65)), message = random_bytes(length());
        const std::size_t cut = *rc::gen::inRange<std::size_t>(0, message.size() + 1);
        const ByteView first = ByteView(message).first(cut), second = ByteView(message).subspan(cut);
        Bytes out(*rc::gen::inRange<std::size_t>(1, 65)), again(out.size()), third(out.size());
        blake2b(key, {first, second}, out);
        const KeyedHash hash(key, out.size());
        hash({first, second}, again);
        hash({message}, third);
        RC_ASSERT(equal(out, sodium_hash(key, message, out.size())));
        RC_ASSERT(equal(out, again));
        RC_ASSERT(equal(out, third));
    });
}

// Messages so long that a thread loses its core in the middle of one, and other threads come by.
TEST_CASE("a keyed hash is the same from more threads at once than it has contexts", "[seal]") {
    const Bytes key = random_bytes(32), message = random_bytes(300'000);
    const KeyedHash hash(key, 32);
    const Bytes expected = sodium_hash(key, message, 32);
    constexpr int kThreads = 70;
    std::atomic<int> right{0};
    std::latch all_there(kThreads);
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i)
        threads.emplace_back([&] {
            all_there.arrive_and_wait();
            for (int round = 0; round < 15; ++round) {
                Bytes out(32);
                hash({message}, out);
                right += equal(out, expected) ? 1 : 0;
            }
        });
    for (std::thread& thread : threads) thread.join();
    CHECK(right == kThreads * 15);
}

TEST_CASE("a keyed hash that was moved hashes on", "[seal]") {
    KeyedHash hash(counting_bytes(32), 8);
    const KeyedHash moved = std::move(hash);
    Bytes out(8);
    moved({counting_bytes(50)}, out);
    CHECK(to_hex(out) == "7cf6ed719462d230");
}

TEST_CASE("XChaCha20-Poly1305 is libsodium's, sealing and opening", "[seal]") {
    holds("aead", [] {
        const Bytes key = random_bytes(32), nonce = random_bytes(24);
        const Bytes associated = random_bytes(*rc::gen::inRange<std::size_t>(0, 300)), plain = random_bytes(length());
        Bytes sealed(plain.size() + 16), expected(plain.size() + 16), opened(plain.size());
        aead_encrypt(key, nonce, associated, plain, sealed);
        crypto_aead_xchacha20poly1305_ietf_encrypt(expected.data(), nullptr, plain.data(), plain.size(),
                                                   associated.data(), associated.size(), nullptr, nonce.data(),
                                                   key.data());
        RC_ASSERT(equal(sealed, expected));
        RC_ASSERT(aead_decrypt(key, nonce, associated, expected, opened));
        RC_ASSERT(equal(opened, plain));
    });
}

TEST_CASE("the ChaCha20 stream and SHA-256 are libsodium's", "[seal]") {
    holds("chacha20 and sha256", [] {
        const Bytes key = random_bytes(32), nonce(12, 0), message = random_bytes(length() + 1);
        Bytes stream = random_bytes(message.size()), expected(message.size());
        chacha20_stream(key, stream);
        crypto_stream_chacha20_ietf(expected.data(), expected.size(), nonce.data(), key.data());
        RC_ASSERT(equal(stream, expected));
        std::array<std::uint8_t, 32> digest;
        crypto_hash_sha256(digest.data(), message.data(), message.size());
        RC_ASSERT(sha256(message) == digest);
    });
}

TEST_CASE("subkeys and X25519 keys are libsodium's", "[seal]") {
    const Bytes key = random_bytes(32);
    Bytes expected(32);
    for (std::uint64_t number = 1; number < 40; ++number) {
        crypto_kdf_derive_from_key(expected.data(), 32, number, "vault-v1", key.data());
        CHECK(equal(derive_key(key, number).view(), expected));
    }
    crypto_scalarmult_base(expected.data(), key.data());
    CHECK(equal(x25519_public_key(key), expected));
}
