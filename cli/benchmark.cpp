// vault benchmark: options, and the figures as they come. Asks for no password.
#include "store/benchmark.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <utility>

#include "cli/command.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "store/backend/local.h"
#include "store/base/text.h"
#include "store/clock.h"

namespace vault {

namespace {

constexpr double kSecondsLeast = 0.01, kSecondsMost = 60;
constexpr int kStageColumns = 14, kAloneColumns = 13, kTogetherColumns = 18;

std::chrono::nanoseconds parse_seconds(const std::string& text) {
    char* end = nullptr;
    const double seconds = std::strtod(text.c_str(), &end);
    const bool is_number = !text.empty() && text.find_first_not_of("0123456789.") == std::string::npos && *end == 0;
    if (!is_number || seconds < kSecondsLeast || seconds > kSecondsMost)
        throw Error(ErrorKind::Usage, "--seconds takes a number from 0.01 to 60, not " + escaped(text));
    return std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
}

// Three digits at the least.
std::string figure(double value) {
    return value < 99.95 ? fmt::format("{:.1f}", value) : human_count(static_cast<std::uint64_t>(std::llround(value)));
}

std::string speed(StageUnit unit, double per_second) {
    return unit == StageUnit::Bytes ? figure(per_second / 1e6) + " MB/s" : figure(per_second) + " /s";
}

void show_row(Output& output, std::string_view stage, const std::string& alone, const std::string& together,
              const std::string& what) {
    const std::string row = fmt::format("{:<{}}{:>{}}{:>{}}  {}", stage, kStageColumns, alone, kAloneColumns, together,
                                        kTogetherColumns, what);
    output.line(output.is_terminal() ? cut_to(row, window_columns(STDOUT_FILENO)) : row);
}

void show_titles(Output& output) {
    show_row(output, "STAGE", "ONE THREAD", "ALL", "WHAT");
}

void show(Output& output, const StageSpeed& stage) {
    const std::string together =
        stage.threads > 1 ? fmt::format("{} ({})", speed(stage.unit, stage.together), stage.threads) : "";
    show_row(output, stage.stage, speed(stage.unit, stage.alone), together, stage.what);
    output.flush();
}

void print(Output& output, const StageSpeed& stage) {
    Json object = message("stage");
    object["stage"] = stage.stage;
    object["what"] = stage.what;
    object["unit"] = stage.unit == StageUnit::Bytes ? "bytes" : "times";
    object["per_second_one_thread"] = stage.alone;
    object["per_second"] = stage.together;
    object["threads"] = stage.threads;
    print(output, object);
    output.flush();
}

std::string limit_text(std::string_view limit) {
    if (limit == "write") return "writing packs";
    return limit == "read" ? "reading packs" : "the processor";
}

void show(Output& output, const BenchmarkReport& report) {
    output.line("");
    for (const SpeedBound& bound : report.bounds)
        output.line(bound.what + ": about " + speed(StageUnit::Bytes, bound.bytes) + ", bound by " +
                    limit_text(bound.limit));
    output.line(fmt::format("What compresses shrinks to 1/{:.1f}. Reading a source and creating the files of a restore "
                            "come on top.",
                            report.ratio));
}

void print(Output& output, const BenchmarkReport& report, const std::string& folder, std::int64_t elapsed_ns) {
    Json object = message("summary");
    object["seconds_elapsed"] = seconds_of(elapsed_ns);
    put_name(object, "path", folder);
    object["compression_ratio"] = report.ratio;
    object["index_chunks"] = report.index_chunks;
    object["bounds"] = Json::array();
    for (const SpeedBound& bound : report.bounds) {
        Json item;
        item["of"] = bound.of;
        item["what"] = bound.what;
        item["bytes_per_second"] = bound.bytes;
        item["limit"] = bound.limit;
        object["bounds"].push_back(item);
    }
    print(output, object);
}

}  // namespace

ExitCode run_benchmark(Invocation& invocation) {
    OptionParser parser(
        "Measures what each stage of a snapshot and of reading back does on this machine, on one thread and on all, "
        "and what the folder of the repository gives; and says what speed of a snapshot that allows. Needs no "
        "password, and touches nothing of the repository: it works in a folder of its own inside, and removes it at "
        "the end.",
        "vault benchmark");
    std::optional<std::string> folder, seconds;
    BenchmarkOptions options;
    parser.add_option("--in", folder, "Measure this folder instead of the repository's").type_name("DIR");
    parser.add_option("--seconds", seconds, "How long to measure each stage at the least; 0.15 unless given")
        .type_name("N");
    add_threads(parser, options.threads);
    invocation.parse(parser);
    if (seconds) options.per_stage = parse_seconds(*seconds);
    if (!folder) {
        folder = invocation.repository_location();
        open_local(*folder);  // throws where there is none
    }
    options.folder = *folder;
    options.cache = default_client_folders().cache;

    Output& output = invocation.output();
    const Time started = now();
    bool titled = invocation.json();
    const BenchmarkReport report = run_benchmark(
        options,
        [&](const StageSpeed& stage) {
            if (!std::exchange(titled, true)) show_titles(output);
            if (invocation.json()) print(output, stage);
            else show(output, stage);
        },
        interrupted);
    if (invocation.json()) print(output, report, *folder, nanoseconds_between(started, now()));
    else show(output, report);
    output.flush();
    return ExitCode::Ok;
}

}  // namespace vault
