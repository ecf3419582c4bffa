// vault ls: entries of a snapshot.
#include "cli/command.h"
#include "cli/entry_output.h"
#include "cli/lost_nodes.h"
#include "cli/open_snapshot.h"
#include "cli/signals.h"
#include "cli/snapshot_output.h"
#include "cli/terminal.h"

namespace vault {

ExitCode run_ls(Invocation& invocation) {
    OptionParser parser(
        "Lists the entries of a folder in a snapshot, or of everything below it. Names are escaped on a terminal and "
        "whole in a pipe; times are UTC.",
        "vault ls");
    SnapshotArgument argument;
    bool long_form = false, recursive = false;
    argument.add_to(parser);
    parser.add_flag("-l,--long", long_form, "Mode, links, owner, group, size and time too");
    parser.add_flag("-R,--recursive", recursive, "Everything below, with absolute paths");
    invocation.parse(parser);

    const OpenSnapshot open(invocation, argument);
    Output& output = invocation.output();
    std::uint64_t count = 0;
    LostNodeLines lost(invocation, "ls");
    list_entries(open.manifest(), open.path(), recursive ? Depth::Subtree : Depth::Children,
                 [&](const PlacedEntry& placed) {
                     stop_if_interrupted();
                     ++count;
                     if (invocation.json()) {
                         Json object = message("node");
                         object.update(entry_object(placed));
                         print(output, object);
                         return true;
                     }
                     const std::string name = shown(output, recursive ? placed.path() : placed.name());
                     output.line(long_form ? long_line(output, placed, name) : name);
                     return true;
                 },
                 [&](const LostNode& node) {
                     stop_if_interrupted();
                     lost.tell(node);
                 });
    if (invocation.json()) {
        Json summary = message("summary");
        summary["snapshot_id"] = open.snapshot().sid.hex();
        put_name(summary, "path", open.path());
        summary["entries"] = count;
        print(output, summary);
    }
    return lost.end();
}

}  // namespace vault
