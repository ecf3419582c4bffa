// Config and keyring objects, and the sealed parts of a pack.
#include <catch2/catch.hpp>

#include "store/seal/object.h"
#include "tests/support/seal_fixtures.h"

using namespace vault;

namespace {

const Bytes kKeyringKey = counting_bytes(32, 0x90), kOtherKey = counting_bytes(32, 0x91);
const PackSalt kSalt{counting_array<16>(0xe0)};

ConfigRecord fixed_config(std::uint64_t generation = 1) {
    ConfigRecord config;
    config.repository = fixed_keyring().repository;
    config.generation = generation;
    if (generation > 1) config.predecessor.bytes = counting_array<32>(1);
    return config;
}

KeyringRecord full_keyring() {
    KeyringRecord keyring = fixed_keyring();
    keyring.config_record = encode(fixed_config());
    return keyring;
}

PackDirectory fixed_directory() {
    PackDirectory directory;
    directory.session.bytes = counting_array<16>(1);
    DirectoryBox box;
    box.generation = 3;
    box.sealed_bytes = 140;
    box.chunks = {{ChunkId{counting_array<32>(1)}, 60}, {ChunkId{counting_array<32>(2)}, 40}};
    directory.boxes = {box};
    return directory;
}

template <class Open>
void check_every_byte(const Bytes& whole, Open open) {
    for (std::size_t i = 0; i < whole.size(); ++i) {
        Bytes changed = whole;
        changed[i] ^= 0x20;
        const auto kind = thrown([&] { open(changed); });
        INFO("byte " << i);
        REQUIRE((kind == ErrorKind::Corrupt || kind == ErrorKind::Unsupported));
    }
}

}  // namespace

