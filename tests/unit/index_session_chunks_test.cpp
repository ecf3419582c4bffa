// The running session's own chunks, in memory and spilled.
#include <catch2/catch.hpp>
#include <thread>

#include "store/base/error.h"
#include "store/index.h"
#include "store/seal/primitives.h"
#include "tests/support/temporary_folder.h"

using namespace vault;
namespace fs = std::filesystem;

namespace {

ChunkId id_of(std::uint64_t number) {
    return ChunkId{sha256(as_bytes(std::to_string(number)))};
}

const SessionId kSid{{3}};

}  // namespace

TEST_CASE("a session finds what it added and nothing else, in memory and after spilling", "[index]") {
    const TemporaryFolder folder;
    const std::size_t in_memory = GENERATE(1u, 7u, 100u, 100'000u);
    SessionChunks chunks(folder.path(), kSid, in_memory);
    constexpr std::uint64_t kCount = 1000;
    for (std::uint32_t i = 0; i < kCount; ++i) {
        if (chunks.find(id_of(i))) FAIL("found before it was added");
        chunks.add(id_of(i), {i, i + 1});
    }
    CHECK(chunks.size() == kCount);
    std::uint64_t wrong = 0;
    for (std::uint32_t i = 0; i < kCount; ++i) {
        const auto found = chunks.find(id_of(i));
        if (!found || found->pack != i || found->length != i + 1) ++wrong;
        if (chunks.find(id_of(i + 1'000'000))) ++wrong;
    }
    CHECK(wrong == 0);
    CHECK(fs::exists(fs::path(folder.path()) / "spill" / kSid.hex()) == (in_memory < kCount));
}

TEST_CASE("a chunk that is added again has the newer place", "[index]") {
    const TemporaryFolder folder;
    SessionChunks chunks(folder.path(), kSid, 4);
    for (std::uint32_t round = 1; round <= 3; ++round)
        for (std::uint32_t i = 0; i < 10; ++i) {
            chunks.add(id_of(i), {round, i + 1});
            CHECK(chunks.find(id_of(i))->pack == round);
        }
    for (std::uint32_t i = 0; i < 10; ++i) CHECK(chunks.find(id_of(i))->pack == 3);
}

TEST_CASE("the spill folder goes with its session, and those of dead sessions are removed", "[index]") {
    const TemporaryFolder folder;
    const fs::path spill = fs::path(folder.path()) / "spill";
    const SessionId dead{{1}}, living{{2}};
    for (const SessionId& sid : {dead, living}) fs::create_directories(spill / sid.hex() / "db");
    fs::create_directories(spill / "no session");
    {
        SessionChunks chunks(folder.path(), kSid, 2);
        for (std::uint32_t i = 0; i < 10; ++i) chunks.add(id_of(i), {i, 1});
        CHECK(fs::exists(spill / kSid.hex()));
    }
    CHECK_FALSE(fs::exists(spill / kSid.hex()));
    SessionChunks::remove_dead(folder.path(), [&](const SessionId& sid) { return sid == dead; });
    CHECK_FALSE(fs::exists(spill / dead.hex()));
    CHECK(fs::exists(spill / living.hex()));
    CHECK(fs::exists(spill / "no session"));
    SessionChunks::remove_dead("/nonexistent", [](const SessionId&) { return true; });
}

TEST_CASE("many threads add and find at once", "[index]") {
    const TemporaryFolder folder;
    SessionChunks chunks(folder.path(), kSid, 500);
    std::atomic<std::uint64_t> wrong = 0;
    {
        std::vector<std::jthread> threads;
        for (std::uint32_t thread = 0; thread < 4; ++thread)
            threads.emplace_back([&, thread] {
                for (std::uint32_t i = 0; i < 2000; ++i) {
                    const ChunkId id = id_of(thread * 10'000 + i);
                    if (chunks.find(id)) ++wrong;
                    chunks.add(id, {thread, i});
                    // What was added before must be found at every moment, also while others spill.
                    const auto earlier = chunks.find(id_of(thread * 10'000 + i / 2));
                    if (!earlier || earlier->pack != thread || earlier->length != i / 2) ++wrong;
                }
            });
    }
    CHECK(wrong == 0);
    CHECK(chunks.size() == 8000);
}

TEST_CASE("where the cache folder cannot be written a session spills to $TMPDIR, or says why not", "[index]") {
    const TemporaryFolder temporary;
    ::setenv("TMPDIR", temporary.path().c_str(), 1);
    {
        SessionChunks chunks("/proc/nowhere", kSid, 4);
        for (std::uint32_t i = 0; i < 100; ++i) chunks.add(id_of(i), {i, 1});
        for (std::uint32_t i = 0; i < 100; ++i) CHECK(chunks.find(id_of(i))->pack == i);
        CHECK_FALSE(fs::is_empty(temporary.path()));
    }
    CHECK(fs::is_empty(temporary.path()));
    ::setenv("TMPDIR", "/proc/nowhere", 1);
    SessionChunks chunks("/proc/nowhere", kSid, 4);
    for (std::uint32_t i = 0; i < 4; ++i) chunks.add(id_of(i), {i, 1});
    CHECK_THROWS_AS(chunks.add(id_of(4), {4, 1}), Error);
    for (std::uint32_t i = 0; i < 4; ++i) CHECK(chunks.find(id_of(i))->pack == i);
    ::unsetenv("TMPDIR");
}
