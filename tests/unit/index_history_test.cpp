// An index to which many runs have added: an addition waits for compactions that go on, and for nothing else.
#include <catch2/catch.hpp>
#include <chrono>

#include "tests/support/index_check.h"
#include "tests/support/temporary_folder.h"

using namespace vault;
using namespace std::chrono_literals;

TEST_CASE("additions of many small runs do not wait for a compaction that never begins", "[index]") {
    constexpr std::uint64_t kRuns = 120;
    // Waiting in vain takes half a second: 24 of these runs once did. A busy machine may hold some up as long.
    constexpr std::uint64_t kSlowRunsMax = kRuns / 10;
    const TemporaryFolder folder;
    PackStore store;
    store.put_seeded(0, 3000);
    store.open(folder.path());
    std::uint64_t slow = 0;
    for (std::uint64_t run = 1; run <= kRuns; ++run) {
        const auto index = store.open(folder.path());
        const NewPack pack = as_new(store.put_seeded(run, run % 13 + 1));
        const auto started = std::chrono::steady_clock::now();
        index->add({pack}, {});
        if (std::chrono::steady_clock::now() - started > 450ms) ++slow;
    }
    CHECK(slow <= kSlowRunsMax);
    CHECK(contradiction(*store.open(folder.path()), store) == "");
}
