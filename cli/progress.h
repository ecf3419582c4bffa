// Progress while an operation runs: two redrawn lines on a terminal, plain lines every 30 s elsewhere, objects with
// --json; one line more for each SIGUSR1.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "cli/json_output.h"

namespace vault {

// What an operation has done so far.
struct ProgressState {
    std::string phase;
    std::uint64_t bytes_done = 0;                // of content
    std::optional<std::uint64_t> bytes_all;      // where known or well guessed
    std::uint64_t files_done = 0;
    std::optional<std::uint64_t> files_all;
    std::optional<std::uint64_t> bytes_new;      // snapshot: after deduplication
    std::optional<std::uint64_t> bytes_stored;   // snapshot: the new bytes as stored
    std::uint64_t errors = 0;
};

// The two lines of a terminal, without colours.
struct ProgressLines {
    std::string first, second;
};
ProgressLines progress_lines(const ProgressState& state, std::int64_t elapsed_ns);
std::string progress_line(const ProgressState& state, std::int64_t elapsed_ns);  // both in one
Json progress_object(const ProgressState& state, std::int64_t elapsed_ns);

// Asks `state` from a thread of its own and shows it, from construction to destruction; what a terminal shows is erased
// then. Plain lines and the terminal's go to stderr, objects to stdout.
class Progress {
  public:
    Progress(Output& output, bool json, std::function<ProgressState()> state);
    ~Progress();

    std::int64_t elapsed_ns() const;

  private:
    enum class Style { Terminal, Plain, Objects };
    void run();
    void show(const ProgressState& state);

    Output& output_;
    const Style style_;
    const std::function<ProgressState()> state_;
    const Time started_;
    bool drawn_ = false;  // the thread's alone; the destructor's after it has ended
    std::mutex mutex_;    // guards ending_
    std::condition_variable changed_;
    bool ending_ = false;
    std::thread thread_;
};

}  // namespace vault
