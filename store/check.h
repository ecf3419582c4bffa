// vault check: whether everything in a repository is what it must be, and what is harmed where it is not. Nothing that
// this client keeps is believed of what is there: the index is built anew from the store. What it saw before tells what
// is gone (objects_seen.h). docs/architecture.md, "Check".
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <set>

#include "store/check_harm.h"
#include "store/damage_report.h"
#include "store/repository.h"

namespace vault {

struct CheckOptions {
    std::vector<SessionId> snapshots;  // only their trees, and with read_data only the packs they need; empty: all
    bool read_data = false;
    double read_share = 1;             // of the packs' bytes, those first that were verified longest ago
    std::optional<std::chrono::seconds> max_duration;  // of reading data
    bool record = true;                // put damaged/ records
    unsigned threads = 0;              // 0: as many as there are cores
};

// Read by another thread while the check goes on.
struct CheckProgress {
    std::atomic<const char*> phase{"starting"};
    std::atomic<std::uint64_t> bytes_done{0}, bytes_all{0};  // of packs
    std::atomic<std::uint64_t> entries_done{0};              // of trees
    std::atomic<std::uint64_t> errors{0};
};

struct CheckReport {
    std::uint64_t objects = 0;  // read, packs and dirs/ left out
    std::uint64_t packs = 0, packed_bytes = 0;
    std::uint64_t directories = 0, packs_without_copy = 0;
    std::uint64_t snapshots = 0;  // walked
    std::uint64_t nodes = 0, entries = 0;
    std::uint64_t quarantined = 0, reserved = 0;
    std::uint64_t snapshots_vanished = 0;  // gaps in writers' numbers that no tombstone explains
    std::set<SessionId> vanished_with_packs;  // gone and not forgotten, while packs that they put are there
    std::set<SessionId> fences_gone;          // deleted, of those that this client's last check saw
    std::vector<std::string> keys_gone;    // that this client's last check saw: `key remove` elsewhere, or deleted

    bool read_data = false;
    std::uint64_t packs_read = 0, bytes_read = 0, boxes_read = 0;
    std::uint64_t packs_verified_before = 0;  // by the run that this one goes on from
    std::uint64_t packs_left = 0;             // not read: a share was asked for, time was up, or it was interrupted
    bool time_up = false, interrupted = false;
    std::string state_not_kept;  // why the times of verification could not be written; empty: they were

    DamageReport damage;
    // Of a snapshot whose chunks are all sound: what it says and is not so. The program that wrote it had a fault.
    struct WrongSnapshot {
        SessionId snapshot;
        std::vector<std::string> lines;  // names in them are escaped
    };
    std::vector<WrongSnapshot> wrong;
    std::vector<SessionId> harmed_snapshots;  // that cannot be restored whole, by time
    std::uint64_t harmed_entries = 0;         // in all of them
    std::uint64_t records_put = 0;
    std::string not_remembered;  // why what stands was not remembered, or what was is unknown; empty: it was
    std::string not_recorded;  // why damage was not put on record; empty: it was, or there was none to record

    bool sound() const { return damage.empty() && wrong.empty(); }
};

// `harmed` is told of each entry that a snapshot cannot give back, in the order of snapshots and manifests.
// `interrupted` is polled: reading data ends then, what was found is reported and `interrupted` set; before that phase
// it throws Interrupted. The repository may be open for reading. Throws NotFound for a snapshot that is not there, and
// what the store throws where it fails as a whole.
CheckReport check(const Repository& repository, const CheckOptions& options, CheckProgress& progress,
                  const std::function<void(const HarmedEntry&)>& harmed, const std::function<bool()>& interrupted);

}  // namespace vault
