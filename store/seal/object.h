// Control objects and snapshots: sealed, padded, bound to their names (docs/format.md 4.4); and a pack's clear header,
// sealed directory and sealed trailer (section 7).
#pragma once

#include <string>

#include "store/format/pack_directory.h"
#include "store/seal/keys.h"

namespace vault {

// Whether an object of this kind may have that name (docs/format.md, section 2). Those of packs are not asked for.
bool fits_name(ObjectKind kind, std::string_view name);

// The bytes of the object `name` of this kind with this encoded record (padding is added here). Throws Corrupt if the
// object would be longer than readers accept, std::logic_error for a kind that cannot have that name.
Bytes seal_object(const Keys& keys, ObjectKind kind, const std::string& name, ByteView record);

struct OpenedObject {
    Envelope envelope;
    Bytes padded_record;  // the record and its padding
};

// Authenticates and decrypts an object under a master key (every kind but config, keyring, slot and pack). Throws
// Corrupt or Unsupported, naming the object.
OpenedObject open_object(const Keys& keys, const std::string& name, ByteView object);

// Throws Corrupt unless the rest of the cursor is zero bytes, as few as the kind allows (docs/format.md 4.4).
void expect_padding(Cursor& cursor, ObjectKind kind);

// Decodes what open_object returned: `decode(Cursor&)` reads the record, then the padding is verified.
template <class Decode>
auto decode_padded(const OpenedObject& object, std::string_view what, Decode decode) {
    Cursor cursor(object.padded_record, what);
    auto record = decode(cursor);
    expect_padding(cursor, object.envelope.kind);
    return record;
}

// Config and keyring objects, under the keyring key (32 bytes); their names follow from their generations. Opening
// throws Corrupt for an object of another repository or generation too. The caller wipes a keyring's record; what else
// was decoded is wiped.
Bytes seal_config(ByteView keyring_key, const ConfigRecord& record);
ConfigRecord open_config(ByteView keyring_key, const RepositoryId& repository, const std::string& name,
                         ByteView object);
Bytes seal_keyring(ByteView keyring_key, const KeyringRecord& record);
KeyringRecord open_keyring(ByteView keyring_key, const RepositoryId& repository, const std::string& name,
                           ByteView object);
// Wipes the secrets of a borrowed keyring record when the scope ends, however it ends.
class KeyringWipedAtEnd {
  public:
    explicit KeyringWipedAtEnd(KeyringRecord& record) : record_(record) {}
    KeyringWipedAtEnd(const KeyringWipedAtEnd&) = delete;
    KeyringWipedAtEnd& operator=(const KeyringWipedAtEnd&) = delete;
    ~KeyringWipedAtEnd();

  private:
    KeyringRecord& record_;
};
// The repository id in the clear part of a config object, not authenticated.
RepositoryId repository_of_config(ByteView object);

// The 72 clear bytes at the head of a pack. Decoding takes them, or more, and throws Unsupported for a pack outside of
// every view of version 1.
Bytes pack_header(std::uint32_t generation, const PackSalt& salt);
struct PackHeader {
    Envelope envelope;
    PackSalt salt;
};
PackHeader decode_pack_header(ByteView pack);

Bytes seal_pack_directory(const Keys& keys, std::uint32_t generation, const PackSalt& salt, ByteView record);
PackDirectory open_pack_directory(const Keys& keys, const PackHeader& header, ByteView sealed, std::string_view what);
Bytes seal_pack_trailer(const Keys& keys, std::uint32_t generation, const PackSalt& salt, const PackTrailer& trailer);
PackTrailer open_pack_trailer(const Keys& keys, const PackHeader& header, ByteView sealed, std::uint64_t pack_bytes,
                              std::string_view what);

}  // namespace vault