TEST_CASE("config and keyring objects open under the keyring key to what they were made of", "[seal]") {
    const RepositoryId repository = fixed_config().repository;
    const Bytes config = seal_config(kKeyringKey, fixed_config(2)), keyring = seal_keyring(kKeyringKey, full_keyring());
    CHECK(config.size() % 4'096 == 0);
    CHECK(keyring.size() % 4'096 == 0);
    CHECK(repository_of_config(config) == repository);
    CHECK(open_config(kKeyringKey, repository, "config/2", config) == fixed_config(2));
    CHECK(open_keyring(kKeyringKey, repository, "keyring/1", keyring) == full_keyring());
}

TEST_CASE("config and keyring of another key, repository, generation or kind are Corrupt", "[seal]") {
    const RepositoryId repository = fixed_config().repository;
    RepositoryId other = repository;
    other.bytes[0] ^= 1;
    const Bytes config = seal_config(kKeyringKey, fixed_config()), keyring = seal_keyring(kKeyringKey, full_keyring());
    const auto config_opens = [](ByteView key, const RepositoryId& of, const std::string& name, const Bytes& object) {
        return thrown([&] { open_config(key, of, name, object); });
    };
    const auto keyring_opens = [](ByteView key, const RepositoryId& of, const std::string& name, const Bytes& object) {
        return thrown([&] { open_keyring(key, of, name, object); });
    };
    CHECK(config_opens(kOtherKey, repository, "config/1", config) == ErrorKind::Corrupt);
    CHECK(config_opens(kKeyringKey, other, "config/1", config) == ErrorKind::Corrupt);
    CHECK(config_opens(kKeyringKey, repository, "config/2", config) == ErrorKind::Corrupt);
    CHECK(config_opens(kKeyringKey, repository, "config/1", keyring) == ErrorKind::Corrupt);
    CHECK(keyring_opens(kOtherKey, repository, "keyring/1", keyring) == ErrorKind::Corrupt);
    CHECK(keyring_opens(kKeyringKey, other, "keyring/1", keyring) == ErrorKind::Corrupt);
    CHECK(keyring_opens(kKeyringKey, repository, "keyring/2", keyring) == ErrorKind::Corrupt);
    CHECK(keyring_opens(kKeyringKey, repository, "keyring/1", config) == ErrorKind::Corrupt);
    CHECK(thrown([&] { repository_of_config(keyring); }) == ErrorKind::Corrupt);
}

TEST_CASE("config and keyring with any byte changed are Corrupt or Unsupported", "[seal]") {
    const RepositoryId repository = fixed_config().repository;
    check_every_byte(seal_config(kKeyringKey, fixed_config()),
                     [&](const Bytes& object) { open_config(kKeyringKey, repository, "config/1", object); });
    check_every_byte(seal_keyring(kKeyringKey, full_keyring()),
                     [&](const Bytes& object) { open_keyring(kKeyringKey, repository, "keyring/1", object); });
}

TEST_CASE("a pack's header, directory and trailer come back", "[seal]") {
    const Keys keys(fixed_keyring());
    const PackHeader header = decode_pack_header(pack_header(3, kSalt));
    CHECK(header.envelope == Envelope{ObjectKind::Pack, 0, 3});
    CHECK(header.salt == kSalt);
    const Bytes directory = seal_pack_directory(keys, 3, kSalt, encode(fixed_directory()));
    CHECK(open_pack_directory(keys, header, directory, "pack") == fixed_directory());
}

TEST_CASE("a directory or trailer of another pack, or taken for the other, is Corrupt", "[seal]") {
    const Keys keys(fixed_keyring());
    const PackHeader header = decode_pack_header(pack_header(3, kSalt));
    PackHeader other_salt = header, other_key = header, unknown_key = header;
    other_salt.salt.bytes[15] ^= 1;
    other_key.envelope.generation = 1;
    unknown_key.envelope.generation = 2;
    const Bytes directory = seal_pack_directory(keys, 3, kSalt, encode(fixed_directory()));
    const auto opening = [&](const PackHeader& of, const Bytes& sealed) {
        return thrown([&] { open_pack_directory(keys, of, sealed, "pack"); });
    };
    CHECK(opening(header, directory) == std::nullopt);
    CHECK(opening(other_salt, directory) == ErrorKind::Corrupt);
    CHECK(opening(other_key, directory) == ErrorKind::Corrupt);
    CHECK(opening(unknown_key, directory) == ErrorKind::Unsupported);
    check_every_byte(directory, [&](const Bytes& sealed) { open_pack_directory(keys, header, sealed, "pack"); });
    for (const std::size_t bytes : {0u, 39u, 40u}) CHECK(opening(header, Bytes(bytes, 0)) == ErrorKind::Corrupt);

    const std::uint64_t boxes_end = kPackHeaderBytes + 140;
    PackTrailer trailer{boxes_end, boxes_end, static_cast<std::uint32_t>(directory.size())};
    const std::uint64_t unpadded = boxes_end + directory.size() + kPackTrailerBytes, whole = padme_bytes(unpadded);
    trailer.directory_offset += whole - unpadded;
    const Bytes sealed = seal_pack_trailer(keys, 3, kSalt, trailer);
    CHECK(open_pack_trailer(keys, header, sealed, whole, "pack") == trailer);
    CHECK(thrown([&] { open_pack_trailer(keys, header, sealed, whole + 1, "pack"); }) == ErrorKind::Corrupt);
    CHECK(thrown([&] { open_pack_trailer(keys, other_salt, sealed, whole, "pack"); }) == ErrorKind::Corrupt);
    CHECK(opening(header, sealed) == ErrorKind::Corrupt);
    check_every_byte(sealed, [&](const Bytes& bytes) { open_pack_trailer(keys, header, bytes, whole, "pack"); });
}

TEST_CASE("padding depends on master key and salt, and a shorter one is the beginning of a longer one", "[seal]") {
    const Keys keys(fixed_keyring());
    PackSalt other = kSalt;
    other.bytes[0] ^= 1;
    const Bytes padding = keys.pack_padding(3, kSalt, 1'000);
    CHECK(equal(keys.pack_padding(3, kSalt, 10), ByteView(padding).first(10)));
    CHECK_FALSE(equal(keys.pack_padding(1, kSalt, 1'000), padding));
    CHECK_FALSE(equal(keys.pack_padding(3, other, 1'000), padding));
    CHECK(keys.pack_padding(3, kSalt, 0).empty());
}
