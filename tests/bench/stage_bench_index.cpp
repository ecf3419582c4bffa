// Lookups in an index of a million chunks, one thread, in batches as large as a snapshot's and one by one. Larger ones:
// tests/bench/index_bench.py.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <random>

#include "store/benchmark_sample.h"
#include "tests/support/memory_backend.h"
#include "tests/support/temporary_folder.h"

using namespace vault;

namespace {

constexpr std::size_t kChunks = 1'000'000;

enum class Asked { InStoredOrder, Shuffled, Unknown };

// Made when the first of these benchmarks begins.
const SampleIndex& index() {
    static const TemporaryFolder folder;
    static const SampleIndex made = [] {
        MemoryBackend backend;
        return SampleIndex(folder.path() + "/index", *sample_keys(), backend, kChunks);
    }();
    return made;
}

std::vector<ChunkId> ids_to_ask(Asked asked) {
    if (asked == Asked::Unknown) return random_ids(kChunks);
    std::vector<ChunkId> ids = index().ids();
    if (asked == Asked::Shuffled) std::ranges::shuffle(ids, std::mt19937_64(1));
    return ids;
}

void look_up(benchmark::State& state, Asked asked) {
    const SampleIndex& asked_of = index();
    const std::vector<ChunkId> ids = ids_to_ask(asked);
    const auto batch = static_cast<std::size_t>(state.range(0));
    std::size_t at = 0;
    for (auto _ : state) {
        if (at + batch > ids.size()) at = 0;
        const std::size_t found = asked_of.count_found(std::span(ids).subspan(at, batch));
        if (found != (asked == Asked::Unknown ? 0 : batch)) state.SkipWithError("the index gives a wrong answer");
        at += batch;
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}

}  // namespace

BENCHMARK_CAPTURE(look_up, known_in_stored_order, Asked::InStoredOrder)->Arg(1)->Arg(256);
BENCHMARK_CAPTURE(look_up, known_shuffled, Asked::Shuffled)->Arg(1)->Arg(256);
BENCHMARK_CAPTURE(look_up, unknown, Asked::Unknown)->Arg(1)->Arg(256);
