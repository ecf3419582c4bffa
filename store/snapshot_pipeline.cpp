// oneTBB's parallel_pipeline: ordered stages, a bound on what is in flight.
#include "store/snapshot_pipeline.h"

#include <oneapi/tbb/parallel_pipeline.h>
#include <oneapi/tbb/task_arena.h>

#include <thread>
#include <utility>

#include "store/bounded_queue.h"
#include "store/in_flight.h"
#include "store/spare_buffers.h"
#include "store/stage_fence.h"

namespace vault {

namespace {

namespace tbb = oneapi::tbb;

// More than the reader begins while a batch is on its way; of media, whose batches are larger, none is kept.
constexpr std::size_t kSpareBuffers = 4, kSpareBytesMax = 2u << 20;

void name_chunks(const Keys& keys, Batch& batch) {
    std::vector<ByteView> plaintexts;
    plaintexts.reserve(batch.chunks.size());
    for (const CutChunk& chunk : batch.chunks)
        plaintexts.push_back(ByteView(batch.bytes).subspan(chunk.offset, chunk.length));
    batch.ids.resize(plaintexts.size());
    keys.chunk_ids(ChunkKind::Data, plaintexts, batch.ids);
}

void seal_boxes(const Keys& keys, Batch& batch) {
    for (BoxJob& box : batch.boxes) {
        box.sealed = seal_box(keys, box.contents.kind, box.plain, box.contents.chunks, box.level);
        box.plain = {};
    }
}

void append_boxes(Batch& batch, PackWriter& packs, SnapshotProgress& progress) {
    for (BoxJob& box : batch.boxes) {
        progress.bytes_stored += box.sealed.sealed.size();
        packs.append(box.sealed, std::move(box.contents));
    }
}

}  // namespace

void run_snapshot_pipeline(const Keys& keys, unsigned threads, EntryReader& entries, ManifestAssembler& assembler,
                           PackWriter& packs, SnapshotProgress& progress,
                           const std::function<void(const HandOut&)>& read) {
    BoundedQueue<std::unique_ptr<Batch>> queue(2);
    SpareBuffers spare(kSpareBuffers, kSpareBytesMax);
    std::exception_ptr read_failure;
    std::thread reader([&] {
        try {
            read([&](std::unique_ptr<Batch> batch) -> std::unique_ptr<Batch> {
                if (!queue.push(std::move(batch))) return nullptr;
                auto next = std::make_unique<Batch>();
                next->bytes = spare.take();
                return next;
            });
        } catch (...) {
            read_failure = std::current_exception();
        }
        queue.close();
    });
    std::exception_ptr failure;
    InFlight<Batch> in_flight;
    const auto stages = tbb::make_filter<void, Batch*>(tbb::filter_mode::serial_in_order,
                                                       [&](tbb::flow_control& flow) -> Batch* {
                                                           const StageFence fence;
                                                           auto batch = queue.pop();
                                                           if (!batch) {
                                                               flow.stop();
                                                               return nullptr;
                                                           }
                                                           return in_flight.add(std::move(*batch));
                                                       }) &
                        tbb::make_filter<Batch*, Batch*>(tbb::filter_mode::parallel,
                                                         [&](Batch* batch) {
                                                             const StageFence fence;
                                                             entries.read_put_off(*batch);
                                                             name_chunks(keys, *batch);
                                                             return batch;
                                                         }) &
                        tbb::make_filter<Batch*, Batch*>(tbb::filter_mode::serial_in_order,
                                                         [&](Batch* batch) {
                                                             const StageFence fence;
                                                             assembler.take(*batch);
                                                             spare.give(std::exchange(batch->bytes, {}));
                                                             return batch;
                                                         }) &
                        tbb::make_filter<Batch*, Batch*>(tbb::filter_mode::parallel,
                                                         [&](Batch* batch) {
                                                             const StageFence fence;
                                                             seal_boxes(keys, *batch);
                                                             return batch;
                                                         }) &
                        tbb::make_filter<Batch*, void>(tbb::filter_mode::serial_in_order, [&](Batch* batch) {
                            const StageFence fence;
                            append_boxes(*batch, packs, progress);
                            in_flight.remove(batch);
                        });
    try {
        { const StageFence fence; }
        tbb::task_arena arena(static_cast<int>(threads));
        arena.execute([&] { tbb::parallel_pipeline(batches_in_flight(threads), stages); });
        { const StageFence fence; }
    } catch (...) {
        failure = std::current_exception();
    }
    queue.close();
    reader.join();
    if (failure) std::rethrow_exception(failure);
    if (read_failure) std::rethrow_exception(read_failure);
}

}  // namespace vault
