// vault snapshot: options, progress, what happened.
#include "store/snapshot.h"

#include "cli/command.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "cli/snapshot_output.h"
#include "cli/terminal.h"
#include "store/base/file.h"
#include "store/base/text.h"
#include "store/civil_time.h"
#include "store/clock.h"

namespace vault {

namespace {

constexpr std::size_t kExcludeFileBytesMax = std::size_t{8} << 20;  // more than a snapshot records

struct Arguments {
    SnapshotOptions options;
    std::string recorded_as, series, host, time, parent;
    std::vector<std::string> exclude_files;
};

void add_options(OptionParser& parser, Arguments& arguments) {
    SnapshotOptions& options = arguments.options;
    parser.add_option("PATH", options.paths, "Files and folders").required().type_name("");
    parser.add_option("--as", arguments.recorded_as, "Record the one PATH under this absolute path").type_name("PATH");
    parser.add_option("--series", arguments.series,
                      "The line of snapshots that this one continues; default: HOST:PATHS")
        .type_name("NAME");
    parser.add_option("--host", arguments.host, "Host name to record; default: this machine's").type_name("NAME");
    parser.add_repeated("--tag", options.tags, "Tag the snapshot (may be repeated)").type_name("TAG");
    parser.add_option("--time", arguments.time, "Time to record instead of now: YYYY-MM-DD[THH:MM[:SS]], UTC")
        .type_name("TIME");
    parser.add_flag("--force-rescan", options.force_rescan, "Read every file, changed or not");
    parser
        .add_repeated("--exclude", options.excludes,
                      "Leave out what matches, in the syntax of .gitignore (may be repeated)")
        .type_name("PATTERN");
    parser
        .add_repeated("--exclude-file", arguments.exclude_files,
                      "Leave out what matches a line of FILE (may be repeated)")
        .type_name("FILE");
    parser.add_option("--parent", arguments.parent, "The snapshot to compare with; default: the newest of the series")
        .type_name("SNAP");
    add_threads(parser, options.threads);
}

void read_exclude_file(const std::string& path, std::vector<std::string>& excludes) {
    std::optional<Bytes> contents;
    try {
        contents = read_small_file(path, kExcludeFileBytesMax);
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::Corrupt) throw;
        throw Error(ErrorKind::Usage, "the exclude file " + escaped(path) + " is longer than the 8 MiB that a snapshot "
                                      "records");
    }
    if (!contents) throw Error(ErrorKind::NotFound, "the exclude file " + escaped(path) + " does not exist");
    std::string_view rest = as_text(*contents);
    while (!rest.empty()) {
        const std::size_t end = rest.find('\n');
        std::string_view line = rest.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (!line.empty()) excludes.emplace_back(line);
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
}

ProgressState state_of(const SnapshotProgress& progress) {
    ProgressState state;
    state.phase = progress.phase;
    state.bytes_done = progress.bytes_seen;
    if (const std::uint64_t expected = progress.bytes_expected; expected > 0) state.bytes_all = expected;
    state.files_done = progress.files;
    state.bytes_new = progress.bytes_new;
    state.bytes_stored = progress.bytes_stored;
    state.errors = progress.errors;
    return state;
}

void complain_of(const std::string& path, const std::string& trouble) {
    Json object = message("error");
    object["during"] = "archival";
    put_name(object, "item", path);
    object["error"] = {{"message", trouble}};
    complain_raw(json_line(object));
}

void show_changed(const Invocation& invocation, const SnapshotReport& report) {
    constexpr std::size_t kLinesShown = 10;
    for (std::size_t i = 0; i < report.changed.size(); ++i) {
        if (invocation.json()) complain_of(report.changed[i], "it changed while it was read");
        else if (i < kLinesShown) complain("changed while it was read: " + escaped(report.changed[i]));
    }
    if (!invocation.json() && report.changed_count > kLinesShown)
        complain("and " + human_count(report.changed_count - kLinesShown) + " more changed while they were read");
}

void show_unreadable(const Invocation& invocation, const CommitRecord& record) {
    for (const UnreadablePath& one : record.unreadable) {
        if (invocation.json()) complain_of(one.path, one.message);
        else complain("cannot read " + escaped(one.path) + ": " + one.message);
    }
    if (record.unreadable_count > record.unreadable.size() && !invocation.json())
        complain("and " + human_count(record.unreadable_count - record.unreadable.size()) + " more could not be read");
}

Json summary_of(const SnapshotReport& report, std::int64_t elapsed_ns) {
    const CommitRecord& record = report.record;
    Json object = message("summary");
    put_totals(object, record);
    object["data_blobs"] = report.data_chunks_added;
    object["tree_blobs"] = report.tree_chunks_added;
    object["total_duration"] = seconds_of(elapsed_ns);
    object["backup_start"] = rfc3339(record.started);
    object["backup_end"] = rfc3339(record.ended);
    object["snapshot_id"] = record.sid.hex();
    if (!record.parent.is_zero()) object["parent"] = record.parent.hex();
    object["series"] = record.series;
    object["unreadable"] = record.unreadable_count;
    object["changed_while_read"] = record.changed_while_read;
    return object;
}

void show_summary(Output& output, const SnapshotReport& report, std::int64_t elapsed_ns) {
    const CommitRecord& record = report.record;
    const SnapshotTotals& totals = record.totals;
    const auto counts = [](std::uint64_t made, std::uint64_t changed, std::uint64_t same) {
        return human_count(made) + " new, " + human_count(changed) + " changed, " + human_count(same) + " unchanged";
    };
    output.line("snapshot " + record.sid.hex().substr(0, 8) + " of series " + escaped(record.series) + " in " +
                human_duration(elapsed_ns));
    output.line("files:    " + counts(totals.files_new, totals.files_changed, totals.files_unmodified));
    output.line("folders:  " + counts(totals.dirs_new, totals.dirs_changed, totals.dirs_unmodified));
    output.line("size:     " + human_bytes(totals.content_bytes) + " in " + counted(totals.files(), "file") + ", " +
                human_bytes(totals.read_bytes) + " read");
    output.line("added:    " + human_bytes(totals.added_bytes) + " new after deduplication, " +
                human_bytes(totals.stored_bytes) + " stored");
    if (record.unreadable_count > 0)
        output.line("missing:  " + counted(record.unreadable_count, "path") + " could not be read");
    if (report.changed_count > 0)
        output.line("caution:  " + counted(report.changed_count, "file") + " changed while " +
                    (report.changed_count == 1 ? "it was" : "they were") + " read");
    output.line("next:     vault ls " + record.sid.hex().substr(0, 8));
}

}  // namespace

ExitCode run_snapshot(Invocation& invocation) {
    OptionParser parser("Takes a snapshot of files and folders. Only what the repository does not have yet is added.",
                        "vault snapshot");
    Arguments arguments;
    add_options(parser, arguments);
    invocation.parse(parser);
    SnapshotOptions& options = arguments.options;
    if (parser.given("--as")) options.recorded_as = arguments.recorded_as;
    if (parser.given("--series")) options.series = arguments.series;
    if (parser.given("--host")) options.host = arguments.host;
    if (parser.given("--time")) options.time = parse_civil_time(arguments.time, RoundTo::Start);
    for (const std::string& file : arguments.exclude_files) read_exclude_file(file, options.excludes);

    std::unique_ptr<SourceWalk> walk;
    const std::unique_ptr<Repository> repository = invocation.open_repository(
        Access::Write, [&](const std::string& location, const std::filesystem::path& cache) {
            try {
                walk = std::make_unique<SourceWalk>(options, location, cache);
            } catch (const Error&) {
                // It is met again, and told, when the repository is open.
            }
        });
    if (parser.given("--parent")) options.parent = resolve(list_snapshots(*repository), arguments.parent).sid;
    SnapshotProgress counters;
    std::int64_t elapsed_ns = 0;
    const SnapshotReport report = [&] {
        const Progress progress(invocation.output(), invocation.json(), [&] { return state_of(counters); });
        SnapshotReport made = make_snapshot(*repository, options, counters, interrupted, std::move(walk));
        elapsed_ns = progress.elapsed_ns();
        return made;
    }();
    show_unreadable(invocation, report.record);
    show_changed(invocation, report);
    if (invocation.json()) {
        print(invocation.output(), summary_of(report, elapsed_ns));
    } else {
        show_summary(invocation.output(), report, elapsed_ns);
    }
    if (report.record.unreadable_count > 0) return ExitCode::SomeUnreadable;
    return report.record.changed_while_read ? ExitCode::SomeChanged : ExitCode::Ok;
}

}  // namespace vault
