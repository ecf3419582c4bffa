// What commands that look into one snapshot start with.
#pragma once

#include "cli/command.h"
#include "store/snapshots.h"

namespace vault {

// --series, --host and --tag: which snapshots count.
void add_filter(OptionParser& parser, SnapshotFilter& filter, const std::string& purpose);

// SNAP[:PATH] and what narrows it.
struct SnapshotArgument {
    std::string reference;
    SnapshotFilter filter;
    void add_to(OptionParser& parser, const char* name = "SNAP", const char* description = "SNAP or SNAP:PATH");
};

// A repository, a view of it, and the manifest of the snapshot that SNAP[:PATH] names.
class OpenSnapshot {
  public:
    OpenSnapshot(Invocation& invocation, const SnapshotArgument& argument);

    const Repository& repository() const { return *repository_; }
    const Snapshot& snapshot() const { return snapshot_; }
    const std::string& path() const { return path_; }  // absolute; "/" where none was given
    ChunkStore& chunks() const { return *view_.chunks; }
    const Index& index() const { return *view_.index; }
    const ManifestReader& manifest() const { return *manifest_; }

  private:
    std::unique_ptr<Repository> repository_;
    Snapshot snapshot_;
    std::string path_;
    View view_;
    std::optional<ManifestReader> manifest_;
};

}  // namespace vault
