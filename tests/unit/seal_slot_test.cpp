// Key slots: who opens them, and that damage is never taken for a wrong password nor a wrong password for damage.
#include <catch2/catch.hpp>
#include <chrono>
#include <functional>

#include "store/format/limits.h"
#include "store/format/slot_record.h"
#include "store/seal/slot_strength.h"
#include "tests/support/seal_fixtures.h"

using namespace vault;

namespace {

const Bytes kKeyringKey = counting_bytes(32, 0x90);
const Bytes kKeyFile = counting_bytes(32, 0xb0), kOtherKeyFile = counting_bytes(32);
const RepositoryId kRepository{counting_array<32>(0x10)};
const SlotStrength kWeak{8, 1};  // 8 KiB: a test cannot wait for real strength a thousand times
const Time kCreated{1'700'000'000, 5};

Credentials with(std::optional<std::string_view> password, std::optional<ByteView> key_file = std::nullopt) {
    Credentials credentials;
    if (password) credentials.password = as_bytes(*password);
    credentials.key_file = key_file;
    return credentials;
}

NewSlot made(const Credentials& credentials) {
    return make_slot_below_floor(kRepository, kKeyringKey, credentials, SlotPurpose::Password, "bobcat", kCreated,
                                 kWeak);
}

SlotId name_of(const Bytes& object) {
    return SlotId{sha256(object)};
}

// The key that `credentials` get out of the slot, whatever its name; nothing where they are not the slot's.
std::optional<Bytes> key_in(const Bytes& object, const Credentials& credentials) {
    const std::optional<OpenedSlot> opened = open_slot(name_of(object), object, credentials);
    if (!opened) return std::nullopt;
    return to_bytes(opened->keyring_key.view());
}

double seconds_of(const std::function<void()>& call) {
    const auto start = std::chrono::steady_clock::now();
    call();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// A slot whose fields demand what they say, with its right name.
Bytes demanding(std::uint32_t memory_kib, std::uint32_t passes) {
    Bytes object = made(with("password")).object;
    for (int i = 0; i < 4; ++i) {
        object[92 + i] = static_cast<std::uint8_t>(memory_kib >> 8 * i);
        object[96 + i] = static_cast<std::uint8_t>(passes >> 8 * i);
    }
    return object;
}

}  // namespace

TEST_CASE("a slot opens with what it was made for and tells what was put into it", "[seal]") {
    for (const Credentials& credentials : {with("password"), with({}, kKeyFile), with("password", kKeyFile)}) {
        const NewSlot slot = made(credentials);
        REQUIRE(slot.object.size() == kSlotBytes);
        REQUIRE(slot.id == name_of(slot.object));
        const std::optional<OpenedSlot> opened = open_slot(slot.id, slot.object, credentials);
        REQUIRE(opened);
        CHECK(equal(opened->keyring_key.view(), kKeyringKey));
        CHECK(opened->repository == kRepository);
        CHECK(opened->purpose == SlotPurpose::Password);
        CHECK(opened->label == "bobcat");
        CHECK(opened->created == kCreated);
    }
}

TEST_CASE("a slot of real strength opens with its password alone", "[seal]") {
    const NewSlot slot = make_slot(kRepository, kKeyringKey, with("pass word"), SlotPurpose::Password, "", kCreated);
    CHECK(key_in(slot.object, with("pass word")) == kKeyringKey);
    CHECK(key_in(slot.object, with("pass worD")) == std::nullopt);
}

TEST_CASE("wrong or missing secrets open nothing, and that is not damage", "[seal]") {
    const Bytes password = made(with("password")).object, file = made(with({}, kKeyFile)).object,
                both = made(with("password", kKeyFile)).object;
    for (const std::string_view wrong : {"", "passwor", "password ", "Password", "password\n"}) {
        CHECK(key_in(password, with(wrong)) == std::nullopt);
        CHECK(key_in(both, with(wrong, kKeyFile)) == std::nullopt);
    }
    CHECK(key_in(password, with({}, kKeyFile)) == std::nullopt);
    CHECK(key_in(file, with({}, kOtherKeyFile)) == std::nullopt);
    CHECK(key_in(file, with("password")) == std::nullopt);
    CHECK(key_in(both, with("password")) == std::nullopt);
    CHECK(key_in(both, with({}, kKeyFile)) == std::nullopt);
    CHECK(key_in(both, with("password", kOtherKeyFile)) == std::nullopt);
    CHECK(key_in(both, with("password", kKeyFile)) == kKeyringKey);
}

TEST_CASE("who has more than a slot needs opens it with the part that it needs", "[seal]") {
    CHECK(key_in(made(with("password")).object, with("password", kKeyFile)) == kKeyringKey);
    CHECK(key_in(made(with({}, kKeyFile)).object, with("password", kKeyFile)) == kKeyringKey);
}

TEST_CASE("two slots for the same password share nothing", "[seal]") {
    const Bytes a = made(with("password")).object, b = made(with("password")).object;
    CHECK_FALSE(equal(ByteView(a).subspan(104, 16), ByteView(b).subspan(104, 16)));
    CHECK_FALSE(equal(ByteView(a).subspan(120, 64), ByteView(b).subspan(120, 64)));
}

TEST_CASE("a slot with a bit flipped anywhere is Corrupt, before Argon2id is run", "[seal]") {
    const NewSlot slot = make_slot(kRepository, kKeyringKey, with("password"), SlotPurpose::Password, "", kCreated);
    const double once = seconds_of([&] { key_in(slot.object, with("password")); });
    const double all = seconds_of([&] {
        for (std::size_t i = 0; i < slot.object.size(); ++i) {
            Bytes changed = slot.object;
            changed[i] ^= static_cast<std::uint8_t>(1u << i % 8);
            REQUIRE(thrown([&] { open_slot(slot.id, changed, with("password")); }) == ErrorKind::Corrupt);
        }
    });
    CHECK(all < 400 * once);  // 4,096 runs of Argon2id would take ten times that
}

TEST_CASE("a slot with a byte changed and its name made to fit opens nothing", "[seal]") {
    for (const Credentials& credentials : {with("password"), with({}, kKeyFile), with("password", kKeyFile)}) {
        const Bytes object = made(credentials).object;
        for (std::size_t i = 0; i < object.size(); ++i) {
            Bytes changed = object;
            changed[i] ^= 1;
            std::optional<Bytes> key;
            const std::optional<ErrorKind> kind = thrown([&] { key = key_in(changed, credentials); });
            INFO("byte " << i);
            REQUIRE(key == std::nullopt);
            REQUIRE((!kind || *kind == ErrorKind::Corrupt || *kind == ErrorKind::Unsupported));
            if (i >= kSlotHeaderBytes) REQUIRE(kind == ErrorKind::Corrupt);
        }
    }
}

TEST_CASE("a slot shorter or longer than 4,096 bytes is Corrupt", "[seal]") {
    const Bytes object = made(with("password")).object;
    for (const std::size_t bytes : {0u, 1u, 55u, 56u, 152u, 4'095u, 4'097u}) {
        Bytes other = object;
        other.resize(bytes, 0);
        CHECK(thrown([&] { key_in(other, with("password")); }) == ErrorKind::Corrupt);
    }
}

TEST_CASE("a slot that demands a terabyte or two thousand million passes is refused at once", "[seal]") {
    const double seconds = seconds_of([] {
        for (const Bytes& object : {demanding(1u << 30, 1), demanding(0xffffffff, 1), demanding(4'194'305, 1),
                                    demanding(8, 1u << 31), demanding(8, 17), demanding(8, 0), demanding(7, 1)})
            CHECK(thrown([&] { key_in(object, with("password")); }) == ErrorKind::Corrupt);
        CHECK(thrown([] { key_in(demanding(4'194'304, 16), with("password")); }) == ErrorKind::Unsupported);
    });
    CHECK(seconds < 1);
}

TEST_CASE("a slot within the caller's limit of memory opens, one beyond it is passed over", "[seal]") {
    const NewSlot slot = made(with("password"));
    CHECK(open_slot(slot.id, slot.object, with("password"), 8));
    CHECK(thrown([&] { open_slot(slot.id, slot.object, with("password"), 7); }) == ErrorKind::Unsupported);
}

TEST_CASE("the commitment is checked: with another one the right password opens nothing", "[seal]") {
    const Bytes object = made(with("password")).object;
    for (std::size_t i = 120; i < 152; ++i) {
        Bytes changed = object;
        changed[i] ^= 0x40;
        std::optional<Bytes> key;
        CHECK(thrown([&] { key = key_in(changed, with("password")); }) == std::nullopt);
        CHECK(key == std::nullopt);
    }
}

TEST_CASE("slots that are too weak, without a secret or with an empty password are not made", "[seal]") {
    const auto making = [](const Credentials& credentials, SlotStrength strength) {
        return thrown([&] {
            make_slot(kRepository, kKeyringKey, credentials, SlotPurpose::Password, "", kCreated, strength);
        });
    };
    CHECK(making(with("password"), {65'535, 2}) == ErrorKind::Usage);
    CHECK(making(with("password"), {65'536, 1}) == ErrorKind::Usage);
    CHECK(making(with("password"), {4'194'305, 2}) == ErrorKind::Corrupt);
    CHECK(making(with("password"), {65'536, 17}) == ErrorKind::Corrupt);
    CHECK(making(with(""), {}) == ErrorKind::Usage);
    CHECK(making(with({}), {}) == ErrorKind::Usage);
    CHECK(making(with({}, ByteView(kKeyFile).first(31)), {}) == ErrorKind::Usage);
    CHECK(making(with({}, kKeyFile), {0, 0}) == std::nullopt);
}
