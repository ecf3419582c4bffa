// Numbers of snapshots.
#include "store/writer_chain.h"

namespace vault {

void chain_to_previous(CommitRecord& record, const WriterIdentity& writer, const SnapshotListing& listing) {
    record.writer = writer.id();
    // Forgotten ones are not listed, but had a number.
    record.sequence = writer.last().sequence + 1;
    record.previous = writer.last().hash;
    for (const Snapshot& snapshot : listing.live) {
        if (snapshot.record.writer != writer.id() || snapshot.record.sequence < record.sequence) continue;
        record.sequence = snapshot.record.sequence + 1;
        record.previous = snapshot.hash;
    }
}

void remember_as_last(WriterIdentity& writer, const CommitRecord& record, const ObjectHash& hash) {
    try {
        writer.remember({record.sequence, hash});
    } catch (const Error&) {
        // The store's listing has it, until it is forgotten.
    }
}

}  // namespace vault
