// Config and keyring objects: sealed under the keyring key, found before there are any other keys.
#include "store/seal/object.h"
#include "store/seal/object_parts.h"
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

// `clear` stands between the envelope and what is sealed.
template <class Record>
Bytes seal(ByteView keyring_key, ObjectKind kind, const Record& record, ByteView clear) {
    const std::string name = object_name(kind, record.generation);
    Bytes encoded = encode(record);
    const WipedAtEnd encoded_wiped(encoded);
    Bytes plain = padded(kind, encoded, name);
    const WipedAtEnd plain_wiped(plain);
    const SealContext context = object_context({kind, 0, 0}, record.repository, name, plain.size());
    const NonceHedge hedge(derive_key(keyring_key, kNonceHedgeKey));
    Bytes object;
    append(object, encode(context.envelope));
    append(object, clear);
    append(object, seal_with(object_key(keyring_key, kind).view(), hedge, context, plain));
    return object;
}

// The record that `decode(Cursor&)` makes of the object, which must be of this repository and of the name's generation.
template <class Decode>
auto open(ByteView keyring_key, ObjectKind kind, const RepositoryId& repository, const std::string& name,
          ByteView object, Decode decode) {
    const Envelope envelope = object_envelope(object, name);
    if (envelope.kind != kind) throw Error(ErrorKind::Corrupt, name + ": an object of another kind");
    const ByteView sealed = object.subspan(object_overhead_bytes(kind) - kSealOverheadBytes);
    const SealContext context = object_context(envelope, repository, name, sealed.size() - kSealOverheadBytes);
    std::optional<Bytes> plain = open_with(object_key(keyring_key, kind).view(), context, sealed);
    if (!plain) throw Error(ErrorKind::Corrupt, name + ": damaged or forged: its seal does not verify");
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
    return seal(keyring_key, ObjectKind::Config, record, record.repository.view());
}

ConfigRecord open_config(ByteView keyring_key, const RepositoryId& repository, const std::string& name,
                         ByteView object) {
    if (repository_of_config(object) != repository) throw Error(ErrorKind::Corrupt, name + ": of another repository");
    return open(keyring_key, ObjectKind::Config, repository, name, object, decode_config);
}

RepositoryId repository_of_config(ByteView object) {
    if (object_envelope(object, "config").kind != ObjectKind::Config)
        throw Error(ErrorKind::Corrupt, "config: an object of another kind");
    return RepositoryId::from(object.subspan(kEnvelopeBytes, RepositoryId::kBytes));
}

Bytes seal_keyring(ByteView keyring_key, const KeyringRecord& record) {
    return seal(keyring_key, ObjectKind::Keyring, record, {});
}

KeyringRecord open_keyring(ByteView keyring_key, const RepositoryId& repository, const std::string& name,
                           ByteView object) {
    return open(keyring_key, ObjectKind::Keyring, repository, name, object, decode_keyring);
}

KeyringWipedAtEnd::~KeyringWipedAtEnd() {
    wipe(record_.id_root);
    for (KeyringRecord::MasterKey& master : record_.master_keys) {
        wipe(master.key);
        wipe(master.x25519_secret);
    }
}

}  // namespace vault
