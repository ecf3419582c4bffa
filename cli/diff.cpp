// vault diff: what changed from one snapshot, or folder of one, to another.
#include "cli/command.h"
#include "cli/open_snapshot.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "store/base/text.h"
#include "store/changes.h"

namespace vault {

namespace {

constexpr std::size_t kModifierColumns = 5;  // restic's

const char* modifier(const Change& change) {
    switch (change.sort) {
        case ChangeSort::Added: return "+";
        case ChangeSort::Removed: return "-";
        case ChangeSort::OtherContent: return change.unnoticed ? "M?" : "M";
        case ChangeSort::OtherType: return "T";
        case ChangeSort::OtherMetadata: return "U";
    }
    return "";
}

// One of the two things that are compared.
struct Named {
    SnapshotReference reference;
    Snapshot snapshot;

    Named(const SnapshotReference& parsed, const SnapshotListing& listing, const SnapshotFilter& filter)
        : reference(parsed), snapshot(resolve(listing, reference.snapshot, filter)) {}

    SnapshotPart part() const { return {snapshot.root(), reference.path, "snapshot " + snapshot.short_id()}; }
};

void show(Invocation& invocation, const Change& change) {
    const std::string path = change.path + (change.is_directory && change.path != "/" ? "/" : "");
    const std::string letter = modifier(change);
    Output& output = invocation.output();
    if (!invocation.json()) {
        output.line(letter + std::string(kModifierColumns - letter.size(), ' ') + shown(output, path));
        return;
    }
    Json object = message("change");
    put_name(object, "path", path);
    object["modifier"] = letter;
    print(output, object);
}

Json counts_object(const EntryCounts& counts) {
    return {{"files", counts.files},
            {"dirs", counts.directories},
            {"others", counts.others},
            {"bytes", counts.bytes}};
}

Json statistics(const Named& before, const Named& after, const ChangeSums& sums) {
    Json object = message("statistics");
    object["source_snapshot"] = before.snapshot.sid.hex();
    put_name(object, "source_path", before.reference.path);
    object["target_snapshot"] = after.snapshot.sid.hex();
    put_name(object, "target_path", after.reference.path);
    object["changed_files"] = sums.files;
    object["changed_others"] = sums.others;
    object["changed_types"] = sums.types;
    object["changed_metadata"] = sums.metadata;
    object["changed_bytes_before"] = sums.bytes_before;
    object["changed_bytes_after"] = sums.bytes_after;
    object["added"] = counts_object(sums.added);
    object["removed"] = counts_object(sums.removed);
    return object;
}

std::string counts_text(const EntryCounts& counts) {
    std::string text = counted(counts.files, "file") + ", " + counted(counts.directories, "folder");
    if (counts.others > 0) text += ", " + counted(counts.others, "other");
    return text + ", " + human_bytes(counts.bytes);
}

void show_sums(Output& output, const ChangeSums& sums, bool metadata_listed) {
    output.line("");
    output.line("added:    " + counts_text(sums.added));
    output.line("removed:  " + counts_text(sums.removed));
    std::string changed = counted(sums.files, "file");
    if (sums.files > 0) changed += ", " + human_bytes(sums.bytes_before) + " before, " + human_bytes(sums.bytes_after);
    if (sums.others > 0) changed += "; " + counted(sums.others, "other");
    if (sums.types > 0) changed += "; " + human_count(sums.types) + " of another type, added and removed above";
    output.line("changed:  " + changed);
    if (sums.metadata == 0) return;
    output.line("metadata: " + human_count(sums.metadata) + " otherwise unchanged" +
                (metadata_listed ? "" : ", listed with --metadata"));
}

}  // namespace

ExitCode run_diff(Invocation& invocation) {
    OptionParser parser(
        "Says what changed from the first snapshot to the second, or from one folder to another: + added, - removed, M "
        "content, T type, and with --metadata U nothing but metadata. M? is a content that changed while nothing else "
        "did, not even ctime: damage at the source, for instance.",
        "vault diff");
    std::string before_text, after_text;
    SnapshotFilter filter;
    bool metadata = false;
    parser.add_option("BEFORE", before_text, "SNAP or SNAP:PATH").required().type_name("");
    parser.add_option("AFTER", after_text, "SNAP or SNAP:PATH").required().type_name("");
    add_filter(parser, filter, "`latest` is the latest");
    parser.add_flag("--metadata", metadata, "Also what changed in mode, owner, mtime, attributes or links alone");
    invocation.parse(parser);

    const SnapshotReference before_reference = parse_reference(before_text);
    const SnapshotReference after_reference = parse_reference(after_text);
    const std::unique_ptr<Repository> repository = invocation.open_repository(Access::Read);
    const SnapshotListing listing = list_snapshots(*repository);
    const Named before(before_reference, listing, filter), after(after_reference, listing, filter);
    const View view = repository->reader_view();
    const ChangeSums sums = find_changes(*view.chunks, before.part(), after.part(), interrupted,
                                         [&](const Change& change) {
                                             if (metadata || change.sort != ChangeSort::OtherMetadata)
                                                 show(invocation, change);
                                         });
    if (invocation.json()) {
        print(invocation.output(), statistics(before, after, sums));
    } else {
        show_sums(invocation.output(), sums, metadata);
    }
    return ExitCode::Ok;
}

}  // namespace vault
