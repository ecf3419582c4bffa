// vault scrub: what can be verified of a repository by one who has no key. For the machine that the store lies on.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "store/backend/backend.h"
#include "store/damage_report.h"

namespace vault {

struct ScrubOptions {
    std::optional<std::chrono::seconds> max_duration;  // no further pack is begun then
    unsigned threads = 0;                              // 0: as many as there are cores
    // Where this client keeps what should outlive its cache (ClientFolders::state); packs that waited longest come
    // first. Empty: nothing is remembered, and packs come by name.
    std::filesystem::path state;
};

// Read by another thread while the scrub goes on.
struct ScrubProgress {
    std::atomic<std::uint64_t> bytes_done{0}, bytes_all{0}, errors{0};
};

struct ScrubReport {
    std::uint64_t objects = 0;                    // small ones whose shape was looked at
    std::uint64_t packs_read = 0, bytes_read = 0;
    std::uint64_t packs_left = 0;                 // time was up, or it was interrupted
    bool time_up = false, interrupted = false;
    std::vector<DamagedObject> damaged;           // ascending by name
    std::vector<PackId> broken_packs;
    std::string state_not_kept;                   // why the times could not be written; empty: they were
};

// Packs and key slots: the SHA-256 of their bytes is their name. Every other object: its length, and the clear 56 bytes
// at its head, which name its kind; what is sealed in it cannot be told apart from noise without a key. A decision that
// is_settled_decision() (store/quarantine.h) is no damage; that config/, keyring/ or keys/ is empty is, by the folder's
// name. Memory: 1 MiB a thread. An object that goes meanwhile counts as absent. `interrupted` is polled.
ScrubReport scrub(Backend& backend, const ScrubOptions& options, ScrubProgress& progress,
                  const std::function<bool()>& interrupted);

}  // namespace vault
