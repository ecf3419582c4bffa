// Control objects under master keys: envelope, sealed record, padding; bound to their names.
#include "store/seal/object.h"

#include <stdexcept>

#include "store/seal/object_parts.h"

namespace vault {

namespace {

struct Prefix {
    std::string_view text;
    ObjectKind kind;
};

// The first that fits counts. snapshots/ is two kinds and stands apart, as do the heartbeats among sessions/.
constexpr Prefix kPrefixes[] = {
    {"config/", ObjectKind::Config},
    {"keyring/", ObjectKind::Keyring},
    {"keys/", ObjectKind::Slot},
    {"dirs/", ObjectKind::Directories},
    {"sessions/", ObjectKind::Session},
    {"tombstones/bundle-", ObjectKind::Bundle},
    {"tombstones/", ObjectKind::Tombstone},
    {"marks/", ObjectKind::Mark},
    {"damaged/", ObjectKind::Damage},
    {"condemned/", ObjectKind::Condemned},
    {"waiting/", ObjectKind::Waiting},
    {"decision/", ObjectKind::Decision},
};

// Config, keyring and slots are not sealed under master keys: their names are bound in other ways.
bool is_sealed_here(ObjectKind kind) {
    return kind != ObjectKind::Config && kind != ObjectKind::Keyring && kind != ObjectKind::Slot;
}

}  // namespace

bool fits_name(ObjectKind kind, std::string_view name) {
    if (name.starts_with("snapshots/")) return kind == ObjectKind::Commit || kind == ObjectKind::Fence;
    for (const Prefix& prefix : kPrefixes) {
        if (!name.starts_with(prefix.text)) continue;
        const bool heartbeat = prefix.kind == ObjectKind::Session && name.find('.') != std::string_view::npos;
        return kind == (heartbeat ? ObjectKind::Heartbeat : prefix.kind);
    }
    return false;
}

Bytes seal_object(const Keys& keys, ObjectKind kind, const std::string& name, ByteView record) {
    if (!is_sealed_here(kind) || !fits_name(kind, name))
        throw std::logic_error("no object of that kind has the name " + name);
    const Bytes plain = padded(kind, record, name);
    const Envelope envelope{kind, 0, keys.newest_generation()};
    Bytes object;
    append(object, encode(envelope));
    append(object, keys.seal(object_context(envelope, keys.repository(), name, plain.size()), plain));
    return object;
}

OpenedObject open_object(const Keys& keys, const std::string& name, ByteView object) {
    OpenedObject opened;
    opened.envelope = object_envelope(object, name);
    if (!is_sealed_here(opened.envelope.kind) || !fits_name(opened.envelope.kind, name))
        throw Error(ErrorKind::Corrupt, name + ": an object of another kind");
    const ByteView sealed = object.subspan(kEnvelopeBytes);
    const std::size_t plain_bytes = sealed.size() - kSealOverheadBytes;
    const SealContext context = object_context(opened.envelope, keys.repository(), name, plain_bytes);
    opened.padded_record = keys.open(context, sealed, name);
    return opened;
}

}  // namespace vault
