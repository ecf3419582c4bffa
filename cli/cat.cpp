// vault cat: a file of a snapshot to stdout.
#include "store/cat.h"

#include "cli/command.h"
#include "cli/open_snapshot.h"
#include "cli/signals.h"
#include "store/base/text.h"
#include "store/list_entries.h"

namespace vault {

ExitCode run_cat(Invocation& invocation) {
    OptionParser parser(
        "Writes a file of a snapshot to stdout. No byte goes out before it is verified. With --json the content comes "
        "as hexadecimal pieces.",
        "vault cat");
    SnapshotArgument argument;
    argument.add_to(parser, "SNAP:PATH", "The file");
    invocation.parse(parser);

    const OpenSnapshot open(invocation, argument);
    const PlacedEntry file = find_entry(open.manifest(), open.path());
    Output& output = invocation.output();
    std::uint64_t written = 0;
    try {
        read_content(open.chunks(), file.entry, [&](ByteView bytes) {
            stop_if_interrupted();
            if (invocation.json()) {
                Json piece = message("content");
                piece["offset"] = written;
                piece["data_hex"] = to_hex(bytes);
                print(output, piece);
            } else {
                output.bytes(bytes);
            }
            written += bytes.size();
        });
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::Interrupted) throw;
        throw with_context(escaped(file.path()), error);
    }
    if (invocation.json()) {
        Json summary = message("summary");
        summary["snapshot_id"] = open.snapshot().sid.hex();
        put_name(summary, "path", file.path());
        summary["size"] = written;
        print(output, summary);
    }
    return ExitCode::Ok;
}

}  // namespace vault
