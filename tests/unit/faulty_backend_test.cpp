// The faulty double does what it is told, and only then: tests that rely on its faults rely on these.
#include "tests/support/failures.h"
#include "tests/support/faulty_backend.h"

#include <catch2/catch.hpp>

#include <functional>

#include "tests/support/memory_backend.h"

namespace vault {
namespace {

const std::string kSession(32, 'a');
const std::string kFirst = "snapshots/" + std::string(32, '1'), kSecond = "snapshots/" + std::string(32, '2');

TEST_CASE("the nth call of a kind fails with the kind asked for, once", "[faulty]") {
    MemoryBackend memory;
    FaultyBackend faulty(memory);
    faulty.inject({.call = Call::PutNew, .nth = 2, .kind = ErrorKind::NoSpace});
    faulty.put_new(kFirst, {});
    CHECK(kind_of([&] { faulty.put_new(kSecond, {}); }) == ErrorKind::NoSpace);
    CHECK_FALSE(memory.holds(kSecond));
    faulty.put_new(kSecond, {});
    CHECK(faulty.faults_hit() == 1);
}

TEST_CASE("a persistent fault stays until it is cleared, and spares other names", "[faulty]") {
    MemoryBackend memory;
    FaultyBackend faulty(memory);
    faulty.inject({.name_prefix = "snapshots/", .persistent = true});
    for (int i = 0; i < 3; ++i) CHECK(kind_of([&] { faulty.list("snapshots/"); }) == ErrorKind::Io);
    CHECK_NOTHROW(faulty.list("packs/"));
    faulty.clear_faults();
    CHECK_NOTHROW(faulty.list("snapshots/"));
}

TEST_CASE("a lost reply leaves the object in place", "[faulty]") {
    MemoryBackend memory;
    FaultyBackend faulty(memory);
    faulty.inject({.effect = Effect::ReplyLost, .call = Call::PutNew});
    CHECK(kind_of([&] { faulty.put_new(kFirst, as_bytes("x")); }) == ErrorKind::Io);
    CHECK(memory.holds(kFirst));

    faulty.inject({.effect = Effect::ReplyLost, .call = Call::Publish});
    auto writer = faulty.begin_object(kSession);
    writer->append(as_bytes("y"));
    CHECK(kind_of([&] { writer->publish(kSecond); }) == ErrorKind::Io);
    CHECK(as_text(memory.get(kSecond)) == "y");
}

TEST_CASE("an answer can be flipped, cut, or short by an object", "[faulty]") {
    MemoryBackend memory;
    FaultyBackend faulty(memory);
    faulty.put_new(kFirst, as_bytes("abcd"));
    faulty.inject({.effect = Effect::FlipByte, .call = Call::Get, .flip_at = 5});
    CHECK(equal(faulty.get(kFirst), Bytes{'a', 'b' ^ 0xFF, 'c', 'd'}));
    faulty.inject({.effect = Effect::Truncate, .call = Call::Get});
    CHECK(as_text(faulty.get(kFirst)) == "ab");
    faulty.inject({.effect = Effect::OmitLast, .call = Call::List});
    CHECK(faulty.list("snapshots/").empty());
    CHECK(faulty.list("snapshots/").size() == 1);
    CHECK(as_text(faulty.get(kFirst)) == "abcd");
}

TEST_CASE("calls are recorded in their order with names, bytes and outcome", "[faulty]") {
    MemoryBackend memory;
    FaultyBackend faulty(memory);
    faulty.put_new(kFirst, as_bytes("abc"));
    auto writer = faulty.begin_object(kSession);
    writer->append(as_bytes("de"));
    writer->append(as_bytes("f"));
    CHECK(kind_of([&] { writer->publish(kFirst); }) == ErrorKind::Exists);
    faulty.get(kFirst, ByteRange{1, 2});
    faulty.sync();

    const std::vector<CallRecord> records = faulty.records();
    REQUIRE(records.size() == 7);
    CHECK(records[0].call == Call::PutNew);
    CHECK(records[0].name == kFirst);
    CHECK(records[0].bytes == 3);
    CHECK(records[4].call == Call::Publish);
    CHECK(records[4].bytes == 3);
    CHECK(records[4].threw);
    CHECK(records[5].bytes == 2);
    CHECK_FALSE(records[5].threw);
    CHECK(records[6].call == Call::Sync);
    CHECK(faulty.calls(Call::Append) == 2);
    faulty.forget_calls();
    CHECK(faulty.calls() == 0);
}

}  // namespace
}  // namespace vault
