// How progress looks, and the thread that shows it.
#include "cli/progress.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>

#include "cli/signals.h"
#include "cli/terminal.h"

namespace vault {

namespace {

constexpr auto kTick = std::chrono::milliseconds(100);  // how late a SIGUSR1 may be answered
constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kTerminalPeriod = kSecond / 5, kObjectPeriod = kSecond, kPlainPeriod = 30 * kSecond;
constexpr std::int64_t kRateFrom = kSecond / 2;  // before that a rate says nothing

Time steady_now() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return {time.tv_sec, static_cast<std::uint32_t>(time.tv_nsec)};
}

std::int64_t since(const Time& start) {
    const Time now = steady_now();
    return (now.seconds - start.seconds) * kSecond + (std::int64_t{now.nanoseconds} - std::int64_t{start.nanoseconds});
}

// Bytes a second; 0 where too little time has passed.
double rate_of(const ProgressState& state, std::int64_t elapsed_ns) {
    if (elapsed_ns < kRateFrom) return 0;
    return static_cast<double>(state.bytes_done) / seconds_of(elapsed_ns);
}

std::optional<double> seconds_left(const ProgressState& state, std::int64_t elapsed_ns) {
    const double rate = rate_of(state, elapsed_ns);
    if (!state.bytes_all || *state.bytes_all <= state.bytes_done || rate < 1) return std::nullopt;
    return static_cast<double>(*state.bytes_all - state.bytes_done) / rate;
}

double part_done(const ProgressState& state) {
    if (!state.bytes_all || *state.bytes_all == 0) return 0;
    return std::min(1.0, static_cast<double>(state.bytes_done) / static_cast<double>(*state.bytes_all));
}

}  // namespace

ProgressLines progress_lines(const ProgressState& state, std::int64_t elapsed_ns) {
    ProgressLines lines;
    lines.first = state.phase + ": " + human_bytes(state.bytes_done);
    if (state.bytes_all) {
        char part[16];
        std::snprintf(part, sizeof part, " (%.1f %%)", part_done(state) * 100);
        lines.first += " of " + human_bytes(std::max(*state.bytes_all, state.bytes_done)) + part;
    }
    if (const double rate = rate_of(state, elapsed_ns); rate >= 1)
        lines.first += ", " + human_bytes(static_cast<std::uint64_t>(rate)) + "/s";
    lines.first += ", " + human_duration(elapsed_ns);
    if (const auto left = seconds_left(state, elapsed_ns))
        lines.first += ", ETA " + human_duration(static_cast<std::int64_t>(std::min(*left, 1e9) * 1e9));

    lines.second = counted(state.files_done, "file");
    if (state.files_all) lines.second += " of " + human_count(*state.files_all);
    if (state.bytes_new) lines.second += ", " + human_bytes(*state.bytes_new) + " new after deduplication";
    if (state.bytes_stored) lines.second += ", " + human_bytes(*state.bytes_stored) + " stored";
    if (state.errors > 0) lines.second += ", " + counted(state.errors, "error");
    return lines;
}

std::string progress_line(const ProgressState& state, std::int64_t elapsed_ns) {
    const ProgressLines lines = progress_lines(state, elapsed_ns);
    return lines.first + "; " + lines.second;
}

Json progress_object(const ProgressState& state, std::int64_t elapsed_ns) {
    Json object = message("status");
    object["phase"] = state.phase;
    object["seconds_elapsed"] = seconds_of(elapsed_ns);
    if (const auto left = seconds_left(state, elapsed_ns)) object["seconds_remaining"] = *left;
    if (state.bytes_all) {
        object["percent_done"] = part_done(state);
        object["total_bytes"] = *state.bytes_all;
    }
    object["bytes_done"] = state.bytes_done;
    if (state.files_all) object["total_files"] = *state.files_all;
    object["files_done"] = state.files_done;
    if (state.bytes_new) object["data_added"] = *state.bytes_new;
    if (state.bytes_stored) object["data_added_packed"] = *state.bytes_stored;
    object["error_count"] = state.errors;
    return object;
}

Progress::Progress(Output& output, bool json, std::function<ProgressState()> state)
    : output_(output),
      style_(json ? Style::Objects : ::isatty(STDERR_FILENO) == 1 ? Style::Terminal : Style::Plain),
      state_(std::move(state)),
      started_(steady_now()),
      thread_([this] { run(); }) {}

Progress::~Progress() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_all();
    thread_.join();
    if (drawn_) {
        constexpr std::string_view kErase = "\r\033[2K\033[1A\033[2K";
        [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, kErase.data(), kErase.size());
    }
}

std::int64_t Progress::elapsed_ns() const {
    return since(started_);
}

void Progress::run() {
    const std::int64_t period = style_ == Style::Terminal  ? kTerminalPeriod
                                : style_ == Style::Objects ? kObjectPeriod
                                                           : kPlainPeriod;
    std::int64_t next = period;
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, kTick, [this] { return ending_; })) {
        lock.unlock();
        const bool wished = take_progress_wish();
        const std::int64_t elapsed = elapsed_ns();
        if (wished && style_ != Style::Terminal) complain_raw(progress_line(state_(), elapsed));
        if (elapsed >= next) {
            next = elapsed + period;
            show(state_());
        }
        lock.lock();
    }
}

void Progress::show(const ProgressState& state) {
    const std::int64_t elapsed = elapsed_ns();
    if (style_ == Style::Plain) {
        complain_raw(progress_line(state, elapsed));
        return;
    }
    if (style_ == Style::Objects) {
        try {
            print(output_, progress_object(state, elapsed));
            output_.flush();
        } catch (...) {
            // Nobody reads: the summary will find that out, on the thread that may end the program.
        }
        return;
    }
    const unsigned columns = window_columns(STDERR_FILENO);
    const ProgressLines lines = progress_lines(state, elapsed);
    // One write, so that the two lines never tear.
    const std::string text = std::string(drawn_ ? "\r\033[1A" : "") + "\033[2K" + cut_to(lines.first, columns - 1) +
                             "\n\033[2K" + cut_to(lines.second, columns - 1);
    drawn_ = true;
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace vault
