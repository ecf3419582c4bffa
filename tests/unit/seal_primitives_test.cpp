// Published test vectors for each primitive. What OpenSSL does is compared with libsodium in seal_oracle_test.
#include <sodium.h>

#include <catch2/catch.hpp>

#include "store/seal/primitives.h"
#include "tests/support/seal_fixtures.h"

using namespace vault;

namespace {

std::string blake2b_hex(std::size_t key_bytes, std::size_t message_bytes, std::size_t out_bytes) {
    Bytes out(out_bytes);
    blake2b(counting_bytes(key_bytes), {counting_bytes(message_bytes)}, out);
    return to_hex(out);
}

constexpr std::string_view kSunscreen =
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
    "sunscreen would be it.";
constexpr std::string_view kSunscreenSealed =
    "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39"
    "ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
    "21f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49";

}  // namespace

TEST_CASE("keyed BLAKE2b-512 gives the known answers of its reference implementation", "[seal]") {
    CHECK(blake2b_hex(64, 0, 64) ==
          "10ebb67700b1868efb4417987acf4690ae9d972fb7a590c2f02871799aaa4786"
          "b5e996e8f0f4eb981fc214b005f42d2ff4233499391653df7aefcbc13fc51568");
    CHECK(blake2b_hex(64, 1, 64) ==
          "961f6dd1e4dd30f63901690c512e78e4b45e4742ed197c3c5e45c549fd25f2e4"
          "187b0bc9fe30492b16b0d0bc4ef9b0f34c7003fac09a5ef1532e69430234cebd");
    CHECK(blake2b_hex(64, 255, 64) ==
          "142709d62e28fcccd0af97fad0f8465b971e82201dc51070faa0372aa43e9248"
          "4be1c1e73ba10906d5d1853db6a4106e0a7bf9800d373d6dee2d46d62ef2a461");
}

// From Python's hashlib.blake2b(digest_size=…, key=…), which is another implementation.
TEST_CASE("keyed BLAKE2b of 8, 24 and 32 bytes takes the length as a parameter, at block boundaries too", "[seal]") {
    CHECK(blake2b_hex(32, 0, 8) == "b6fbe0459eb623da");
    CHECK(blake2b_hex(32, 1, 8) == "555eec5430bf0b90");
    CHECK(blake2b_hex(32, 50, 8) == "7cf6ed719462d230");
    CHECK(blake2b_hex(32, 127, 8) == "7687a41b09679fc0");
    CHECK(blake2b_hex(32, 128, 8) == "6dfcc1df7ceb230f");
    CHECK(blake2b_hex(32, 129, 8) == "bba460ad8ec6edc8");
    CHECK(blake2b_hex(32, 50, 24) == "d3e42bd6ab8197e9e335a28cec6bce5e8a3d959e78a19d0f");
    CHECK(blake2b_hex(32, 129, 24) == "717743f8427f96a36ff7e4774a5455ed534a66f3d33f006e");
    CHECK(blake2b_hex(32, 0, 32) == "4e51e7a913fc80137da52880fecca175bf81e117d5c68126dc2774033517ea0d");
    CHECK(blake2b_hex(32, 128, 32) == "138893f1631ef3165629515d6ed800da3771b7926dced294205c7507351deebc");
}

