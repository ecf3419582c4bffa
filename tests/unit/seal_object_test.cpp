// Control objects are bound to name, kind, repository and master key, and padded in one way only.
#include <catch2/catch.hpp>

#include "store/format/limits.h"
#include "store/seal/object.h"
#include "store/seal/object_parts.h"
#include "tests/support/seal_fixtures.h"

using namespace vault;

namespace {

const std::string kSid = "00112233445566778899aabbccddeeff", kOtherSid = "00112233445566778899aabbccddeefe";
const std::string kNumber = "0011223344556677";

struct Named {
    ObjectKind kind;
    std::string name;
};

const std::vector<Named> kEveryKind = {
    {ObjectKind::Directories, "dirs/" + kSid + "-1"},
    {ObjectKind::Session, "sessions/" + kSid},
    {ObjectKind::Heartbeat, "sessions/" + kSid + ".7"},
    {ObjectKind::Commit, "snapshots/" + kSid},
    {ObjectKind::Fence, "snapshots/" + kSid},
    {ObjectKind::Tombstone, "tombstones/" + kSid},
    {ObjectKind::Bundle, "tombstones/bundle-" + kSid},
    {ObjectKind::Mark, "marks/" + kSid + "-" + kNumber},
    {ObjectKind::Damage, "damaged/" + kSid + kSid + "-" + kNumber},
    {ObjectKind::Condemned, "condemned/" + kSid},
    {ObjectKind::Waiting, "waiting/" + kSid},
    {ObjectKind::Decision, "decision/" + kSid},
};

const std::string kFence = "snapshots/" + kSid;

// A record of these tests: a length, then that many bytes.
Bytes record_of(std::size_t bytes) {
    return Writer().bytes(Bytes(bytes, 'r')).take();
}

Bytes decode_record(Cursor& cursor) {
    return to_bytes(cursor.bytes(kSnapshotObjectBytesMax, "record"));
}

Bytes opened(const Keys& keys, const std::string& name, ByteView object) {
    return decode_padded(open_object(keys, name, object), name, decode_record);
}

// A fence whose padded record is `plain`, sealed with the right key.
Bytes sealed_as_is(const Keys& keys, ByteView plain, ObjectKind kind = ObjectKind::Fence,
                   const std::string& name = kFence) {
    const Envelope envelope{kind, 0, 3};
    Bytes object = to_bytes(encode(envelope));
    append(object, keys.seal(object_context(envelope, keys.repository(), name, plain.size()), plain));
    return object;
}

}  // namespace

