// vault undelete: a forgotten snapshot comes back.
#include "store/undelete.h"

#include "cli/command.h"
#include "cli/json_output.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "store/base/text.h"

namespace vault {

ExitCode run_undelete(Invocation& invocation) {
    OptionParser parser(
        "Brings a forgotten snapshot back under a new id, with its times, series and tags. What a prune has deleted "
        "does not come back. `vault snapshots --forgotten` lists what can.",
        "vault undelete");
    std::string id;
    parser.add_option("ID", id, "The start of the snapshot's id").required().type_name("");
    invocation.parse(parser);

    const std::unique_ptr<Repository> repository = invocation.open_repository(Access::Write);
    const SnapshotListing listing = list_snapshots(*repository, {}, Forgotten::Read);
    const Snapshot& forgotten = resolve_forgotten(listing, id);
    const UndeleteReport report = undelete_snapshot(*repository, forgotten, interrupted);
    const std::string sid = report.record.sid.hex();
    if (invocation.json()) {
        Json summary = message("summary");
        summary["snapshot_id"] = sid;
        summary["original"] = report.record.original.hex();
        summary["series"] = report.record.series;
        summary["chunks_copied"] = report.chunks_copied;
        summary["bytes_copied"] = report.bytes_copied;
        print(invocation.output(), summary);
        return ExitCode::Ok;
    }
    std::string text = "snapshot " + forgotten.short_id() + " of series " + escaped(report.record.series) +
                       " is back as " + sid.substr(0, 8);
    if (report.chunks_copied > 0)
        text += "; " + human_bytes(report.bytes_copied) + " were copied out of packs that are to be deleted";
    invocation.output().line(text);
    return ExitCode::Ok;
}

}  // namespace vault
