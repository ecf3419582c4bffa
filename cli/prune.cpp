// vault prune: options, what it did, in bytes.
#include "store/prune.h"

#include <charconv>

#include "cli/command.h"
#include "cli/open_snapshot.h"
#include "cli/prune_output.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "store/base/text.h"

namespace vault {

namespace {

struct Arguments {
    std::optional<std::string> max_unused, max_repack, max_delete, keep_forgotten;
    bool dry_run = false, all = false;

    void add_to(CLI::App& app) {
        app.add_flag("-n,--dry-run", dry_run, "Say what would be done and change nothing");
        app.add_option("--max-unused", max_unused,
                       "Bytes of packs that may stay unused rather than be rewritten: N% of what stays, or a size; 5% "
                       "unless given")
            ->type_name("LIMIT");
        app.add_option("--max-repack-size", max_repack, "Copy at most so much in this run; no limit unless given")
            ->type_name("SIZE");
        app.add_option("--max-delete", max_delete,
                       "Stop if more would go although nothing was forgotten that explains it: N% of the packs' bytes, "
                       "or a size; 30% unless given")
            ->type_name("LIMIT");
        app.add_option("--keep-forgotten", keep_forgotten,
                       "Spare what was forgotten less than this ago (30m, 12h, 7d, 4w): `vault undelete` can bring it "
                       "back")
            ->type_name("AGE");
        app.add_flag("--all", all, "Go on although no snapshot is left, and delete everything");
    }

    PruneOptions options() const {
        PruneOptions options;
        if (max_unused) options.limits.max_unused = parse_limit("--max-unused", *max_unused);
        if (max_repack) options.limits.max_repack_bytes = parse_size("--max-repack-size", *max_repack);
        if (max_delete) options.limits.max_delete = parse_limit("--max-delete", *max_delete);
        if (keep_forgotten) options.keep_forgotten_ns = parse_age("--keep-forgotten", *keep_forgotten);
        options.all = all;
        options.dry_run = dry_run;
        return options;
    }
};

}  // namespace

ExitCode run_prune(Invocation& invocation) {
    CLI::App app(
        "Reclaims the room of what no snapshot needs: packs that nothing needs are deleted, those of which little is "
        "needed are rewritten, small ones are merged. Runs beside snapshots, restores and other prunes.",
        "vault prune");
    Arguments arguments;
    arguments.add_to(app);
    invocation.parse(app);
    const PruneOptions options = arguments.options();

    const std::unique_ptr<Repository> repository =
        invocation.open_repository(options.dry_run ? Access::Read : Access::Write);
    PruneProgress prune_progress;
    PruneReport report;
    std::int64_t elapsed_ns = 0;
    {
        const Progress progress(invocation.output(), invocation.json(), [&] {
            ProgressState state;
            state.phase = prune_progress.phase.load();
            return state;
        });
        report = prune(*repository, options, prune_progress, interrupted);
        elapsed_ns = progress.elapsed_ns();
    }
    Output& output = invocation.output();
    if (invocation.json())
        print(output, prune_summary(report, options.dry_run, elapsed_ns));
    else
        show_prune(output, report, options.dry_run);
    for (const std::string& damaged : report.plan.unreadable) complain("left alone: " + damaged);
    for (const std::string& damaged : report.repacked.damaged) complain("kept, since it does not verify: " + damaged);
    output.flush();
    return report.plan.unreadable.empty() && report.repacked.damaged.empty() ? ExitCode::Ok : ExitCode::Integrity;
}

}  // namespace vault
