// The stages, one after the other, by the calls that snapshots and restores make themselves.
#include "store/benchmark.h"

#include <algorithm>
#include <atomic>

#include "store/base/file.h"
#include "store/benchmark_folder.h"
#include "store/benchmark_sample.h"
#include "store/box_gatherer.h"
#include "store/seal/box_steps.h"
#include "store/seal/compress.h"
#include "store/thread_count.h"

namespace vault {

namespace {

constexpr std::size_t kSampleBytes = 8u << 20;
constexpr std::size_t kIndexChunks = 262'144;  // of 16 GiB of content
constexpr std::size_t kLookupBatch = 256;
constexpr std::size_t kBoxesOfBatch = 3;  // as much as one batch of a snapshot

// Content of one kind on its way through the stages.
struct Sample {
    Sample(const Keys& keys, const Bytes& content) : boxes(sample_boxes(keys, content)) {
        for (const BoxJob& box : boxes) {
            const std::optional<Bytes> frame = compress(box.plain, box.level.value);
            content_bytes += box.plain.size();
            frame_bytes += frame ? frame->size() : box.plain.size();
            sealed.push_back(seal_box(keys, ChunkKind::Data, box.plain, box.contents.chunks, box.level));
        }
    }
    double ratio() const { return static_cast<double>(content_bytes) / static_cast<double>(frame_bytes); }

    std::vector<BoxJob> boxes;
    std::vector<SealedBox> sealed;
    std::size_t content_bytes = 0, frame_bytes = 0;
};

// Chunks of some boxes of a sample, as a snapshot hashes them at once.
struct ChunkBatch {
    std::vector<ByteView> chunks;
    std::size_t bytes = 0;
};

std::vector<ChunkBatch> batches_of(const Sample& sample) {
    std::vector<ChunkBatch> batches;
    for (std::size_t i = 0; i < sample.boxes.size(); ++i) {
        if (i % kBoxesOfBatch == 0) batches.emplace_back();
        const BoxJob& box = sample.boxes[i];
        ByteView rest = box.plain;
        for (const DirectoryChunk& chunk : box.contents.chunks) {
            batches.back().chunks.push_back(rest.first(chunk.length));
            rest = rest.subspan(chunk.length);
        }
        batches.back().bytes += box.plain.size();
    }
    return batches;
}

SealContext context_of(const Keys& keys, std::size_t plain_bytes) {
    SealContext context;
    context.domain = Domain::BoxData;
    context.envelope = {ObjectKind::Pack, 0, keys.newest_generation()};
    context.repository = keys.repository();
    context.plain_bytes = static_cast<std::uint32_t>(plain_bytes);
    return context;
}

class Benchmark {
  public:
    Benchmark(const BenchmarkOptions& options, const std::function<void(const StageSpeed&)>& measured,
              const std::function<bool()>& interrupted)
        : options_(options), measured_(measured), span_{options.per_stage, interrupted},
          threads_(thread_count(options.threads)), text_(*keys_, sample_text(kSampleBytes, 1)),
          random_(*keys_, sample_random(kSampleBytes)) {}

    BenchmarkReport run() {
        BenchmarkFolder folder(options_.folder, span_);
        report_.ratio = text_.ratio();
        report_.index_chunks = kIndexChunks;
        measure_contents();
        measure_boxes(text_, "seal", "open", "that compresses");
        measure_boxes(random_, "seal_random", "open_random", "that does not");
        measure_index(folder.backend());
        measure_folder(folder);
        add_bounds();
        return report_;
    }

  private:
    // `speed` tells units a second on some threads.
    void add(StageSpeed stage, const std::function<double(unsigned threads)>& speed) {
        stage.alone = speed(1);
        stage.together = stage.threads > 1 ? speed(stage.threads) : stage.alone;
        report_.stages.push_back(stage);
        measured_(stage);
    }

    // `work` does the part of that number and says how many units it has. All threads take the next part in turn.
    void add_in_turn(StageSpeed stage, const std::function<double(std::size_t part)>& work) {
        stage.threads = threads_;
        add(stage, [&](unsigned threads) {
            std::atomic<std::size_t> next = 0;
            return measure(threads, span_, [&](unsigned) { return work(next++); }).per_second();
        });
    }

    // The same, a part being a box of a sample.
    void add_by_box(std::string_view stage, std::string what, const Sample& sample,
                    const std::function<void(std::size_t box)>& work) {
        add_in_turn({stage, std::move(what), StageUnit::Bytes}, [&](std::size_t part) {
            const std::size_t box = part % sample.boxes.size();
            work(box);
            return static_cast<double>(sample.boxes[box].plain.size());
        });
    }

