// vault restore: options, progress, what happened.
#include "store/restore.h"

#include <mutex>

#include "cli/command.h"
#include "cli/lost_nodes.h"
#include "cli/open_snapshot.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "store/base/text.h"

namespace vault {

namespace {

// Handed over from the operation's thread to the one that shows it.
class Latest {
  public:
    void set(const RestoreProgress& progress) {
        const std::lock_guard lock(mutex_);
        progress_ = progress;
    }
    ProgressState state() {
        const std::lock_guard lock(mutex_);
        ProgressState state;
        state.phase = progress_.files_all == 0 ? "opening" : "restoring";
        state.bytes_done = progress_.bytes_done;
        state.files_done = progress_.files_done;
        if (progress_.files_all > 0) {
            state.bytes_all = progress_.bytes_all;
            state.files_all = progress_.files_all;
        }
        return state;
    }

  private:
    std::mutex mutex_;
    RestoreProgress progress_;
};

void show_lost_nodes(const Invocation& invocation, const RestoreReport& report) {
    for (const LostNode& node : report.lost) show_lost(invocation, "restore", node);
    if (invocation.json()) return;
    if (report.lost_count > report.lost.size())
        complain("and " + human_count(report.lost_count - report.lost.size()) + " more lost nodes of the tree");
    if (report.deletion_refused)
        complain("nothing was deleted: what seems to be extra may be in what is lost of the snapshot's tree");
}

void show_failures(const Invocation& invocation, const RestoreReport& report) {
    for (const RestoreReport::Failure& failure : report.failures) {
        if (!invocation.json()) {
            complain(escaped(failure.path) + ": " + failure.message);
            continue;
        }
        Json object = message("error");
        object["during"] = "restore";
        put_name(object, "item", failure.path);
        object["error"] = {{"message", failure.message}};
        object["damaged"] = failure.damaged;
        complain_raw(json_line(object));
    }
    if (report.failure_count > report.failures.size() && !invocation.json())
        complain("and " + human_count(report.failure_count - report.failures.size()) + " more could not be restored");
}

Json summary_of(const RestoreReport& report, const Snapshot& snapshot, std::int64_t elapsed_ns) {
    Json object = message("summary");
    object["seconds_elapsed"] = seconds_of(elapsed_ns);
    object["snapshot_id"] = snapshot.sid.hex();
    object["files_restored"] = report.files;
    object["dirs_restored"] = report.directories;
    object["others_restored"] = report.others;
    object["bytes_restored"] = report.bytes;
    object["boxes_loaded"] = report.boxes_loaded;
    object["error_count"] = report.failure_count + report.lost_count;
    object["damaged_count"] = report.damaged_count;
    object["lost_nodes"] = report.lost_count;
    object["deletion_refused"] = report.deletion_refused;
    object["left_out"] = {{"devices", report.left_out_devices},
                          {"attributes", report.left_out_attributes},
                          {"setuid", report.left_out_setuid},
                          {"flags", report.left_out_flags}};
    object["owners_not_set"] = report.owners_not_set;
    return object;
}

// "2 devices, 1 attribute", or "".
std::string left_out(const RestoreReport& report) {
    std::string text;
    const auto add = [&](std::uint64_t count, const char* noun) {
        if (count > 0) text += (text.empty() ? "" : ", ") + counted(count, noun);
    };
    add(report.left_out_devices, "device");
    add(report.left_out_attributes, "extended attribute");
    add(report.left_out_setuid, "setuid or setgid bit");
    add(report.left_out_flags, "file flag set");
    return text;
}

void show_summary(Output& output, const RestoreReport& report, const RestoreOptions& options, std::int64_t elapsed_ns) {
    output.line("restored " + counted(report.files, "file") + ", " + counted(report.directories, "folder") + ", " +
                human_count(report.others) + " of other types, " + human_bytes(report.bytes) + " to " +
                shown(output, options.target) + " in " + human_duration(elapsed_ns));
    if (const std::string text = left_out(report); !text.empty())
        output.line("left out: " + text + " (--as-is brings them back)");
    if (report.lost_count > 0)
        output.line("lost:     " + counted(report.lost_count, "node") +
                    " of the snapshot's tree; what they held is named above");
    if (report.owners_not_set > 0)
        output.line("owners:   not set on " + counted(report.owners_not_set, "entry") + "; only root can");
}

}  // namespace

ExitCode run_restore(Invocation& invocation) {
    OptionParser parser(
        "Writes a snapshot, or the part of it below PATH, to a folder. Entries land at DIR + their absolute path.",
        "vault restore");
    SnapshotArgument argument;
    RestoreOptions options;
    argument.add_to(parser);
    parser.add_option("-t,--target", options.target, "The folder to write to; made if it is not there")
        .required()
        .type_name("DIR");
    parser.add_option("--strip", options.strip, "Drop this many leading components of each path").type_name("N");
    parser.add_flag("--as-is", options.as_is,
                    "Bring back what may be dangerous too: setuid bits, capabilities, security.* and "
                    "trusted.* attributes, devices, file flags");
    parser.add_flag("--delete", options.delete_extra,
                    "Delete what is in DIR and not in the snapshot, beneath its source paths");
    add_threads(parser, options.threads);
    invocation.parse(parser);

    const SnapshotReference wanted = parse_reference(argument.reference);
    options.path = wanted.path;
    const std::unique_ptr<Repository> repository = invocation.open_repository(Access::Read);
    const SnapshotListing listing = list_snapshots(*repository);
    const Snapshot& snapshot = resolve(listing, wanted.snapshot, argument.filter);
    Latest latest;
    std::int64_t elapsed_ns = 0;
    const RestoreReport report = [&] {
        const Progress progress(invocation.output(), invocation.json(), [&] { return latest.state(); });
        RestoreReport done = restore(
            *repository, snapshot, options, [&](const RestoreProgress& now) { latest.set(now); }, interrupted);
        elapsed_ns = progress.elapsed_ns();
        return done;
    }();
    show_lost_nodes(invocation, report);
    show_failures(invocation, report);
    if (invocation.json()) {
        print(invocation.output(), summary_of(report, snapshot, elapsed_ns));
    } else {
        show_summary(invocation.output(), report, options, elapsed_ns);
    }
    if (report.damaged_count > 0) {
        invocation.output().flush();
        if (!invocation.json()) complain(kAfterDamage);
        return ExitCode::Integrity;
    }
    return report.failure_count + report.lost_count > 0 ? ExitCode::SomeNotRestored : ExitCode::Ok;
}

}  // namespace vault
