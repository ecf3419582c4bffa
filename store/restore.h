// Writes a snapshot, or a part of it, back to a file system: planned by pack order, parallel, one load per box and
// window. Nothing appears under its name before it is whole and verified; nothing is written outside the target.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "store/repository.h"
#include "store/snapshots.h"
#include "store/tree_reader.h"

namespace vault {

struct RestoreOptions {
    std::string path = "/";        // the subtree to restore, absolute in the snapshot
    std::string target;            // made if absent; entries land at target + their absolute path
    unsigned strip = 0;            // leading components dropped
    bool as_is = false;            // setuid, capabilities, security.* and trusted.* attributes, devices, flags too
    bool delete_extra = false;     // what is in the target and not in the snapshot, beneath the source roots alone
    bool sync = false;             // durable when restore() returns, at the speed of the disk
    unsigned threads = 0;          // 0: as many as there are cores
    std::size_t window_bytes = 48u << 20;  // of plans and file states held at once
};

struct RestoreReport {
    std::uint64_t files = 0, directories = 0, others = 0;  // every hard link counts
    std::uint64_t bytes = 0;                               // of contents, holes included
    std::uint64_t deleted = 0;                             // with delete_extra; folders count too
    std::uint64_t boxes_loaded = 0;
    // What as_is would bring: entries; attributes are counted one by one.
    std::uint64_t left_out_devices = 0, left_out_attributes = 0, left_out_setuid = 0, left_out_flags = 0;
    std::uint64_t owners_not_set = 0;  // not root, or the file system has no owners
    struct Failure {
        std::string path;      // in the snapshot
        std::string message;   // one line
        bool damaged = false;  // the repository's data do not verify (exit 13 wins over 5)
    };
    std::vector<Failure> failures;  // the first 10,000
    std::uint64_t failure_count = 0;
    // Nodes of the manifest: what they held of the range asked for, which may be less than they say, is not restored,
    // and everything else is.
    std::vector<LostNode> lost;  // the first 10,000, in the order of the manifest
    std::uint64_t lost_count = 0;
    std::uint64_t damaged_count = 0;  // of failures and lost nodes
    // Nothing was deleted, as lost nodes may hold what seems to be extra.
    bool deletion_refused = false;
};

struct RestoreProgress {
    std::uint64_t files_done = 0, files_all = 0, bytes_done = 0, bytes_all = 0;
};
using RestoreProgressSink = std::function<void(const RestoreProgress&)>;  // called by the caller's thread, now and then

// A target that does not exist is filled as `.<name>.vault-<random>` beside it, an empty one as `.vault-<random>` in
// it, and everything in it is renamed to its place at the end. A restore that was killed leaves that folder behind; it
// holds a lock on it while it lives, so that the next restore to the same target knows a dead one's and removes it.
// After an error the folder stays too: what is in it is whole.
//
// Into a target that holds something each entry is made beside its place, as `.vault-restore-<hash of its name>`, and
// renamed over what is there. Existing directories are kept; an entry of another type is replaced, a directory only if
// it is empty (with delete_extra: if nothing in it is protected). Two restores into one target at once are Busy.
//
// Where a node of the manifest is lost, the folders whose entries lay in it and that others need are made up: with mode
// 0700 and this process's owner, unless they stand in the target already; each is a failure that says so. Hard links
// whose first name is lost are linked to each other.
//
// `progress` and `interrupted` are called by the calling thread only. Throws for what ends the whole run (target
// unusable, NoSpace, Interrupted; a lost root, or one that hides whether `path` is there; Usage for a request that
// means nothing); per-entry trouble goes to the report.
RestoreReport restore(const Repository& repository, const Snapshot& snapshot, const RestoreOptions& options,
                      const RestoreProgressSink& progress, const std::function<bool()>& interrupted);

}  // namespace vault
