// Takes a snapshot of paths: the writer's half of the protocol (B1 to B7) around one pipeline. docs/architecture.md.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/pack_writer.h"
#include "store/repository.h"
#include "store/snapshots.h"
#include "store/source_roots.h"

namespace vault {

class WalkAhead;

struct SnapshotOptions {
    std::vector<std::string> paths;          // as the user typed them
    std::optional<std::string> recorded_as;  // --as: one tree under this absolute path
    std::optional<std::string> series;       // default: <host>:<paths>
    std::optional<std::string> host;
    std::vector<std::string> tags;
    std::optional<Time> time;           // claimed instead of now
    std::vector<std::string> excludes;  // gitignore lines
    std::optional<SessionId> parent;    // default: the newest snapshot of the series
    bool force_rescan = false;          // no parent: every file is read
    unsigned threads = 0;               // 0: as many as there are cores
    PackLimits packs;
};

// Read by another thread while the run goes on.
struct SnapshotProgress {
    std::atomic<std::uint64_t> entries{0}, files{0}, bytes_seen{0}, bytes_read{0}, bytes_new{0}, bytes_stored{0},
        errors{0};
    std::atomic<std::uint64_t> bytes_expected{0};  // what the parent held: a guess at bytes_seen of the end; 0: unknown
    std::atomic<const char*> phase{"starting"};
};

struct SnapshotReport {
    CommitRecord record;
    bool had_parent = false;
    std::uint64_t data_chunks_added = 0, tree_chunks_added = 0;
    std::vector<std::string> changed;  // paths of files that changed while they were read, the first of them
    std::uint64_t changed_count = 0;
    std::uint64_t damaged_boxes = 0;  // met in the parent, and put on record
};

// The walk of the sources, which may begin before the repository is open.
struct SourceWalk {
    // Throws for paths that are no source, and Usage for exclude rules that are none. `location` is the backend's,
    // `cache_folder` that of this repository: what they hold is not visited.
    SourceWalk(const SnapshotOptions& options, const std::string& location,
               const std::filesystem::path& cache_folder);
    ~SourceWalk();

    Time started;                       // before any entry was looked at
    const std::filesystem::path cache;  // as given
    std::vector<SourceRoot> roots;
    std::unique_ptr<WalkAhead> entries;
};

// Throws for what ends the run without a snapshot (the run is fenced then, so that nothing waits for it). Trouble with
// single entries is in the record (unreadable, changed while read). `interrupted` is polled, by several threads at
// once; true ends the run with Interrupted. `begun` is of the same options and location; without one, or where it knows
// another cache folder than this repository's, the walk begins now. A run that was fenced by somebody else is tried
// once more.
SnapshotReport make_snapshot(const Repository& repository, const SnapshotOptions& options, SnapshotProgress& progress,
                             const std::function<bool()>& interrupted,
                             std::unique_ptr<SourceWalk> begun = nullptr);

}  // namespace vault
