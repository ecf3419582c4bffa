// vault find: which snapshots hold a name or path.
#include "store/find.h"

#include <algorithm>

#include "cli/command.h"
#include "cli/entry_output.h"
#include "cli/lost_nodes.h"
#include "cli/open_snapshot.h"
#include "cli/signals.h"
#include "cli/snapshot_output.h"
#include "cli/terminal.h"
#include "store/base/text.h"
#include "store/civil_time.h"
#include "store/finding.h"

namespace vault {

namespace {

// What is found, written as it is found: a snapshot's matches may be as many as its entries.
class FoundOutput {
  public:
    FoundOutput(Invocation& invocation, bool long_form)
        : output_(invocation.output()), json_(invocation.json()), long_(long_form) {}

    void entry(const Snapshot& snapshot, const PlacedEntry& placed) {
        stop_if_interrupted();
        if (hits_++ == 0) begin(snapshot);
        ++all_hits_;
        if (json_) {
            put((hits_ > 1 ? "," : "") + json_line(entry_object(placed)));
            return;
        }
        const std::string path = shown(output_, placed.path());
        output_.line(long_ ? long_line(output_, placed, path) : path);
    }

    // `trouble`: why it could not be searched whole; empty: it was.
    void end(const Snapshot& snapshot, const std::string& trouble) {
        if (hits_ > 0 && json_)
            output_.line("],\"hits\":" + std::to_string(hits_) + ",\"snapshot\":\"" + snapshot.sid.hex() + "\"}");
        if (!trouble.empty() && !json_)
            output_.line("snapshot " + snapshot.short_id() + " was not searched whole: " + trouble);
        if (hits_ > 0) ++with_hits_;
        hits_ = 0;
    }

    std::uint64_t hits() const { return all_hits_; }
    std::uint64_t snapshots_with_hits() const { return with_hits_; }

  private:
    void put(const std::string& text) { output_.bytes(as_bytes(text)); }

    void begin(const Snapshot& snapshot) {
        if (json_) {
            put("{\"message_type\":\"found\",\"matches\":[");
            return;
        }
        if (with_hits_ > 0) output_.line("");
        output_.line("snapshot " + snapshot.short_id() + " of " + escaped(snapshot.record.series) + ", " +
                     human_time(snapshot.record.time));
    }

    Output& output_;
    const bool json_, long_;
    std::uint64_t hits_ = 0, all_hits_ = 0, with_hits_ = 0;  // hits_: of the snapshot at hand
};

// Snapshots as "snapshots/<sid>: <why>".
struct Missed {
    std::vector<std::string> parts;   // lost nodes of their trees, each of which has its line already
    std::vector<std::string> wholes;
};

// Searches them all. What of one of them cannot be read hides nothing of the others.
Missed search(Finder& finder, const std::vector<const Snapshot*>& snapshots, FoundOutput& found,
              LostNodeLines& lost_nodes) {
    Missed missed;
    for (const Snapshot* snapshot : snapshots) {
        const std::string name = "snapshots/" + snapshot->sid.hex() + ": ";
        std::string trouble;
        std::uint64_t lost = 0;
        try {
            finder.find(
                snapshot->root(), [&](const PlacedEntry& placed) { found.entry(*snapshot, placed); },
                [&](const LostNode& node) {
                    ++lost;
                    lost_nodes.tell(node);
                });
            if (lost > 0) {
                trouble = counted(lost, "lost node") + " of its tree";
                missed.parts.push_back(name + trouble);
            }
        } catch (const Error& error) {
            if (!is_damaged_or_gone(error)) {
                found.end(*snapshot, error.what());  // what was written stays a whole line
                throw;
            }
            trouble = error.what();
            missed.wholes.push_back(name + trouble);
        }
        found.end(*snapshot, trouble);
    }
    return missed;
}

struct Arguments {
    std::vector<std::string> patterns, references;
    std::optional<std::string> oldest, newest;
    SnapshotFilter filter;
    bool long_form = false;

    void add_to(OptionParser& parser) {
        parser.add_option("PATTERN", patterns, "What to find").required().type_name("");
        parser.add_repeated("-s,--snapshot", references, "Only in this snapshot (may be repeated)").type_name("SNAP");
        add_filter(parser, filter, "Only in snapshots");
        parser.add_option("-O,--oldest", oldest, "Only what was modified at or after this time").type_name("TIME");
        parser.add_option("-N,--newest", newest, "Only what was modified at or before this time").type_name("TIME");
        parser.add_flag("-l,--long", long_form, "Mode, links, owner, group, size and time too");
    }
    // Throws Usage.
    Wanted wanted() const {
        Wanted wanted{PathPatterns(patterns), std::nullopt, std::nullopt};
        if (oldest) wanted.oldest = parse_civil_time(*oldest, RoundTo::Start);
        if (newest) wanted.newest = parse_civil_time(*newest, RoundTo::End);
        for (const std::string& reference : references)
            if (parse_reference(reference).snapshot != reference)
                throw Error(ErrorKind::Usage, "--snapshot takes a SNAP without a path; put the path into the pattern");
        return wanted;
    }
};

}  // namespace

ExitCode run_find(Invocation& invocation) {
    OptionParser parser(
        "Says which snapshots hold what the patterns name, the newest snapshot first. Patterns are those of "
        ".gitignore: x is any entry of that name, x/ a folder, /x/y counts from the root, ** spans folders, !x takes "
        "back. Times are UTC: YYYY-MM-DD[THH:MM[:SS]].",
        "vault find");
    Arguments arguments;
    arguments.add_to(parser);
    invocation.parse(parser);
    Wanted wanted = arguments.wanted();

    const std::unique_ptr<Repository> repository = invocation.open_repository(Access::Read);
    const SnapshotListing listing = list_snapshots(*repository);
    std::vector<const Snapshot*> snapshots = choose(listing, arguments.references, arguments.filter);
    std::ranges::reverse(snapshots);
    const View view = repository->reader_view();
    Finder finder(*view.chunks, std::move(wanted), interrupted);
    FoundOutput found(invocation, arguments.long_form);
    LostNodeLines lost_nodes(invocation, "find");
    Missed missed = search(finder, snapshots, found, lost_nodes);
    if (arguments.references.empty())
        missed.wholes.insert(missed.wholes.end(), listing.damaged.begin(), listing.damaged.end());

    Output& output = invocation.output();
    if (invocation.json()) {
        Json summary = message("summary");
        summary["snapshots"] = snapshots.size();
        summary["snapshots_with_hits"] = found.snapshots_with_hits();
        summary["hits"] = found.hits();
        summary["damaged"] = missed.wholes;
        for (const std::string& part : missed.parts) summary["damaged"].push_back(part);
        print(output, summary);
    } else if (found.hits() == 0) {
        output.line("nothing found in " + counted(snapshots.size(), "snapshot"));
    } else {
        output.line("\n" + human_count(found.hits()) + " found, in " + human_count(found.snapshots_with_hits()) +
                    " of " + counted(snapshots.size(), "snapshot"));
    }
    output.flush();
    // What could be read was searched; that something could not is the command's result all the same.
    if (!missed.wholes.empty())
        throw Error(ErrorKind::Corrupt,
                    counted(missed.wholes.size(), "damaged object") + ", the first: " + missed.wholes[0]);
    return lost_nodes.end();
}

}  // namespace vault
