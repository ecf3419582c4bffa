// The keyed worked examples of docs/format.md, section 13. They were computed by another program than this one.
#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <sstream>

#include "store/seal/box.h"
#include "store/seal/key_text.h"
#include "store/seal/sealing.h"
#include "store/seal/slot_keys.h"
#include "tests/support/seal_fixtures.h"

using namespace vault;

namespace {

const Bytes kKeyringKey = counting_bytes(32, 0x90), kKeyFile = counting_bytes(32, 0xb0);
const PackSalt kSalt{counting_array<16>(0xe0)};

// The blocks of the document whose name starts with seal-, each without its line ends.
std::map<std::string, std::string> examples() {
    std::ifstream document(VAULT_SOURCE_DIR "/docs/format.md");
    std::map<std::string, std::string> blocks;
    std::string line, open;
    while (std::getline(document, line)) {
        std::istringstream words(line);
        std::string fence, name;
        words >> fence >> name;
        if (fence.starts_with("```"))
            open = name;
        else if (open.starts_with("seal-"))
            blocks[open] += line;
    }
    return blocks;
}

Bytes example(const std::string& name) {
    const auto blocks = examples();
    const auto found = blocks.find(name);
    if (found == blocks.end()) FAIL("docs/format.md has no example " << name);
    return from_hex(found->second);
}

KeyringRecord keyring_of_first_key() {
    KeyringRecord keyring = fixed_keyring();
    keyring.master_keys.resize(1);
    return keyring;
}

SealContext box_context() {
    SealContext context;
    context.domain = Domain::BoxData;
    context.envelope = {ObjectKind::Pack, 0, 1};
    context.repository = fixed_keyring().repository;
    context.plain_bytes = 5;
    return context;
}

}  // namespace

TEST_CASE("the document's subkeys are those of its keys", "[seal][examples]") {
    const KeyringRecord keyring = keyring_of_first_key();
    Bytes subkeys;
    for (const std::uint64_t number : {1, 2, 3, 4, 5})
        append(subkeys, derive_key(keyring.master_keys[0].key, number).view());
    for (const std::uint64_t number : {16, 17, 18, 19}) append(subkeys, derive_key(keyring.id_root, number).view());
    for (const std::uint64_t number : {32, 33, 34}) append(subkeys, derive_key(kKeyringKey, number).view());
    CHECK(to_hex(subkeys) == to_hex(example("seal-subkeys")));
}

TEST_CASE("the document's ids, boundary hash, gear bytes and padding come out of a keyring", "[seal][examples]") {
    const Keys keys(keyring_of_first_key());
    CHECK(keys.chunk_id(ChunkKind::Data, as_bytes("vault")).hex() == to_hex(example("seal-data-id")));
    CHECK(keys.chunk_id(ChunkKind::Tree, as_bytes("vault")).hex() == to_hex(example("seal-tree-id")));
    using namespace std::string_view_literals;
    std::uint64_t boundary = keys.boundary_hash(1, as_bytes("etc\0\0passwd"sv));
    Bytes little_endian;
    for (int i = 0; i < 8; ++i, boundary >>= 8) little_endian.push_back(static_cast<std::uint8_t>(boundary));
    CHECK(to_hex(little_endian) == to_hex(example("seal-boundary")));
    const Bytes gear = keys.gear_stream();
    CHECK(gear.size() == 1'600);
    CHECK(to_hex(ByteView(gear).first(32)) == to_hex(example("seal-gear")));
    CHECK(to_hex(keys.pack_padding(1, kSalt, 16)) == to_hex(example("seal-padding")));
}

TEST_CASE("the document's box is sealed and bound as it stands there, and opens", "[seal][examples]") {
    const KeyringRecord keyring = keyring_of_first_key();
    const Keys keys(keyring);
    const ByteView master = keyring.master_keys[0].key;
    CHECK(to_hex(associated_data(box_context())) == to_hex(example("seal-associated-data")));
    const NonceHedge hedge(derive_key(master, 4));
    CHECK(to_hex(hedge.nonce(counting_bytes(32), box_context(), as_bytes("vault"))) == to_hex(example("seal-nonce")));
    SealContext longer = box_context();
    longer.plain_bytes = 20'000;
    Bytes frame(20'000);
    for (std::size_t i = 0; i < frame.size(); ++i) frame[i] = static_cast<std::uint8_t>(i % 251);
    CHECK(to_hex(hedge.nonce(counting_bytes(32), longer, frame)) == to_hex(example("seal-nonce-of-slices")));
    const Bytes box = example("seal-box");
    CHECK(to_hex(seal_with_nonce(derive_key(master, 1).view(), counting_bytes(24, 0x40), box_context(),
                                 as_bytes("vault"))) == to_hex(box));
    CHECK(as_text(open_box(keys, ChunkKind::Data, box, Codec::Raw, 1, 5, "box")) == "vault");
}

TEST_CASE("the document's slot key and commitment come of its password and key file", "[seal][examples]") {
    SlotHeader header;
    header.repository = fixed_keyring().repository;
    header.has_password = header.has_key_file = true;
    header.memory_kib = 65'536;
    header.passes = 2;
    header.salt = counting_array<16>(0);
    const Bytes head = example("seal-slot-head");
    CHECK(to_hex(ByteView(encode(header)).first(kSlotDerivationBytes)) == to_hex(head));
    Credentials credentials;
    credentials.password = as_bytes("password");
    credentials.key_file = kKeyFile;
    const SlotKeys keys(header, head, credentials);
    CHECK(to_hex(keys.slot_key()) == to_hex(example("seal-slot-key")));
    CHECK(to_hex(keys.commitment()) == to_hex(example("seal-slot-commitment")));
}

TEST_CASE("the document's key text is that of its key file", "[seal][examples]") {
    const auto blocks = examples();
    REQUIRE(blocks.contains("seal-key-text"));
    CHECK(key_text(kKeyFile) == blocks.at("seal-key-text"));
    CHECK(equal(parse_key_text(blocks.at("seal-key-text")).view(), kKeyFile));
}
