// Values of every record of store/format for tests: one sample of each that sets every field, and random ones.
#pragma once

#include "store/format/commit_record.h"
#include "store/format/config_record.h"
#include "store/format/control_records.h"
#include "store/format/envelope.h"
#include "store/format/node.h"
#include "store/format/pack_directory.h"
#include "store/format/slot_record.h"

namespace vault {

// An id of which every byte is `fill`.
template <class AnyId>
AnyId id_of(std::uint8_t fill) {
    AnyId id;
    id.bytes.fill(fill);
    return id;
}

// Samples: valid, every field set and different from its neighbours, no extensions.
ConfigRecord sample_config();
KeyringRecord sample_keyring();
SlotHeader sample_slot_header();
SlotRecord sample_slot_record();
PackDirectory sample_pack_directory();
PackTrailer sample_pack_trailer();
std::uint64_t sample_pack_bytes();  // of the pack that the trailer closes
DirectoriesRecord sample_directories();
Entry sample_regular_file();  // with a list of extents, inline attributes, a first link
Entry sample_inline_file();
Entry sample_large_file();  // an extents tree, attributes in a chunk
Entry sample_directory();
Entry sample_symlink();
Entry sample_device();
AttributeSet sample_attributes();
Node sample_manifest_leaf();
Node sample_manifest_inner();
Node sample_extents_leaf();
Node sample_extents_inner();
CommitRecord sample_commit();
SessionRecord sample_session();
HeartbeatRecord sample_heartbeat();
FenceRecord sample_fence();
TombstoneRecord sample_tombstone();
BundleRecord sample_bundle();
MarkRecord sample_mark();
DamageRecord sample_damage();
CondemnedRecord sample_condemned();
WaitingRecord sample_waiting();
DecisionRecord sample_decision();

}  // namespace vault
