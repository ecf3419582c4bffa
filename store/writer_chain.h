// A writer's snapshots as a numbered chain. docs/format.md, section 9: writer, sequence, previous.
#pragma once

#include "store/snapshots.h"
#include "store/writer_identity.h"

namespace vault {

// Sets writer, sequence and previous of a record that `writer` is about to commit, from what its state folder remembers
// and what the store lists: either may be behind.
void chain_to_previous(CommitRecord& record, const WriterIdentity& writer, const SnapshotListing& listing);

// After the commit, of which `hash` is the object's. The store's listing knows it too until it is forgotten, so a state
// folder that cannot be written is no failure.
void remember_as_last(WriterIdentity& writer, const CommitRecord& record, const ObjectHash& hash);

}  // namespace vault
