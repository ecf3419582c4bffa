// Reference -> open manifest.
#include "cli/open_snapshot.h"

namespace vault {

void add_filter(OptionParser& parser, SnapshotFilter& filter, const std::string& purpose) {
    parser.add_repeated("--series", filter.series, purpose + " of this series (may be repeated)").type_name("NAME");
    parser.add_repeated("--host", filter.hosts, purpose + " of this host (may be repeated)").type_name("NAME");
    parser.add_repeated("--tag", filter.tags, purpose + " with this tag (may be repeated)").type_name("TAG");
}

void SnapshotArgument::add_to(OptionParser& parser, const char* name, const char* description) {
    parser.add_option(name, reference, description).required().type_name("");
    add_filter(parser, filter, "`latest` is the latest");
}

OpenSnapshot::OpenSnapshot(Invocation& invocation, const SnapshotArgument& argument) {
    const SnapshotReference wanted = parse_reference(argument.reference);
    path_ = wanted.path;
    repository_ = invocation.open_repository(Access::Read);
    snapshot_ = resolve(list_snapshots(*repository_), wanted.snapshot, argument.filter);
    view_ = repository_->reader_view();
    manifest_.emplace(*view_.chunks, snapshot_.root());
}

}  // namespace vault
