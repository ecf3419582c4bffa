// vault snapshots: the listing.
#include "store/snapshots.h"

#include "cli/command.h"
#include "cli/open_snapshot.h"
#include "cli/snapshot_output.h"
#include "cli/terminal.h"
#include "store/base/text.h"
#include "store/clock.h"

namespace vault {

namespace {

std::string joined(const std::vector<std::string>& texts) {
    std::string all;
    for (const std::string& text : texts) all += (all.empty() ? "" : ",") + escaped(text);
    return all;
}

std::vector<std::string> cells_of(const Snapshot& snapshot, const Time& at) {
    const CommitRecord& record = snapshot.record;
    std::string note = joined(snapshot.tags);
    if (snapshot.held) note += note.empty() ? "(held)" : " (held)";
    if (record.incomplete) note += note.empty() ? "(incomplete)" : " (incomplete)";
    return {snapshot.short_id(),
            human_time(record.time),
            human_age(record.time, at),
            escaped(record.series),
            escaped(record.host),
            note,
            human_bytes(record.totals.content_bytes),
            human_count(record.totals.files()),
            human_bytes(record.totals.stored_bytes),
            human_duration(nanoseconds_between(record.started, record.ended))};
}

}  // namespace

ExitCode run_snapshots(Invocation& invocation) {
    OptionParser parser(
        "Lists the snapshots, oldest first. SIZE is what a restore writes, ADDED what the run stored. Times are UTC.",
        "vault snapshots");
    SnapshotFilter filter;
    bool forgotten = false;
    add_filter(parser, filter, "Only");
    parser.add_flag("--forgotten", forgotten, "Those that were forgotten, and that `vault undelete` may bring back");
    invocation.parse(parser);

    const std::unique_ptr<Repository> repository = invocation.open_repository(Access::Read);
    const SnapshotListing listing =
        list_snapshots(*repository, {}, forgotten ? Forgotten::Read : Forgotten::Skip);
    const std::vector<Snapshot>& snapshots = forgotten ? listing.forgotten : listing.live;
    Output& output = invocation.output();
    Table table({{"ID"},
                 {"TIME"},
                 {"AGE", Align::Right, 0, 2},
                 {"SERIES", Align::Left, 10},
                 {"HOST", Align::Left, 6, 3},
                 {"TAGS", Align::Left, 4, 5},
                 {"SIZE", Align::Right},
                 {"FILES", Align::Right, 0, 4},
                 {"ADDED", Align::Right, 0, 6},
                 {"DURATION", Align::Right, 0, 1}});
    const Time at = now();
    std::uint64_t shown_count = 0;
    for (const Snapshot& snapshot : snapshots) {
        if (!filter.matches(snapshot)) continue;
        ++shown_count;
        if (!invocation.json()) {
            table.row(cells_of(snapshot, at));
            continue;
        }
        Json object = message("snapshot");
        object.update(snapshot_object(snapshot));
        print(output, object);
    }
    if (invocation.json()) {
        Json summary = message("summary");
        summary["snapshots"] = shown_count;
        summary["damaged"] = listing.damaged;
        print(output, summary);
    } else if (shown_count == 0) {
        output.line(!snapshots.empty() ? "no snapshot matches"
                    : forgotten        ? "no forgotten snapshot is still there"
                                       : "no snapshots yet; next: vault snapshot PATH...");
    } else {
        print(output, table);
        output.line(counted(shown_count, "snapshot"));
    }
    output.flush();
    // What could be read was shown; that something could not is the command's result all the same.
    if (!listing.damaged.empty())
        throw Error(ErrorKind::Corrupt,
                    counted(listing.damaged.size(), "damaged object") + ", the first: " + listing.damaged[0]);
    return ExitCode::Ok;
}

}  // namespace vault
