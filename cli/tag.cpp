// vault tag, vault hold: marks on snapshots.
#include "cli/command.h"
#include "cli/open_snapshot.h"
#include "cli/terminal.h"
#include "store/base/text.h"
#include "store/label.h"
#include "store/tagging.h"

namespace vault {

namespace {

// Which snapshots a command works on: those named, or all that the filter takes.
struct Selection {
    std::vector<std::string> references;
    SnapshotFilter filter;

    void add_to(OptionParser& parser) {
        parser.add_option("SNAP", references, "Snapshots").type_name("");
        add_filter(parser, filter, "Only");
    }
    void require_some() const {
        if (references.empty() && filter.is_empty())
            throw Error(ErrorKind::Usage, "name snapshots, or choose them by --series, --host or --tag");
    }
    std::vector<const Snapshot*> of(const SnapshotListing& listing) const {
        return choose(listing, references, filter);
    }
};

void show_change(Invocation& invocation, const Snapshot& snapshot, const std::vector<std::string>& tags, bool held) {
    if (invocation.json()) {
        Json object = message("changed");
        object["snapshot_id"] = snapshot.sid.hex();
        object["tags"] = tags;
        object["held"] = held;
        return print(invocation.output(), object);
    }
    std::string text = snapshot.short_id() + (held ? " (held)" : "") + (tags.empty() ? " without tags" : " with tags");
    for (std::size_t i = 0; i < tags.size(); ++i) text += (i == 0 ? " " : ",") + escaped(tags[i]);
    invocation.output().line(text);
}

ExitCode show_count(Invocation& invocation, std::uint64_t changed, std::size_t considered) {
    if (invocation.json()) {
        Json summary = message("summary");
        summary["changed_snapshots"] = changed;
        print(invocation.output(), summary);
    } else {
        invocation.output().line("changed " + human_count(changed) + " of " + counted(considered, "snapshot"));
    }
    return ExitCode::Ok;
}

}  // namespace

ExitCode run_tag(Invocation& invocation) {
    OptionParser parser("Adds, removes and replaces tags of snapshots.", "vault tag");
    Selection selection;
    TagChange change;
    std::vector<std::string> set;
    selection.add_to(parser);
    parser.add_repeated("--add", change.add, "Add this tag (may be repeated)").type_name("TAG");
    parser.add_repeated("--remove", change.remove, "Remove this tag (may be repeated)").type_name("TAG");
    parser.add_repeated("--set", set, "Let this be the only tag (may be repeated: the only ones)").type_name("TAG");
    invocation.parse(parser);
    if (!set.empty()) change.set = set;
    if (!change.set && change.add.empty() && change.remove.empty())
        throw Error(ErrorKind::Usage, "nothing to change: give --add, --remove or --set");
    for (const std::string& tag : set) require_tag(tag, "--set");
    for (const std::string& tag : change.add) require_tag(tag, "--add");
    for (const std::string& tag : change.remove) require_label(tag, "--remove");  // another program may have made it
    selection.require_some();

    const std::unique_ptr<Repository> repository = invocation.open_repository(Access::Write);
    const SnapshotListing listing = list_snapshots(*repository);
    const std::vector<const Snapshot*> chosen = selection.of(listing);
    std::vector<std::vector<std::string>> wanted;
    for (const Snapshot* snapshot : chosen) wanted.push_back(changed_tags(*snapshot, change));
    std::uint64_t changed = 0;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        if (!put_tags(*repository, *chosen[i], wanted[i])) continue;
        ++changed;
        show_change(invocation, *chosen[i], wanted[i], chosen[i]->held);
    }
    return show_count(invocation, changed, chosen.size());
}

ExitCode run_hold(Invocation& invocation) {
    OptionParser parser("Holds snapshots: no rule and no `vault forget` takes them until they are released.",
                        "vault hold");
    Selection selection;
    bool release = false;
    selection.add_to(parser);
    parser.add_flag("--release", release, "Let them go again");
    invocation.parse(parser);
    selection.require_some();

    const std::unique_ptr<Repository> repository = invocation.open_repository(Access::Write);
    const SnapshotListing listing = list_snapshots_and_missed_holds(*repository);
    const std::vector<const Snapshot*> chosen = selection.of(listing);
    std::uint64_t changed = 0;
    for (const Snapshot* snapshot : chosen) {
        if (!put_hold(*repository, *snapshot, !release)) continue;
        ++changed;
        show_change(invocation, *snapshot, snapshot->tags, !release);
    }
    return show_count(invocation, changed, chosen.size());
}

}  // namespace vault
