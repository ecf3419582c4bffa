// Control objects under master keys: envelope, sealed record, padding; bound to their names.
#include "store/seal/object.h"

#include <algorithm>
#include <stdexcept>

#include "store/format/limits.h"
#include "store/seal/padding.h"

namespace vault {

namespace {

struct Prefix {
    std::string_view text;
    ObjectKind kind;
};

// The first that fits counts. snapshots/ is two kinds and stands apart, as do the heartbeats among sessions/.
constexpr Prefix kPrefixes[] = {
    {"dirs/", ObjectKind::Directories},         {"sessions/", ObjectKind::Session}, {"tombstones/bundle-", ObjectKind::Bundle},
    {"tombstones/", ObjectKind::Tombstone},     {"marks/", ObjectKind::Mark},       {"damaged/", ObjectKind::Damage},
    {"condemned/", ObjectKind::Condemned},      {"waiting/", ObjectKind::Waiting},  {"decision/", ObjectKind::Decision},
};

bool fits_name(ObjectKind kind, std::string_view name) {
    if (name.starts_with("snapshots/")) return kind == ObjectKind::Commit || kind == ObjectKind::Fence;
    for (const Prefix& prefix : kPrefixes) {
        if (!name.starts_with(prefix.text)) continue;
        const bool heartbeat = prefix.kind == ObjectKind::Session && name.find('.') != std::string_view::npos;
        return kind == (heartbeat ? ObjectKind::Heartbeat : prefix.kind);
    }
    return false;
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

}  // namespace

Bytes seal_object(const Keys& keys, ObjectKind kind, const std::string& name, ByteView record) {
    if (!fits_name(kind, name)) throw std::logic_error("no object of that kind has the name " + name);
    const Bytes plain = padded(kind, record, name);
    const Envelope envelope{kind, 0, keys.newest_generation()};
    Bytes object;
    append(object, encode(envelope));
    append(object, keys.seal(object_context(envelope, keys.repository(), name, plain.size()), plain));
    return object;
}

OpenedObject open_object(const Keys& keys, const std::string& name, ByteView object) {
    OpenedObject opened;
    opened.envelope = decode_envelope(object);
    const Envelope& envelope = opened.envelope;
    if (envelope.domain != 0) throw Error(ErrorKind::Unsupported, name + ": needs a program that knows other dedup domains");
    if (!fits_name(envelope.kind, name)) throw Error(ErrorKind::Corrupt, name + ": an object of another kind");
    check_object_bytes(envelope.kind, object.size(), name);
    const ByteView sealed = object.subspan(kEnvelopeBytes);
    const std::size_t plain_bytes = sealed.size() - kSealOverheadBytes;
    opened.padded_record = keys.open(object_context(envelope, keys.repository(), name, plain_bytes), sealed, name);
    return opened;
}

}  // namespace vault
