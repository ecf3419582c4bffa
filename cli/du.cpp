// vault du: sums of a snapshot's entries.
#include "store/disk_usage.h"

#include "cli/command.h"
#include "cli/lost_nodes.h"
#include "cli/open_snapshot.h"
#include "cli/signals.h"
#include "cli/terminal.h"

namespace vault {

namespace {

std::string bytes_cell(std::uint64_t bytes, bool exact) {
    return exact ? std::to_string(bytes) : human_bytes(bytes);
}

}  // namespace

ExitCode run_du(Invocation& invocation) {
    OptionParser parser(
        "Sums up a snapshot, or the part of it below PATH: SIZE is the length of its entries, ALLOCATED the room they "
        "took at their source, both as du counts them. A file with several links counts once for each. What is added "
        "to the repository is "
        "another matter: see `vault snapshots`.",
        "vault du");
    SnapshotArgument argument;
    unsigned depth = 0;
    bool exact = false;
    argument.add_to(parser);
    parser.add_option("-d,--max-depth", depth, "Also each folder at most N levels below; 0 unless given")
        .type_name("N");
    parser.add_flag("--bytes", exact, "Bytes instead of KiB, MiB …");
    invocation.parse(parser);

    const OpenSnapshot open(invocation, argument);
    Output& output = invocation.output();
    Table table({{"SIZE", Align::Right},
                 {"ALLOCATED", Align::Right},
                 {"FILES", Align::Right},
                 {"ENTRIES", Align::Right},
                 {"PATH"}});
    Json last;
    LostNodeLines lost(invocation, "du");
    const auto show = [&](const std::string& path, const Totals& totals) {
        stop_if_interrupted();
        if (!invocation.json()) {
            table.row({bytes_cell(totals.apparent, exact), bytes_cell(totals.allocated, exact),
                       exact ? std::to_string(totals.files) : human_count(totals.files),
                       exact ? std::to_string(totals.entries) : human_count(totals.entries), shown(output, path)});
            return;
        }
        Json object = message("usage");
        put_name(object, "path", path);
        object["size"] = totals.apparent;
        object["allocated"] = totals.allocated;
        object["files"] = totals.files;
        object["entries"] = totals.entries;
        print(output, object);
        last = object;
    };
    disk_usage_by_folder(open.manifest(), open.path(), depth, show,
                         {[&](const LostNode& node) { lost.tell(node); },
                          [&](const std::string& path, const Error& error) { lost.tell_unknown(path, error); }});
    if (invocation.json()) {
        last["message_type"] = "summary";
        last["snapshot_id"] = open.snapshot().sid.hex();
        print(output, last);
    } else {
        print(output, table);
    }
    return lost.end();
}

}  // namespace vault