    void measure_contents() {
        const GearTable gear = gear_of(*keys_);
        add_by_box("cut", "find where contents are cut", text_, [&](std::size_t box) {
            Chunker chunker(gear, chunk_sizes(kGeneralAverageBytes));
            ByteView rest = text_.boxes[box].plain;
            for (CutSearch found; (found = chunker.next(rest, Input::End)).cut;) rest = rest.subspan(found.consumed);
        });
        const std::vector<ChunkBatch> batches = batches_of(text_);
        add_in_turn({"id", "hash chunks for their ids", StageUnit::Bytes}, [&](std::size_t part) {
            const ChunkBatch& batch = batches[part % batches.size()];
            std::vector<ChunkId> ids(batch.chunks.size());
            keys_->chunk_ids(ChunkKind::Data, batch.chunks, ids);
            return static_cast<double>(batch.bytes);
        });
        const int level = text_.boxes.front().level.value;
        add_by_box("compress", "compress (zstd, level " + std::to_string(level) + ")", text_,
                   [&](std::size_t box) { compress(text_.boxes[box].plain, level); });
        add_by_box("encrypt", "encrypt", random_, [&](std::size_t box) {
            const Bytes& plain = random_.boxes[box].plain;
            keys_->seal(context_of(*keys_, plain.size()), plain);
        });
        add_by_box("pack_hash", "hash packs for their names", random_,
                   [&](std::size_t box) { sha256(random_.sealed[box].sealed); });
    }

    void measure_boxes(const Sample& sample, std::string_view seal, std::string_view open, const std::string& kind) {
        add_by_box(seal, "compress, encrypt, open again and verify: content " + kind, sample, [&](std::size_t at) {
            const BoxJob& box = sample.boxes[at];
            seal_box(*keys_, ChunkKind::Data, box.plain, box.contents.chunks, box.level);
        });
        add_by_box(open, "decrypt, decompress and verify: content " + kind, sample, [&](std::size_t at) {
            verify_box(*keys_, ChunkKind::Data, sample.sealed[at], sample.boxes[at].contents.chunks);
        });
    }

    void measure_index(Backend& backend) {
        make_folders(options_.cache.string());
        const LockedFolder folder(options_.cache, "benchmark-");
        const SampleIndex index(folder.path() / "index", *keys_, backend, kIndexChunks);
        const std::vector<ChunkId> unknown = random_ids(kIndexChunks);
        const auto add_lookups = [&](std::string_view stage, std::string what, const std::vector<ChunkId>& ids) {
            add_in_turn({stage, std::move(what), StageUnit::Times}, [&](std::size_t part) {
                const std::size_t at = part * kLookupBatch % ids.size();
                const std::size_t found = index.count_found(std::span(ids).subspan(at, kLookupBatch));
                if (found != (&ids == &unknown ? 0 : kLookupBatch))
                    throw Error(ErrorKind::Io, "the index gives a wrong answer");
                return static_cast<double>(kLookupBatch);
            });
        };
        add_lookups("index_known", "look up chunks that are known, in stored order", index.ids());
        add_lookups("index_unknown", "look up chunks that are new", unknown);
    }

    void measure_folder(BenchmarkFolder& folder) {
        const unsigned publishers = std::min(threads_, PackLimits{}.publishers);
        add({"write", "write packs, each durable", StageUnit::Bytes, 0, 0, publishers},
            [&](unsigned threads) { return folder.bytes_written(threads); });
        add({"read", "read packs", StageUnit::Bytes, 0, 0, threads_},
            [&](unsigned threads) { return folder.bytes_read(threads); });
        add({"small_object", "put a small object, durable, and remove it", StageUnit::Times, 0, 0, threads_},
            [&](unsigned threads) { return folder.small_objects(threads); });
        add({"fsync", "fsync a page", StageUnit::Times, 0, 0, threads_},
            [&](unsigned threads) { return folder.fsyncs(threads); });
        add({"rename", "rename a file", StageUnit::Times, 0, 0, threads_},
            [&](unsigned threads) { return folder.renames(threads); });
    }

    double together(std::string_view stage) const {
        return std::ranges::find(report_.stages, stage, &StageSpeed::stage)->together;
    }

    // Every byte takes its time of all threads in each stage, and what is left of it goes to the folder beside.
    void add_snapshot_bound(std::string_view of, std::string what, std::string_view seal, double ratio) {
        const double seconds = 1 / together("cut") + 1 / together("id") + 1 / together(seal) +
                               1 / (together("index_unknown") * kGeneralAverageBytes) +
                               1 / (together("pack_hash") * ratio);
        add_bound(of, std::move(what), 1 / seconds, together("write") * ratio, "write");
    }

    void add_bound(std::string_view of, std::string what, double processor, double folder, std::string_view limit) {
        const bool by_folder = folder < processor;
        report_.bounds.push_back(
            {of, std::move(what), by_folder ? folder : processor, by_folder ? limit : std::string_view("processor")});
    }

    void add_bounds() {
        add_snapshot_bound("first_snapshot", "a first snapshot of content that compresses", "seal", report_.ratio);
        add_snapshot_bound("first_snapshot_random", "a first snapshot of content that does not", "seal_random", 1);
        add_bound("reading", "reading back content that compresses", together("open"), together("read") * report_.ratio,
                  "read");
        add_bound("reading_random", "reading back content that does not", together("open_random"), together("read"),
                  "read");
    }

    const BenchmarkOptions& options_;
    const std::function<void(const StageSpeed&)>& measured_;
    const MeasuredSpan span_;
    const unsigned threads_;
    const std::unique_ptr<Keys> keys_ = sample_keys();
    const Sample text_, random_;
    BenchmarkReport report_;
};

}  // namespace

BenchmarkReport run_benchmark(const BenchmarkOptions& options, const std::function<void(const StageSpeed&)>& measured,
                              const std::function<bool()>& interrupted) {
    return Benchmark(options, measured, interrupted).run();
}

}  // namespace vault
