// vault scrub: options, progress, findings. Asks for no password.
#include "store/scrub.h"

#include "cli/check_output.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "cli/quantities.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "store/backend/local.h"
#include "store/base/text.h"

namespace vault {

namespace {

constexpr std::size_t kLinesShown = 20;

void show(Output& output, const ScrubReport& report, std::int64_t elapsed_ns) {
    for (std::size_t i = 0; i < report.damaged.size() && i < kLinesShown; ++i)
        output.line("damaged: " + report.damaged[i].name + ": " + escaped(report.damaged[i].why));
    if (report.damaged.size() > kLinesShown)
        output.line("and " + human_count(report.damaged.size() - kLinesShown) + " more; --json lists all");
    std::string line = "read " + counted(report.packs_read, "pack") + " (" + human_bytes(report.bytes_read) +
                       ") and the heads of " + counted(report.objects, "object") + " in " + human_duration(elapsed_ns);
    if (report.packs_left > 0) line += "; " + counted(report.packs_left, "pack") + " left for the next run";
    output.line(line);
    if (report.damaged.empty()) output.line("no damage");
}

void print_all(Output& output, const ScrubReport& report, std::int64_t elapsed_ns) {
    for (const DamagedObject& damaged : report.damaged) print(output, damaged);
    Json object = message("summary");
    object["seconds_elapsed"] = seconds_of(elapsed_ns);
    object["num_errors"] = report.damaged.size();
    object["objects"] = report.objects;
    object["packs_read"] = report.packs_read;
    object["bytes_read"] = report.bytes_read;
    object["packs_left"] = report.packs_left;
    object["time_up"] = report.time_up;
    object["interrupted"] = report.interrupted;
    object["broken_packs"] = hex_list(report.broken_packs);
    print(output, object);
}

}  // namespace

ExitCode run_scrub(Invocation& invocation) {
    OptionParser parser(
        "Verifies without a password what can be verified so: the name of every pack and key slot is the hash of its "
        "bytes, every other object has the length and head of what its name says. `vault check` verifies the rest.",
        "vault scrub");
    std::optional<std::string> max_duration;
    ScrubOptions options;
    parser.add_option("--max-duration", max_duration,
                      "Begin no further pack after so long (90s, 30m, 12h); the next run begins with those that are "
                      "left")
        .type_name("SPAN");
    add_threads(parser, options.threads);
    invocation.parse(parser);
    if (max_duration) options.max_duration = parse_span("--max-duration", *max_duration);
    options.state = default_client_folders().state;

    const std::unique_ptr<Backend> backend = open_local(invocation.repository_location());
    Output& output = invocation.output();
    ScrubProgress state;
    ScrubReport report;
    std::int64_t elapsed_ns = 0;
    {
        const Progress progress(output, invocation.json(), [&] {
            ProgressState shown;
            shown.phase = "reading packs";
            shown.bytes_done = state.bytes_done;
            if (state.bytes_all > 0) shown.bytes_all = state.bytes_all;
            shown.errors = state.errors;
            return shown;
        });
        report = scrub(*backend, options, state, interrupted);
        elapsed_ns = progress.elapsed_ns();
    }
    if (invocation.json()) print_all(output, report, elapsed_ns);
    else show(output, report, elapsed_ns);
    if (!report.state_not_kept.empty())
        complain("which packs were verified could not be kept: " + escaped(report.state_not_kept));
    if (!report.damaged.empty()) complain("damage was found: " + counted(report.damaged.size(), "object"));
    output.flush();
    if (!report.damaged.empty()) return ExitCode::Integrity;
    return report.interrupted ? ExitCode::Interrupted : ExitCode::Ok;
}

}  // namespace vault
