// vault repair: options, what was saved, what stays lost.
#include "store/repair.h"

#include <filesystem>

#include "cli/check_output.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "store/backend/local.h"
#include "store/base/text.h"

namespace vault {

namespace {

struct Arguments {
    bool dry_run = false, read_data = false;
    std::optional<std::string> from;
    unsigned threads = 0;

    void add_to(OptionParser& parser) {
        parser.add_flag("-n,--dry-run", dry_run, "Say what would be done and change nothing");
        parser.add_flag("--read-data", read_data,
                        "Read every byte first; unless given, damage counts that is on record (vault check "
                        "--read-data) or shows in the structure")
            .without_value();
        parser.add_option("--from", from,
                          "Take what is lost from a copy of this repository, opened by the same password")
            .type_name("REPOSITORY");
        add_threads(parser, threads);
    }
};

// The cache of a copy is not that of the repository, though both have one id.
std::unique_ptr<Repository> open_copy(Invocation& invocation, const Repository& repository, const std::string& at) {
    const std::shared_ptr<Backend> backend = open_local(at);
    if (std::filesystem::equivalent(backend->location(), repository.backend().location()))
        throw Error(ErrorKind::Usage, "--from " + escaped(at) + " is this very repository, not a copy of it");
    ClientFolders folders = default_client_folders();
    folders.cache /= "copies";
    const Secrets secrets = secrets_to_open(invocation.secret_sources());
    std::unique_ptr<Repository> copy =
        Repository::open(backend, secrets.credentials(), folders, Access::Read);
    if (copy->id() != repository.id())
        throw Error(ErrorKind::Usage, "--from " + escaped(at) + " is another repository, not a copy of this one");
    return copy;
}

std::uint64_t lost_chunks(const RepairReport& report) {
    std::uint64_t chunks = report.salvaged.missing.size();
    for (const auto& [pack, lost] : report.salvaged.lost) chunks += lost.size();
    return chunks;
}

Json summary_of(const RepairReport& report, bool dry_run, std::int64_t elapsed_ns) {
    const CheckReport& harm = dry_run ? report.before : report.after;
    Json object = message("summary");
    object["dry_run"] = dry_run;
    object["seconds_elapsed"] = seconds_of(elapsed_ns);
    object["whole"] = report.whole(dry_run);
    object["generations_put"] = report.generations_put;
    object["snapshots_put"] = hex_list(report.snapshots_put);
    object["objects_put"] = report.objects_put;
    object["keys_gone"] = report.before.keys_gone;
    object["directories_replaced"] = report.directories_replaced;
    object["objects_quarantined"] = report.settled;
    object["boxes_withdrawn"] = report.boxes_withdrawn;
    object["damaged_packs"] = hex_list(report.packs);
    object["chunks_saved"] = report.salvaged.chunks;
    object["bytes_saved"] = report.salvaged.bytes;
    object["chunks_from_copy"] = report.salvaged.chunks_from_other;
    object["bytes_from_copy"] = report.salvaged.bytes_from_other;
    object["chunks_lost"] = lost_chunks(report);
    object["packs_written"] = report.salvaged.packs_written;
    object["packs_removed"] = report.packs_removed;
    object["packs_quarantined"] = report.packs_quarantined;
    object["waits_for"] = hex_list(report.waits_for);
    object["left"] = Json::array();
    for (const std::string& line : report.left) object["left"].push_back(escaped(line));
    object["harmed_entries"] = harm.harmed_entries;
    object["harmed_snapshots"] = hex_list(harm.harmed_snapshots);
    return object;
}

// For people: so many, and how many more there are.
std::vector<std::string> first_of(std::vector<std::string> lines) {
    constexpr std::size_t kLinesShown = 20;
    if (lines.size() <= kLinesShown) return lines;
    const std::size_t more = lines.size() - kLinesShown;
    lines.resize(kLinesShown);
    lines.push_back(human_count(more) + " more; --json lists all");
    return lines;
}

std::string note_on(const std::string& settled) {
    if (settled.starts_with("marks/")) return " (a tag of its snapshot may be wrong: set it again)";
    if (settled.starts_with("decision/")) return " (a copy: it stays too, for its name alone is needed)";
    return "";
}

void show(Output& output, const RepairReport& report, bool dry_run) {
    const std::string would = dry_run ? "would have " : "";
    for (const std::string& name : report.generations_put) output.line(would + "put " + name);
    for (const SessionId& sid : report.snapshots_put)
        output.line(would + "put back, from the copy: snapshot " + sid.hex());
    for (const std::string& name : first_of(report.objects_put))
        output.line(would + "put back, from the copy: " + name);
    if (report.boxes_withdrawn > 0)
        output.line(would + "withdrawn from the record, since they read well: boxes: " +
                    human_count(report.boxes_withdrawn));
    show_keys_gone(output, report.before);
    if (!report.packs.empty()) output.line("damaged: " + counted(report.packs.size(), "pack"));
    if (report.salvaged.chunks > 0)
        output.line(would + "saved " + counted(report.salvaged.chunks, "chunk") + ", " +
                    human_bytes(report.salvaged.bytes) + ", that can be read");
    if (report.salvaged.chunks_from_other > 0)
        output.line(would + "taken from the copy: " + counted(report.salvaged.chunks_from_other, "chunk") + ", " +
                    human_bytes(report.salvaged.bytes_from_other));
    if (report.directories_replaced > 0)
        output.line(would + "replaced " + counted(report.directories_replaced, "damaged object") + " in dirs/");
    for (const std::string& name : report.settled)
        output.line(would + "put into quarantine/, since what else stands says what counts: " + name + note_on(name));
    if (report.packs_removed > 0)
        output.line("took away " + counted(report.packs_removed, "damaged pack") + ", " +
                    human_count(report.packs_quarantined) + " of them into quarantine/");
    if (!report.waits_for.empty())
        output.line("pending: damaged packs wait for " + counted(report.waits_for.size(), "run") +
                    " at work; the next prune or repair goes on");
    if (const std::uint64_t lost = lost_chunks(report); lost > 0)
        output.line("lost: " + counted(lost, "chunk") + "; a new snapshot of a source that still has them, or --from a "
                                                        "copy, brings them back");
}

// No more than what was looked at.
std::string verdict_of_whole(const RepairOptions& options) {
    if (options.read_data) return "the repository is whole";
    return std::string(options.dry_run ? "there is no damage" : "no damage is left") +
           " as far as the structure and what is on record show; --read-data reads every byte too";
}

}  // namespace

ExitCode run_repair(Invocation& invocation) {
    OptionParser parser(
        "Saves what can be read of damaged packs into new ones, replaces what the repository holds twice, takes "
        "damaged packs away into quarantine/, and names what stays lost. Deletes nothing that is nowhere else. Runs "
        "beside snapshots, restores and prunes.",
        "vault repair");
    Arguments arguments;
    arguments.add_to(parser);
    invocation.parse(parser);
    // Where config is damaged the repository cannot be opened for writing yet.
    const std::unique_ptr<Repository> repository = invocation.open_repository(Access::Read);
    if (repository->config().write_features != 0)
        throw Error(ErrorKind::Unsupported, "the repository uses features that this version of vault cannot write");
    std::unique_ptr<Repository> copy;
    if (arguments.from) copy = open_copy(invocation, *repository, *arguments.from);
    RepairOptions options;
    options.dry_run = arguments.dry_run;
    options.read_data = arguments.read_data;
    options.threads = arguments.threads;
    options.from = copy.get();

    Output& output = invocation.output();
    HarmOutput harm(output, invocation.json());
    CheckProgress state;
    RepairReport report;
    std::int64_t elapsed_ns = 0;
    {
        const Progress progress(output, invocation.json(), [&] { return shown(state); });
        report = repair(*repository, options, state, [&](const HarmedEntry& entry) { harm.take(entry); }, interrupted);
        elapsed_ns = progress.elapsed_ns();
    }
    const bool whole = report.whole(options.dry_run);
    if (invocation.json()) {
        print(output, summary_of(report, options.dry_run, elapsed_ns));
    } else {
        show(output, report, options.dry_run);
        harm.show();
        if (whole) output.line(verdict_of_whole(options));
        else if (options.dry_run) output.line("nothing was changed");
    }
    complain_of_memory((options.dry_run ? report.before : report.after).not_remembered);
    for (const std::string& line : first_of(report.left)) complain("left: " + escaped(line));
    if (options.dry_run && !whole && report.left.empty()) complain("there is something to repair");
    output.flush();
    return whole ? ExitCode::Ok : ExitCode::Integrity;
}

}  // namespace vault
