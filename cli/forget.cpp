// vault forget: snapshots by name or by rules.
#include "store/forget.h"

#include "cli/check_output.h"
#include "cli/command.h"
#include "cli/keep_options.h"
#include "cli/open_snapshot.h"
#include "cli/retention_output.h"
#include "cli/terminal.h"
#include "store/clock.h"
#include "store/vanished.h"

namespace vault {

namespace {

struct Arguments {
    std::vector<std::string> references;
    KeepOptions keep;
    SnapshotFilter filter;
    bool dry_run = false, all = false;
};

void require_one_way(const Arguments& arguments) {
    if (arguments.references.empty() && !arguments.keep.any_rule())
        throw Error(ErrorKind::Usage,
                    "nothing says what to forget: name snapshots, or give rules that keep, as in --keep-daily 7");
    if (!arguments.references.empty() && arguments.keep.any_rule())
        throw Error(ErrorKind::Usage, "name snapshots to forget or give rules that keep, not both");
    if (arguments.keep.zone_given() && !arguments.keep.any_rule())
        throw Error(ErrorKind::Usage, "--tz says what a day is to rules; there is none");
}

void show(Output& output, const ForgetPlan& plan, bool dry_run) {
    const std::size_t going = plan.remove().size(), staying = plan.considered() - going;
    for (const SessionId& sid : plan.unreadable)
        output.line((dry_run ? "would forget " : "forgot ") + sid.hex() +
                    ", whose object is damaged or gone: nothing brings it back");
    if (plan.considered() == 0) return plan.unreadable.empty() ? output.line("no snapshots yet") : void();
    show_plan(output, plan);
    std::string text = dry_run ? "would forget " : "forgot ";
    text += counted(going, "snapshot") + (staying > 0 ? ", kept " + human_count(staying) : "");
    if (!dry_run && going > 0) text += "; until a prune `vault undelete ID` brings them back";
    output.line(dry_run ? text + "; nothing was changed" : text);
}

Json summary_of(const SnapshotListing& listing, const ForgetPlan& plan, bool dry_run) {
    const std::size_t going = plan.remove().size();
    Json summary = message("summary");
    summary["dry_run"] = dry_run;
    summary["kept"] = plan.considered() - going;
    summary["forgotten"] = going + plan.unreadable.size();
    summary["damaged"] = listing.damaged;
    return summary;
}

}  // namespace

ExitCode run_forget(Invocation& invocation) {
    OptionParser parser(
        "Forgets snapshots: those named, or in each series those that no rule keeps. The newest of a series and what "
        "`vault hold` holds always stay. What they held is still stored.",
        "vault forget");
    Arguments arguments;
    parser.add_option("SNAP", arguments.references, "Snapshots").type_name("");
    arguments.keep.add_to(parser);
    add_filter(parser, arguments.filter, "Only");
    parser.add_flag("-n,--dry-run", arguments.dry_run,
                    "Say what would be forgotten and what keeps the rest; change nothing");
    parser.add_flag("--all", arguments.all, "Go on also if no snapshot of the whole repository is left");
    invocation.parse(parser);
    require_one_way(arguments);
    const bool by_rules = arguments.references.empty();
    const KeepRules rules = arguments.keep.rules();
    const TimeZone zone = arguments.keep.zone();

    const std::unique_ptr<Repository> repository =
        invocation.open_repository(arguments.dry_run ? Access::Read : Access::Write);
    const SnapshotListing listing = list_snapshots_and_missed_holds(*repository);
    complain_of_memory(listing.holds_unknown);
    const auto is_gone = [&](const SessionId& sid) { return has_vanished(*repository, sid); };
    const ForgetPlan plan = by_rules ? plan_forget(listing, arguments.filter, rules, zone, now())
                                     : plan_forget(listing, arguments.references, arguments.filter, is_gone);
    if (!arguments.all) require_some_left(listing, plan);
    if (!arguments.dry_run) carry_out(*repository, plan);

    Output& output = invocation.output();
    if (invocation.json()) {
        print_groups(output, plan);
        print(output, summary_of(listing, plan, arguments.dry_run));
    } else {
        show(output, plan, arguments.dry_run);
    }
    output.flush();
    // What could be read was decided; that something could not is the command's result all the same.
    if (by_rules && !listing.damaged.empty())
        throw Error(ErrorKind::Corrupt,
                    counted(listing.damaged.size(), "damaged object") + ", the first: " + listing.damaged[0]);
    return ExitCode::Ok;
}

}  // namespace vault
