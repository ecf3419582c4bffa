// Reference -> open manifest.
#include "cli/open_snapshot.h"

namespace vault {

OpenSnapshot::OpenSnapshot(Invocation& invocation, const std::string& reference) {
    const SnapshotReference wanted = parse_reference(reference);
    path_ = wanted.path;
    repository_ = invocation.open_repository(Access::Read);
    snapshot_ = resolve(list_snapshots(*repository_), wanted.snapshot);
    view_ = repository_->reader_view();
    manifest_.emplace(*view_.chunks, snapshot_.root());
}

}  // namespace vault
