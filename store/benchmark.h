// What each stage of a snapshot and of reading back does on this machine: `vault benchmark`. Needs no repository: it
// makes keys and contents of its own, and works in folders of its own.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace vault {

struct BenchmarkOptions {
    std::filesystem::path folder;  // what is written and read; must be there
    std::filesystem::path cache;   // where the index lies; made if it is not there
    std::chrono::nanoseconds per_stage = std::chrono::milliseconds(150);  // each measurement of a stage, at the least
    unsigned threads = 0;                                                 // 0: one a core
};

enum class StageUnit { Bytes, Times };

// One stage, measured on one thread and on as many as vault gives it.
struct StageSpeed {
    std::string_view stage;  // one word: "cut"
    std::string what;        // for people
    StageUnit unit{};
    double alone = 0;     // units a second, one thread
    double together = 0;  // units a second, all threads; `alone` where that is one
    unsigned threads = 1;
};

// What the stages together allow, in bytes of content a second, and the stage or sum of stages that sets it.
struct SpeedBound {
    std::string_view of;    // one word: "first_snapshot_text"
    std::string what;      // for people
    double bytes = 0;
    std::string_view limit;  // "processor", "write", "read"
};

struct BenchmarkReport {
    std::vector<StageSpeed> stages;
    std::vector<SpeedBound> bounds;
    double ratio = 1;              // content to frame of what compresses
    std::size_t index_chunks = 0;  // in the index that was asked
};

// Calls `measured` after each stage. Memory: about 60 MiB and what the index takes. Leaves nothing behind, however it
// ends but by SIGKILL, and then the next run removes it. Throws Usage where the folder is none, Unsupported where no
// repository may lie in it, NoSpace, Denied, ReadOnly, Io; Interrupted where `interrupted` says so.
BenchmarkReport run_benchmark(const BenchmarkOptions& options, const std::function<void(const StageSpeed&)>& measured,
                              const std::function<bool()>& interrupted);

}  // namespace vault