TEST_CASE("an object of each kind opens under its name to its record", "[seal]") {
    const Keys keys(fixed_keyring());
    for (const auto& [kind, name] : kEveryKind) {
        const Bytes object = seal_object(keys, kind, name, record_of(100));
        CHECK(object.size() == 4'096);
        CHECK(open_object(keys, name, object).envelope == Envelope{kind, 0, 3});
        CHECK(opened(keys, name, object) == Bytes(100, 'r'));
    }
}

TEST_CASE("an object under the name of another kind is neither made nor opened", "[seal]") {
    const Keys keys(fixed_keyring());
    for (const auto& [kind, name] : kEveryKind)
        for (const auto& [other_kind, other_name] : kEveryKind) {
            const bool two_kinds_one_name = name == other_name;
            if (two_kinds_one_name) continue;
            REQUIRE_THROWS_AS(seal_object(keys, kind, other_name, record_of(1)), std::logic_error);
            const Bytes object = sealed_as_is(keys, Bytes(4'000, 0), kind, other_name);  // by a writer gone wrong
            REQUIRE(thrown([&] { open_object(keys, other_name, object); }) == ErrorKind::Corrupt);
        }
    const std::vector<std::string> others = {"packs/00/" + kSid + kSid, "keys/" + kSid + kSid, "config/1", kSid};
    for (const std::string& name : others)
        CHECK_THROWS_AS(seal_object(keys, ObjectKind::Commit, name, record_of(1)), std::logic_error);
}

TEST_CASE("an object moved to another name, kind, repository or master key is Corrupt", "[seal]") {
    KeyringRecord keyring = fixed_keyring();
    const Keys keys(keyring);
    keyring.repository.bytes[5] ^= 1;
    const Keys other_repository(keyring);
    const Bytes object = seal_object(keys, ObjectKind::Commit, kFence, record_of(100));
    const auto opening = [](const Keys& with, const std::string& name, const Bytes& bytes) {
        return thrown([&] { open_object(with, name, bytes); });
    };
    CHECK(opening(keys, kFence, object) == std::nullopt);
    CHECK(opening(keys, "snapshots/" + kOtherSid, object) == ErrorKind::Corrupt);
    CHECK(opening(other_repository, kFence, object) == ErrorKind::Corrupt);
    Bytes as_fence = object, as_first_key = object, as_unknown_key = object;
    as_fence[8] = static_cast<std::uint8_t>(ObjectKind::Fence);
    as_first_key[20] = 1;
    as_unknown_key[20] = 2;
    CHECK(opening(keys, kFence, as_fence) == ErrorKind::Corrupt);
    CHECK(opening(keys, kFence, as_first_key) == ErrorKind::Corrupt);
    CHECK(opening(keys, kFence, as_unknown_key) == ErrorKind::Unsupported);
}

TEST_CASE("an object with any byte changed is Corrupt or Unsupported", "[seal]") {
    const Keys keys(fixed_keyring());
    const Bytes object = seal_object(keys, ObjectKind::Fence, kFence, record_of(100));
    for (std::size_t i = 0; i < object.size(); ++i)
        for (const int bit : {0, 7}) {
            Bytes changed = object;
            changed[i] ^= static_cast<std::uint8_t>(1u << bit);
            const auto kind = thrown([&] { open_object(keys, kFence, changed); });
            const bool may_be_unsupported = i < kEnvelopeBytes;
            if (kind != ErrorKind::Corrupt && (kind != ErrorKind::Unsupported || !may_be_unsupported))
                FAIL("bit " << bit << " of byte " << i);
        }
}

TEST_CASE("an object cut short, lengthened or longer than its kind allows is Corrupt", "[seal]") {
    const Keys keys(fixed_keyring());
    const Bytes object = seal_object(keys, ObjectKind::Fence, kFence, record_of(5'000));
    REQUIRE(object.size() == 8'192);
    for (const std::size_t bytes : {0u, 1u, 55u, 56u, 95u, 96u, 97u, 4'096u, 8'191u, 8'193u, 12'288u}) {
        Bytes other = object;
        other.resize(bytes, 0);
        CHECK(thrown([&] { open_object(keys, kFence, other); }) == ErrorKind::Corrupt);
    }
    const Bytes plain(kControlObjectBytesMax + 4'096 - 96, 0);
    CHECK(thrown([&] { open_object(keys, kFence, sealed_as_is(keys, plain)); }) == ErrorKind::Corrupt);
    CHECK(thrown([&] { seal_object(keys, ObjectKind::Fence, kFence, record_of(kControlObjectBytesMax)); }) ==
          ErrorKind::Corrupt);
    const Bytes long_commit = seal_object(keys, ObjectKind::Commit, kFence, record_of(kControlObjectBytesMax));
    CHECK(opened(keys, kFence, long_commit).size() == kControlObjectBytesMax);
}

TEST_CASE("padding is zero, as short as can be, and any other is Corrupt", "[seal]") {
    const Keys keys(fixed_keyring());
    for (const std::size_t bytes : {1u, 100u, 3'997u, 3'998u, 3'999u, 4'000u, 8'094u, 8'095u}) {
        const Bytes object = seal_object(keys, ObjectKind::Fence, kFence, record_of(bytes));
        CHECK(object.size() == (kEnvelopeBytes + 40 + record_of(bytes).size() + 4'095) / 4'096 * 4'096);
        CHECK(opened(keys, kFence, object).size() == bytes);
    }
    const auto opening = [&](const Bytes& plain) {
        return thrown([&] { opened(keys, kFence, sealed_as_is(keys, plain)); });
    };
    Bytes plain = record_of(100);
    const std::size_t record_bytes = plain.size();
    plain.resize(4'000, 0);
    CHECK(opening(plain) == std::nullopt);
    for (std::size_t i = record_bytes; i < plain.size(); ++i) {
        Bytes changed = plain;
        changed[i] = 1;
        REQUIRE(opening(changed) == ErrorKind::Corrupt);
    }
    plain.resize(4'000 + 4'096, 0);
    CHECK(opening(plain) == ErrorKind::Corrupt);
    CHECK(opening(Bytes(3'999, 0)) == ErrorKind::Corrupt);
}

TEST_CASE("dirs/ objects have lengths that tell less: Padmé's, in multiples of 4,096", "[seal]") {
    const Keys keys(fixed_keyring());
    const std::string name = "dirs/" + kSid + "-1";
    std::size_t lengths = 0, last = 0;
    for (std::size_t bytes = 1'000'000; bytes < 1'200'000; bytes += 1'000) {
        const Bytes object = seal_object(keys, ObjectKind::Directories, name, record_of(bytes));
        REQUIRE(object.size() % 4'096 == 0);
        REQUIRE(object.size() >= bytes);
        REQUIRE(object.size() < bytes + bytes / 16);
        REQUIRE(opened(keys, name, object).size() == bytes);
        lengths += object.size() != last ? 1 : 0;
        last = object.size();
    }
    CHECK(lengths == 8);  // 2^14 apart below 2^20, 2^15 above; other kinds would have 50
    const Bytes record = record_of(1'100'000);
    Bytes plain = record;
    plain.resize((record.size() + 96 + 4'095) / 4'096 * 4'096 - 96, 0);  // as short as other kinds are
    const Bytes object = sealed_as_is(keys, plain, ObjectKind::Directories, name);
    CHECK(thrown([&] { opened(keys, name, object); }) == ErrorKind::Corrupt);
}

TEST_CASE("an object of an older master key opens, and new ones are sealed under the newest", "[seal]") {
    KeyringRecord keyring = fixed_keyring();
    const Keys newer(keyring);
    keyring.master_keys.pop_back();
    const Keys older(keyring);
    const Bytes old_object = seal_object(older, ObjectKind::Fence, kFence, record_of(100));
    CHECK(opened(newer, kFence, old_object) == Bytes(100, 'r'));
    const Bytes new_object = seal_object(newer, ObjectKind::Fence, kFence, record_of(100));
    CHECK(thrown([&] { open_object(older, kFence, new_object); }) == ErrorKind::Unsupported);
}
