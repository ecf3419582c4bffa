// Brings a forgotten snapshot back, as a new one: tombstones are permanent. A writing session of its own; protocol.md's
// undelete.
#pragma once

#include <functional>

#include "store/pack_writer.h"
#include "store/snapshots.h"

namespace vault {

struct UndeleteReport {
    CommitRecord record;              // of the new snapshot; `original` is the forgotten one
    std::uint64_t chunks_copied = 0;  // from packs that a prune has condemned, or around damage on record
    std::uint64_t bytes_copied = 0;   // their plaintext
};

// `forgotten` is of a listing with Forgotten::Read; it comes back with its times, series, tags and contents, not held.
// Throws NotFound where part of it is gone already, Exists where it is back already (another snapshot has it as its
// original), Corrupt where part of it cannot be read. Its commit has to be there still, after the listing that read its
// tags: a prune removes a commit first, then its marks. `interrupted` is polled; true ends the run with Interrupted. A
// run that was fenced by somebody else is tried once more.
UndeleteReport undelete_snapshot(const Repository& repository, const Snapshot& forgotten,
                                 const std::function<bool()>& interrupted, const PackLimits& packs = {});

}  // namespace vault
