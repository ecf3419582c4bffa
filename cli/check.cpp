// vault check: options, progress, findings.
#include "store/check.h"

#include "cli/check_output.h"
#include "cli/command.h"
#include "cli/open_snapshot.h"
#include "cli/progress.h"
#include "cli/quantities.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "store/base/text.h"
#include "store/snapshots.h"

namespace vault {

namespace {

struct Arguments {
    std::vector<std::string> references;
    SnapshotFilter filter;
    std::string read_data;
    std::optional<std::string> max_duration;
    bool no_record = false;
    unsigned threads = 0;

    void add_to(OptionParser& parser) {
        parser.add_option("SNAP", references,
                          "Only the trees of these snapshots, and with --read-data the packs that they need");
        add_filter(parser, filter, "Only the trees");
        parser.add_flag("--read-data", read_data,
                        "Also read every pack and verify every byte; --read-data=N%: packs of N% of the bytes, "
                        "those first that were verified longest ago");
        parser.add_option("--max-duration", max_duration,
                          "Read data for so long (90s, 30m, 12h); the next run goes on where this one stopped")
            .type_name("SPAN");
        parser.add_flag("--no-record", no_record, "Put no record of damage into the repository");
        add_threads(parser, threads);
    }

    CheckOptions options() const {
        CheckOptions options;
        options.read_data = !read_data.empty();
        if (options.read_data) options.read_share = share();
        if (max_duration) {
            if (!options.read_data) throw Error(ErrorKind::Usage, "--max-duration is about --read-data: give that too");
            options.max_duration = parse_span("--max-duration", *max_duration);
        }
        options.record = !no_record;
        options.threads = threads;
        return options;
    }

  private:
    double share() const {
        if (read_data == "true") return 1;  // without a value
        char* end = nullptr;
        const double percent = std::strtod(read_data.c_str(), &end);
        const bool is_number = !read_data.empty() && read_data.find_first_not_of("0123456789.%") == std::string::npos;
        if (!is_number || std::string_view(end) != "%" || percent <= 0 || percent > 100)
            throw Error(ErrorKind::Usage,
                        "--read-data=" + escaped(read_data) + ": a share is more than 0% and at most 100%");
        return percent / 100;
    }
};

std::vector<SessionId> chosen(const Repository& repository, const Arguments& arguments) {
    std::vector<SessionId> sids;
    if (arguments.references.empty() && arguments.filter.is_empty()) return sids;
    const SnapshotListing listing = list_snapshots(repository);
    for (const Snapshot* snapshot : choose(listing, arguments.references, arguments.filter))
        sids.push_back(snapshot->sid);
    return sids;
}

ExitCode code_of(const CheckReport& report) {
    if (!report.sound()) return ExitCode::Integrity;
    return report.interrupted ? ExitCode::Interrupted : ExitCode::Ok;
}

}  // namespace

ExitCode run_check(Invocation& invocation) {
    OptionParser parser(
        "Verifies a repository: every object, the directory of every pack and the trees of all snapshots; with "
        "--read-data every byte. Believes nothing that this client keeps. Where something is damaged it names packs, "
        "chunks, files and snapshots, and puts a record so that later snapshots store again what they can.",
        "vault check");
    Arguments arguments;
    arguments.add_to(parser);
    invocation.parse(parser);
    CheckOptions options = arguments.options();

    const std::unique_ptr<Repository> repository = invocation.open_repository(Access::Read);
    options.snapshots = chosen(*repository, arguments);
    Output& output = invocation.output();
    HarmOutput harm(output, invocation.json());
    CheckProgress state;
    CheckReport report;
    std::int64_t elapsed_ns = 0;
    {
        const Progress progress(output, invocation.json(), [&] { return shown(state); });
        report = check(*repository, options, state, [&](const HarmedEntry& entry) { harm.take(entry); }, interrupted);
        elapsed_ns = progress.elapsed_ns();
    }
    if (invocation.json()) {
        print_findings(output, report);
        print(output, check_summary(report, elapsed_ns));
    } else {
        show_findings(output, report);
        harm.show();
        show_check(output, report, elapsed_ns);
    }
    if (!report.not_recorded.empty())
        complain("the damage could not be put on record: " + escaped(report.not_recorded));
    if (!report.state_not_kept.empty())
        complain("which packs were verified could not be kept: " + escaped(report.state_not_kept));
    complain_of_memory(report.not_remembered);
    if (!report.sound()) complain(verdict(report));
    output.flush();
    return code_of(report);
}

}  // namespace vault
