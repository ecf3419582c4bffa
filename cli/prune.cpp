// vault prune: options, what it did, in bytes.
#include "store/prune.h"

#include "cli/check_output.h"
#include "cli/command.h"
#include "cli/keep_options.h"
#include "cli/open_snapshot.h"
#include "cli/progress.h"
#include "cli/prune_output.h"
#include "cli/quantities.h"
#include "cli/retention_output.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "store/clock.h"
#include "store/forget.h"

namespace vault {

namespace {

struct Arguments {
    std::optional<std::string> max_unused, max_repack, max_delete, keep_forgotten;
    bool dry_run = false, all = false;
    KeepOptions keep;
    SnapshotFilter filter;

    void add_to(OptionParser& parser) {
        keep.add_to(parser);
        add_filter(parser, filter, "With rules that keep: only");
        parser.add_flag("-n,--dry-run", dry_run, "Say what would be done and change nothing");
        parser.add_option("--max-unused", max_unused,
                          "Bytes of packs that may stay unused rather than be rewritten: N% of what stays, or a size; "
                          "8% unless given")
            .type_name("LIMIT");
        parser.add_option("--max-repack-size", max_repack, "Copy at most so much in this run; no limit unless given")
            .type_name("SIZE");
        parser.add_option("--max-delete", max_delete,
                          "Stop if more would go although nothing was forgotten that explains it: N% of the packs' "
                          "bytes, or a size; 30% unless given")
            .type_name("LIMIT");
        parser.add_option("--keep-forgotten", keep_forgotten,
                          "Spare what was forgotten less than this ago (30m, 12h, 7d, 4w): `vault undelete` can bring "
                          "it back")
            .type_name("AGE");
        parser.add_flag("--all", all, "Go on although no snapshot is left, and delete everything");
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

// Which snapshots no rule keeps. Tombstones first, then everything is as without rules.
ForgetPlan select(const Repository& repository, const SnapshotListing& listing, const Arguments& arguments,
                  PruneOptions& options) {
    ForgetPlan plan =
        plan_forget(listing, arguments.filter, arguments.keep.rules(), arguments.keep.zone(), now());
    if (!arguments.all) require_some_left(listing, plan);
    if (arguments.dry_run) {
        // What a run forgets now is younger than any age that it spares.
        if (!options.keep_forgotten_ns)
            for (const Snapshot* snapshot : plan.remove()) options.as_if_forgotten.push_back(snapshot->sid);
    } else {
        carry_out(repository, plan);
    }
    return plan;
}

void require_rules(const Arguments& arguments) {
    if (arguments.keep.any_rule()) return;
    if (arguments.keep.zone_given() || !arguments.filter.is_empty())
        throw Error(ErrorKind::Usage, "--series, --host, --tag and --tz narrow rules that keep, as --keep-daily; there "
                                      "is none");
}

}  // namespace

ExitCode run_prune(Invocation& invocation) {
    OptionParser parser(
        "Reclaims the room of what no snapshot needs: packs that nothing needs are deleted, those of which little is "
        "needed are rewritten, small ones are merged. With rules that keep, it first forgets what no rule keeps, as "
        "`vault forget` does. Runs beside snapshots, restores and other prunes.",
        "vault prune");
    Arguments arguments;
    arguments.add_to(parser);
    invocation.parse(parser);
    PruneOptions options = arguments.options();
    require_rules(arguments);

    const std::unique_ptr<Repository> repository =
        invocation.open_repository(options.dry_run ? Access::Read : Access::Write);
    SnapshotListing listing;
    std::optional<ForgetPlan> selected;
    if (arguments.keep.any_rule()) {
        listing = list_snapshots_and_missed_holds(*repository);
        complain_of_memory(listing.holds_unknown);
        selected = select(*repository, listing, arguments, options);
        if (invocation.json())
            print_groups(invocation.output(), *selected);
        else
            show_selected(invocation.output(), *selected, options.dry_run);
    }
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
        print(output, prune_summary(report, selected, options.dry_run, elapsed_ns));
    else
        show_prune(output, report, options.dry_run);
    for (const std::string& damaged : report.plan.unreadable) complain("left alone: " + damaged);
    for (const std::string& damaged : report.repacked.damaged) complain("kept, since it does not verify: " + damaged);
    output.flush();
    return report.plan.unreadable.empty() && report.repacked.damaged.empty() ? ExitCode::Ok : ExitCode::Integrity;
}

}  // namespace vault
