// Reference -> open manifest.
#include "cli/open_snapshot.h"

namespace vault {

void add_filter(CLI::App& app, SnapshotFilter& filter, const std::string& purpose) {
    add_repeated(app, "--series", filter.series, "NAME", purpose + " of this series (may be repeated)");
    add_repeated(app, "--host", filter.hosts, "NAME", purpose + " of this host (may be repeated)");
    add_repeated(app, "--tag", filter.tags, "TAG", purpose + " with this tag (may be repeated)");
}

void SnapshotArgument::add_to(CLI::App& app, const char* name, const char* description) {
    app.add_option(name, reference, description)->required()->type_name("");
    add_filter(app, filter, "`latest` is the latest");
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
