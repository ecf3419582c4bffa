// How fast each stage of a snapshot and of reading back is, one thread, by the calls that they use themselves: cut, id,
// compress, seal, open. The index and the trees: stage_bench_index.cpp, stage_bench_tree.cpp. Run by `./dev bench`, or:
//
//     stage_bench [--benchmark_filter=REGEX] [--benchmark_min_time=SECONDS]
#include <benchmark/benchmark.h>

#include <algorithm>

#include "store/benchmark_sample.h"
#include "store/box_gatherer.h"
#include "store/seal/blake2b_lanes.h"
#include "store/seal/box_steps.h"
#include "store/seal/compress.h"

using namespace vault;

namespace {

constexpr std::size_t kSampleBytes = 16u << 20;  // more than the caches of a core hold

enum class Sample { Text, Random };

const Keys& keys() {
    static const std::unique_ptr<Keys> made = sample_keys();
    return *made;
}

const Bytes& content(Sample sample) {
    static const Bytes text = sample_text(kSampleBytes, 1), random = sample_random(kSampleBytes);
    return sample == Sample::Text ? text : random;
}

const std::vector<BoxJob>& boxes(Sample sample) {
    static const std::vector<BoxJob> text = sample_boxes(keys(), content(Sample::Text)),
                                     random = sample_boxes(keys(), content(Sample::Random));
    return sample == Sample::Text ? text : random;
}

// One round is one box; all boxes in turn.
class BoxRounds {
  public:
    explicit BoxRounds(Sample sample) : boxes_(boxes(sample)) {}
    const BoxJob& next() {
        const BoxJob& box = boxes_[round_++ % boxes_.size()];
        plain_bytes_ += box.plain.size();
        return box;
    }
    void report(benchmark::State& state) const { state.SetBytesProcessed(static_cast<std::int64_t>(plain_bytes_)); }

  private:
    const std::vector<BoxJob>& boxes_;
    std::size_t round_ = 0;
    std::uint64_t plain_bytes_ = 0;
};

void cut(benchmark::State& state, std::uint32_t average) {
    const GearTable gear = gear_of(keys());
    Chunker chunker(gear, chunk_sizes(average));
    const Bytes& bytes = content(Sample::Text);
    for (auto _ : state) {
        ByteView rest = bytes;
        for (CutSearch found; (found = chunker.next(rest, Input::End)).cut; rest = rest.subspan(found.consumed))
            benchmark::DoNotOptimize(found);
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}

// The ids of chunks of equal length, as many at once as a batch of a snapshot holds.
std::vector<ByteView> equal_chunks(std::size_t chunk_bytes) {
    constexpr std::size_t kBatchBytes = 3u << 19;
    std::vector<ByteView> chunks;
    for (std::size_t at = 0; at + chunk_bytes <= kBatchBytes; at += chunk_bytes)
        chunks.push_back(ByteView(content(Sample::Text)).subspan(at, chunk_bytes));
    return chunks;
}

void id(benchmark::State& state) {
    const std::vector<ByteView> chunks = equal_chunks(static_cast<std::size_t>(state.range(0)));
    std::vector<ChunkId> ids(chunks.size());
    for (auto _ : state) {
        keys().chunk_ids(ChunkKind::Data, chunks, ids);
        benchmark::DoNotOptimize(ids.data());
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(chunks.size()) * state.range(0));
}

// The same in lanes of one width.
void id_lanes(benchmark::State& state, LaneWidth width) {
    if (width > lane_width()) {
        state.SkipWithError("this processor has no lanes of that width");
        return;
    }
    const std::vector<ByteView> chunks = equal_chunks(static_cast<std::size_t>(state.range(0)));
    std::vector<Blake2b256> hashes(chunks.size());
    const Bytes key = sample_random(32);
    for (auto _ : state) {
        blake2b_256_lanes(key, chunks, hashes, width);
        benchmark::DoNotOptimize(hashes.data());
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(chunks.size()) * state.range(0));
}

void compress_boxes(benchmark::State& state, int level) {
    BoxRounds rounds(Sample::Text);
    double plain = 0, frames = 0;
    for (auto _ : state) {
        const BoxJob& box = rounds.next();
        const std::optional<Bytes> frame = compress(box.plain, level);
        plain += static_cast<double>(box.plain.size());
        frames += static_cast<double>(frame ? frame->size() : box.plain.size());
    }
    rounds.report(state);
    state.counters["ratio"] = plain / frames;
}

// Compression and encryption, without the verification that follows.
void seal_alone(benchmark::State& state, Sample sample) {
    BoxRounds rounds(sample);
    for (auto _ : state) {
        const BoxJob& box = rounds.next();
        benchmark::DoNotOptimize(compress_and_seal(keys(), ChunkKind::Data, box.plain, box.level));
    }
    rounds.report(state);
}

// What a snapshot does with each box.
void seal_and_verify(benchmark::State& state, Sample sample) {
    BoxRounds rounds(sample);
    for (auto _ : state) {
        const BoxJob& box = rounds.next();
        benchmark::DoNotOptimize(seal_box(keys(), ChunkKind::Data, box.plain, box.contents.chunks, box.level));
    }
    rounds.report(state);
}

// What reading does with each box: decrypt, decompress, ids of all chunks.
void open(benchmark::State& state, Sample sample) {
    std::vector<SealedBox> sealed;
    for (const BoxJob& box : boxes(sample))
        sealed.push_back(compress_and_seal(keys(), ChunkKind::Data, box.plain, box.level));
    BoxRounds rounds(sample);
    std::size_t round = 0;
    for (auto _ : state) {
        const BoxJob& box = rounds.next();
        const SealedBox& from = sealed[round++ % sealed.size()];
        const Bytes plain = open_box(keys(), ChunkKind::Data, from.sealed, from.codec, from.generation,
                                     static_cast<std::uint32_t>(box.plain.size()), "a box of the benchmark");
        const std::vector<bool> sound = sound_chunks(keys(), ChunkKind::Data, box.contents.chunks, plain);
        if (std::ranges::find(sound, false) != sound.end()) state.SkipWithError("a chunk does not verify");
    }
    rounds.report(state);
}

}  // namespace

BENCHMARK_CAPTURE(cut, general, kGeneralAverageBytes);
BENCHMARK_CAPTURE(cut, database, kDatabaseAverageBytes);
BENCHMARK_CAPTURE(cut, media, kMediaAverageBytes);
BENCHMARK(id)->Arg(4 << 10)->Arg(64 << 10)->Arg(1 << 20);
BENCHMARK_CAPTURE(id_lanes, four, LaneWidth::Four)->Arg(64 << 10);
BENCHMARK_CAPTURE(id_lanes, eight, LaneWidth::Eight)->Arg(64 << 10);
BENCHMARK_CAPTURE(compress_boxes, general, level_of(BoxSort::General).value);
BENCHMARK_CAPTURE(compress_boxes, database, level_of(BoxSort::Database).value);
BENCHMARK_CAPTURE(compress_boxes, tree_leaves, level_of(BoxSort::TreeLeaves).value);
BENCHMARK_CAPTURE(seal_alone, text, Sample::Text);
BENCHMARK_CAPTURE(seal_alone, random, Sample::Random);
BENCHMARK_CAPTURE(seal_and_verify, text, Sample::Text);
BENCHMARK_CAPTURE(seal_and_verify, random, Sample::Random);
BENCHMARK_CAPTURE(open, text, Sample::Text);
BENCHMARK_CAPTURE(open, random, Sample::Random);

BENCHMARK_MAIN();
