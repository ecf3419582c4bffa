// Writes a snapshot, or a part of it, back to a file system: planned by pack order, parallel, one load per box. Nothing appears
// under its name before it is whole and verified; nothing is written outside the target.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "store/repository.h"
#include "store/snapshots.h"

namespace vault {

struct RestoreOptions {
    std::string path = "/";        // the subtree to restore, absolute in the snapshot
    std::string target;            // made if absent; entries land at target + their absolute path
    unsigned strip = 0;            // leading components dropped
    bool as_is = false;            // setuid, capabilities, security.* and trusted.* attributes, devices, flags too
    bool delete_extra = false;     // what is in the target and not in the snapshot, beneath the source roots alone
    unsigned threads = 0;          // 0: as many as there are cores
    std::size_t window_bytes = 48u << 20;  // of plans and file states held at once
};

struct RestoreReport {
    std::uint64_t files = 0, directories = 0, others = 0, bytes = 0;
    std::uint64_t boxes_loaded = 0;
    std::uint64_t left_out_devices = 0, left_out_attributes = 0, left_out_setuid = 0, left_out_flags = 0;  // --as-is would bring them
    std::uint64_t owners_not_set = 0;  // not root
    struct Failure {
        std::string path;     // in the snapshot
        std::string message;  // one line
        bool damaged = false; // the repository's data do not verify (exit 13 wins over 5)
    };
    std::vector<Failure> failures;  // the first 10,000
    std::uint64_t failure_count = 0, damaged_count = 0;
};

struct RestoreProgress {
    std::uint64_t files_done = 0, files_all = 0, bytes_done = 0, bytes_all = 0;
};

// Throws for what ends the whole run (target unusable, NoSpace, Interrupted); per-entry trouble goes to the report.
RestoreReport restore(const Repository& repository, const Snapshot& snapshot, const RestoreOptions& options,
                      const std::function<void(const RestoreProgress&)>& progress, const std::function<bool()>& interrupted);

}  // namespace vault
