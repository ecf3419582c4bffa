// vault ls: entries of a snapshot.
#include "cli/command.h"
#include "cli/entry_output.h"
#include "cli/lost_nodes.h"
#include "cli/open_snapshot.h"
#include "cli/signals.h"
#include "cli/snapshot_output.h"
#include "cli/terminal.h"

namespace vault {

namespace {

std::string size_cell(const Entry& entry) {
    if (entry.type == EntryType::CharacterDevice || entry.type == EntryType::BlockDevice)
        return std::to_string(entry.device_major) + "," + std::to_string(entry.device_minor);
    if (entry.type == EntryType::Symlink) return std::to_string(entry.target.size());
    return std::to_string(entry.size);
}

std::string padded(std::string text, std::size_t width) {
    if (text.size() < width) text.append(width - text.size(), ' ');
    return text;
}

std::string padded_left(const std::string& text, std::size_t width) {
    return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

// Fixed columns, so that the first line is printed before the last entry is read.
std::string long_line(const Output& output, const PlacedEntry& placed, const std::string& name) {
    const Entry& entry = placed.entry;
    const std::string user = entry.user.empty() ? std::to_string(entry.uid) : shown(output, entry.user);
    const std::string group = entry.group.empty() ? std::to_string(entry.gid) : shown(output, entry.group);
    std::string line = mode_text(entry) + ' ' + padded_left(std::to_string(entry.links), 3) + ' ' + padded(user, 8) +
                       ' ' + padded(group, 8) + ' ' + padded_left(size_cell(entry), 12) + ' ' +
                       human_time(entry.mtime) + "  " + name;
    if (entry.type == EntryType::Symlink) line += " -> " + shown(output, entry.target);
    return line;
}

}  // namespace

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
    return lost.exit_code();
}

}  // namespace vault
