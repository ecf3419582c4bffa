// What all control objects share: what their seal is bound to, how long they are, and the zeros that make them so.
// docs/format.md 4.4.
#pragma once

#include <string_view>

#include "store/format/envelope.h"

namespace vault {

// The envelope of an object that this program can read, whose length fits its kind. Throws Corrupt or Unsupported.
Envelope object_envelope(ByteView object, std::string_view what);

SealContext object_context(const Envelope& envelope, const RepositoryId& repository, std::string_view name,
                           std::size_t plain_bytes);

// What stands around the padded record: envelope, a config's repository id, nonce and tag.
std::size_t object_overhead_bytes(ObjectKind kind);

// The length of an object of this kind with a record of so many bytes: the next multiple of 4,096, for dirs/ of the
// Padmé length (so that the number of packs of a session shows less).
std::uint64_t object_bytes(ObjectKind kind, std::uint64_t record_bytes);

// The record and its padding. Throws Corrupt if the object would be longer than readers accept.
Bytes padded(ObjectKind kind, ByteView record, std::string_view what);

}  // namespace vault
