// Lengths, zeros, and what seals are bound to.
#include "store/seal/object_parts.h"

#include <algorithm>
#include <string>

#include "store/format/limits.h"
#include "store/format/pack_directory.h"
#include "store/seal/object.h"

namespace vault {

namespace {

std::uint64_t bytes_max(ObjectKind kind) {
    switch (kind) {
        case ObjectKind::Config: return kConfigObjectBytesMax;
        case ObjectKind::Keyring: return kKeyringObjectBytesMax;
        case ObjectKind::Commit: return kSnapshotObjectBytesMax;
        case ObjectKind::Directories: return kDirsObjectBytesMax;
        default: return kControlObjectBytesMax;
    }
}

std::uint64_t rounded_up(std::uint64_t bytes) {
    return (bytes + kPaddingUnitBytes - 1) / kPaddingUnitBytes * kPaddingUnitBytes;
}

void check_object_bytes(ObjectKind kind, std::uint64_t bytes, std::string_view what) {
    const auto refuse = [&](const std::string& why) {
        throw Error(ErrorKind::Corrupt, std::string(what) + ": " + std::to_string(bytes) + " bytes: " + why);
    };
    if (bytes == 0 || bytes % kPaddingUnitBytes != 0) refuse("not a multiple of " + std::to_string(kPaddingUnitBytes));
    if (bytes > bytes_max(kind)) refuse("more than " + std::to_string(bytes_max(kind)));
}

}  // namespace

Envelope object_envelope(ByteView object, std::string_view what) {
    const Envelope envelope = decode_envelope(object);
    check_object_bytes(envelope.kind, object.size(), what);
    return envelope;
}

SealContext object_context(const Envelope& envelope, const RepositoryId& repository, std::string_view name,
                           std::size_t plain_bytes) {
    SealContext context;
    context.domain = Domain::Object;
    context.envelope = envelope;
    context.repository = repository;
    context.plain_bytes = static_cast<std::uint32_t>(plain_bytes);
    context.identity.bytes = sha256(as_bytes(name));
    return context;
}

std::size_t object_overhead_bytes(ObjectKind kind) {
    return kEnvelopeBytes + (kind == ObjectKind::Config ? RepositoryId::kBytes : 0) + kSealOverheadBytes;
}

std::uint64_t object_bytes(ObjectKind kind, std::uint64_t record_bytes) {
    const std::uint64_t bytes = object_overhead_bytes(kind) + record_bytes;
    return rounded_up(kind == ObjectKind::Directories ? padme_bytes(bytes) : bytes);
}

Bytes padded(ObjectKind kind, ByteView record, std::string_view what) {
    const std::uint64_t bytes = object_bytes(kind, record.size());
    check_object_bytes(kind, bytes, what);
    Bytes plain(bytes - object_overhead_bytes(kind));
    std::copy(record.begin(), record.end(), plain.begin());
    std::fill(plain.begin() + static_cast<std::ptrdiff_t>(record.size()), plain.end(), std::uint8_t{0});
    return plain;
}

void expect_padding(Cursor& cursor, ObjectKind kind) {
    const ByteView rest = cursor.rest();
    if (!std::all_of(rest.begin(), rest.end(), [](std::uint8_t b) { return b == 0; }))
        cursor.corrupt("padding that is not zero");
    const std::uint64_t actual = object_overhead_bytes(kind) + cursor.position() + cursor.remaining();
    if (object_bytes(kind, cursor.position()) != actual) cursor.corrupt("padding of a wrong length");
}

}  // namespace vault