TEST_CASE("SHA-256 gives the known answers of FIPS 180-4, in one piece and in many", "[seal]") {
    CHECK(to_hex(sha256({})) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(to_hex(sha256(as_bytes("abc"))) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    const std::string_view two_blocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    Sha256 hash;
    for (const char& c : two_blocks) hash.add(as_bytes(std::string_view(&c, 1)));
    CHECK(to_hex(hash.finish()) == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_CASE("the ChaCha20 stream is that of RFC 8439 A.1, block 0 and block 1 of the zero key", "[seal]") {
    Bytes stream(128);
    chacha20_stream(Bytes(32, 0), stream);
    CHECK(to_hex(ByteView(stream).first(64)) ==
          "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
          "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586");
    CHECK(to_hex(ByteView(stream).last(64)) ==
          "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
          "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f");
}

TEST_CASE("HChaCha20 gives the known answer of draft-irtf-cfrg-xchacha-03, 2.2.1", "[seal]") {
    Bytes subkey(32);
    crypto_core_hchacha20(subkey.data(), from_hex("000000090000004a0000000031415927").data(), counting_bytes(32).data(),
                          nullptr);
    CHECK(to_hex(subkey) == "82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc");
}

TEST_CASE("XChaCha20-Poly1305 gives the known answer of draft-irtf-cfrg-xchacha-03, A.3.1", "[seal]") {
    const Bytes key = counting_bytes(32, 0x80), nonce = counting_bytes(24, 0x40);
    const Bytes associated = from_hex("50515253c0c1c2c3c4c5c6c7");
    Bytes sealed(kSunscreen.size() + 16);
    aead_encrypt(key, nonce, associated, as_bytes(kSunscreen), sealed);
    CHECK(to_hex(sealed) == kSunscreenSealed);

    Bytes opened(kSunscreen.size());
    REQUIRE(aead_decrypt(key, nonce, associated, sealed, opened));
    CHECK(as_text(opened) == kSunscreen);
}

TEST_CASE("an AEAD with any byte changed does not open and leaves no plaintext", "[seal]") {
    const Bytes key = counting_bytes(32, 0x80), nonce = counting_bytes(24, 0x40), associated = counting_bytes(12);
    const Bytes sealed = from_hex(kSunscreenSealed);
    const Bytes zeros(kSunscreen.size(), 0);
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        Bytes changed = sealed, opened(kSunscreen.size());
        changed[i] ^= 0x10;
        REQUIRE_FALSE(aead_decrypt(key, nonce, from_hex("50515253c0c1c2c3c4c5c6c7"), changed, opened));
        REQUIRE(equal(opened, zeros));
    }
    Bytes opened(kSunscreen.size());
    CHECK_FALSE(aead_decrypt(key, nonce, associated, sealed, opened));
}

// crypto_kdf's construction, computed with Python's hashlib.blake2b(salt=…, person=…).
TEST_CASE("subkeys are those of crypto_kdf with the context vault-v1", "[seal]") {
    const Bytes key = counting_bytes(32);
    CHECK(to_hex(derive_key(key, 1).view()) == "1f9083414c4d3c7c6f9625d032a4196437ded0815527d6d405e67f8fcf0abcf2");
    CHECK(to_hex(derive_key(key, 16).view()) == "ee9c86d156113f362d1cd382fd3260ddb6e80ad03cfe2e0841ed9bce2820dcc4");
    CHECK(to_hex(derive_key(key, 34).view()) == "cd5d44b2b019380fb514c25b477a6d6ac6fbef51dd2d5ac53f1be19ac0cda8dc");
}

// The vector of RFC 9106 has a secret and four lanes, which libsodium cannot do; these come from OpenSSL 3.2's
// Argon2id, after it gave that vector.
TEST_CASE("Argon2id gives what another implementation gives", "[seal]") {
    const Bytes salt = counting_bytes(16);
    CHECK(to_hex(argon2id(as_bytes("password"), salt, 8, 1).view()) ==
          "c37916fd8e3c6c1f478e39b2c6c44f03c6cd1653824bd200c33e3cb8153f49df"
          "9d6ef8e54e12a81ff0b8b2383922f46614ecd73d189f0025df5d8df3ed584b94");
    CHECK(to_hex(argon2id(as_bytes("password"), salt, 64, 2).view()) ==
          "7f990f97ce28b46974d0bb003c36161e9eb19100e6f58f6e571cdd722e733837"
          "512b422160bc524639cd9f1d06051f916cbfdf9b3e323142d923d0b469e98133");
    CHECK(to_hex(argon2id(as_bytes("password"), salt, 65'536, 3).view()) ==
          "dcb39f82c66bad622f1f98810075860e4924e4684aa33eaa8dd63925e1cbc19e"
          "368fa8a5d892bea464ebcf17c0dbcb7423ee5f64ef1f3abfbed1781ed1ce8815");
}

TEST_CASE("X25519 of the base point gives the first iteration of RFC 7748, 5.2", "[seal]") {
    Bytes secret(32, 0);
    secret[0] = 9;
    CHECK(to_hex(x25519_public_key(secret)) == "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079");
}

TEST_CASE("a secret is zero at first, moves, and is compared by nobody", "[seal]") {
    Secret secret(32);
    CHECK(equal(secret.view(), Bytes(32, 0)));
    secret = Secret::copy_of(counting_bytes(5));
    const Secret moved = std::move(secret);
    CHECK(equal(moved.view(), counting_bytes(5)));
    CHECK_FALSE(equal(Secret::random(32).view(), Secret::random(32).view()));
    static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
}
