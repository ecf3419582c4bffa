// The stages of a snapshot run around one another: source, small files and ids in parallel, assembler, sealing in
// parallel, packs.
#pragma once

#include "store/manifest_assembler.h"
#include "store/pack_writer.h"
#include "store/source_reader.h"

namespace vault {

// Batches in flight for this many threads; each holds at most about 1.5 MiB of contents (5 MiB of media), and the boxes
// made of it. Peak memory follows from it: docs/architecture.md.
constexpr std::size_t batches_in_flight(unsigned threads) { return 2 * threads + 2; }

// Runs `read` (a SourceReader's run, in a thread of its own) through all stages on `threads` threads until the source
// ends. `read` is given the function that takes batches; what they put off is read by `entries`. Rethrows the first
// failure of any stage.
void run_snapshot_pipeline(const Keys& keys, unsigned threads, EntryReader& entries, ManifestAssembler& assembler,
                           PackWriter& packs, SnapshotProgress& progress,
                           const std::function<void(const HandOut&)>& read);

}  // namespace vault
