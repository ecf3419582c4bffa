// Config and keyring objects: sealed under the keyring key, found before there are any other keys.
#include <stdexcept>

#include "store/seal/object.h"
#include "store/seal/padding.h"
#include "store/seal/sealing.h"

namespace vault {

namespace {

// docs/format.md 4.2; never renumber.
enum : std::uint64_t { kConfigKey = 32, kKeyringKey = 33, kNonceHedgeKey = 34 };

std::string object_name(ObjectKind kind, std::uint64_t generation) {
    return (kind == ObjectKind::Config ? "config/" : "keyring/") + std::to_string(generation);
}

Secret object_key(ByteView keyring_key, ObjectKind kind) {
    return derive_key(keyring_key, kind == ObjectKind::Config ? kConfigKey : kKeyringKey);
}

SealContext object_context(ObjectKind kind, const RepositoryId& repository, std::string_view name, std::size_t plain_bytes) {
    SealContext context;
    context.domain = Domain::Object;
    context.envelope.kind = kind;
    context.repository = repository;
    context.plain_bytes = static_cast<std::uint32_t>(plain_bytes);
    context.identity.bytes = sha256(as_bytes(name));
    return context;
}

// `clear` stands between the envelope and what is sealed.
Bytes seal(ByteView keyring_key, ObjectKind kind, const RepositoryId& repository, std::uint64_t generation, ByteView clear,
           ByteView record) {
    const std::string name = object_name(kind, generation);
    Bytes plain = padded(kind, record, name);
    const WipedAtEnd plain_wiped(plain);
    const SealContext context = object_context(kind, repository, name, plain.size());
    const KeyedHash hedge(derive_key(keyring_key, kNonceHedgeKey).view(), kNonceBytes);
    Bytes object;
    append(object, encode(context.envelope));
    append(object, clear);
    append(object, seal_with(object_key(keyring_key, kind).view(), hedge, context, plain));
    return object;
}

Envelope checked_envelope(ObjectKind kind, ByteView object, std::string_view what) {
    const Envelope envelope = decode_envelope(object);
    if (envelope.kind != kind) throw Error(ErrorKind::Corrupt, std::string(what) + ": an object of another kind");
    if (envelope.domain != 0) throw Error(ErrorKind::Unsupported, std::string(what) + ": needs a program that knows other dedup domains");
    check_object_bytes(kind, object.size(), what);
    return envelope;
}

// The record that `decode(Cursor&)` makes of the object, which must be of this repository and of the name's generation.
template <class Decode>
auto open(ByteView keyring_key, ObjectKind kind, const RepositoryId& repository, const std::string& name, ByteView object,
          Decode decode) {
    checked_envelope(kind, object, name);
    const ByteView sealed = object.subspan(object_overhead_bytes(kind) - kSealOverheadBytes);
    const SealContext context = object_context(kind, repository, name, sealed.size() - kSealOverheadBytes);
    std::optional<Bytes> plain = open_with(object_key(keyring_key, kind).view(), context, sealed);
    if (!plain) throw Error(ErrorKind::Corrupt, name + ": damaged, forged or of another repository: its seal does not verify");
    const WipedAtEnd plain_wiped(*plain);
    Cursor cursor(*plain, name);
    auto record = decode(cursor);
    expect_padding(cursor, kind);
    if (record.repository != repository) cursor.corrupt("of another repository");
    if (object_name(kind, record.generation) != name) cursor.corrupt("generation " + std::to_string(record.generation));
    return record;
}

}  // namespace

Bytes seal_config(ByteView keyring_key, const ConfigRecord& record) {
    return seal(keyring_key, ObjectKind::Config, record.repository, record.generation, record.repository.view(), encode(record));
}

ConfigRecord open_config(ByteView keyring_key, const RepositoryId& repository, const std::string& name, ByteView object) {
    if (repository_of_config(object) != repository) throw Error(ErrorKind::Corrupt, name + ": of another repository");
    return open(keyring_key, ObjectKind::Config, repository, name, object, decode_config);
}

RepositoryId repository_of_config(ByteView object) {
    checked_envelope(ObjectKind::Config, object, "config");
    return RepositoryId::from(object.subspan(kEnvelopeBytes, RepositoryId::kBytes));
}

Bytes seal_keyring(ByteView keyring_key, const KeyringRecord& record) {
    Bytes encoded = encode(record);
    const WipedAtEnd encoded_wiped(encoded);
    return seal(keyring_key, ObjectKind::Keyring, record.repository, record.generation, {}, encoded);
}

KeyringRecord open_keyring(ByteView keyring_key, const RepositoryId& repository, const std::string& name, ByteView object) {
    return open(keyring_key, ObjectKind::Keyring, repository, name, object, decode_keyring);
}

}  // namespace vault
