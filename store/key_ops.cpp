// Slots: list, put, open again, remove.
#include "store/key_ops.h"

#include "store/base/text.h"
#include "store/clock.h"
#include "store/objects_seen.h"
#include "store/seal/key_text.h"
#include "store/seal/primitives.h"

namespace vault {

namespace {

constexpr std::string_view kFolder = "keys/";

std::string name_of(const SlotId& id) {
    return std::string(kFolder) + id.hex();
}

// The slot counts from here on: it lies in the store, and what lies there opens with the same credentials.
void put_and_open(const Repository& repository, const NewSlot& slot, const Credentials& credentials) {
    repository.backend().put_new(name_of(slot.id), slot.object);
    const Bytes stored = repository.backend().get(name_of(slot.id));
    const auto opened = open_slot(slot.id, stored, credentials);
    if (!opened || !equal(opened->keyring_key.view(), repository.keyring_key()))
        throw Error(ErrorKind::Corrupt,
                    name_of(slot.id) + " does not open again after it was written; nothing was removed");
}

// Removes a slot that is not the one this run opened, and makes sure that the latter is still there: two clients may
// remove each other's slots at the same moment.
void remove_slot(const Repository& repository, const SlotId& id, const SlotId& kept) {
    const Bytes kept_object = repository.backend().get(name_of(kept));
    repository.backend().remove(name_of(id));
    repository.backend().sync();
    ObjectsSeen(repository).forget(name_of(id));
    for (const ObjectInfo& info : repository.backend().list(std::string(kFolder)))
        if (info.name == name_of(kept)) return;
    repository.backend().put_new(name_of(kept), kept_object);
}

}  // namespace

std::vector<KeyInfo> list_keys(const Repository& repository) {
    std::vector<KeyInfo> keys;
    for (const ObjectInfo& info : repository.backend().list(std::string(kFolder))) {
        KeyInfo key;
        key.id = SlotId::from_hex(info.name.substr(kFolder.size()));
        key.added_ns = info.modified_ns;
        key.current = key.id == repository.slot();
        try {
            const Bytes object = repository.backend().get(info.name);
            if (SlotId{sha256(object)} != key.id) throw Error(ErrorKind::Corrupt, "its bytes do not fit its name");
            const SlotHeader header = decode_slot_header(object);
            key.has_password = header.has_password;
            key.has_key_file = header.has_key_file;
            key.memory_kib = header.memory_kib;
            key.passes = header.passes;
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::NotFound) continue;  // removed since it was listed
            if (error.kind() != ErrorKind::Corrupt && error.kind() != ErrorKind::Unsupported) throw;
            key.trouble = error.what();
        }
        keys.push_back(std::move(key));
    }
    return keys;
}

SlotId add_key(const Repository& repository, const NewKeyOptions& options) {
    const SlotPurpose purpose = options.credentials.password ? SlotPurpose::Password : SlotPurpose::KeyFile;
    const NewSlot slot = make_slot(repository.id(), repository.keyring_key(), options.credentials, purpose,
                                   options.label, now(), options.strength);
    put_and_open(repository, slot, options.credentials);
    return slot.id;
}

RecoveryKey add_recovery_key(const Repository& repository) {
    const Secret key = Secret::random(32);
    const Credentials credentials{std::nullopt, key.view()};
    const NewSlot slot =
        make_slot(repository.id(), repository.keyring_key(), credentials, SlotPurpose::Recovery, "recovery key", now());
    put_and_open(repository, slot, credentials);
    return {slot.id, key_text(key.view())};
}

SlotId remove_key(const Repository& repository, const std::string& prefix) {
    std::vector<SlotId> found;
    for (const ObjectInfo& info : repository.backend().list(std::string(kFolder)))
        if (info.name.substr(kFolder.size()).starts_with(prefix))
            found.push_back(SlotId::from_hex(info.name.substr(kFolder.size())));
    if (prefix.empty() || found.empty())
        throw Error(ErrorKind::NotFound, "no key has an id that starts with " + escaped(prefix));
    if (found.size() > 1)
        throw Error(ErrorKind::NotFound,
                    std::to_string(found.size()) + " keys have ids that start with " + escaped(prefix));
    if (found[0] == repository.slot())
        throw Error(ErrorKind::Usage,
                    "key " + found[0].hex().substr(0, 8) +
                        " is the one that opened the repository; open it with another to remove this one");
    remove_slot(repository, found[0], repository.slot());
    return found[0];
}

SlotId change_password(const Repository& repository, const Credentials& opened_with, ByteView new_password,
                       SlotStrength strength) {
    const Bytes old_object = repository.backend().get(name_of(repository.slot()));
    const SlotHeader old_header = decode_slot_header(old_object);
    if (!old_header.has_password)
        throw Error(ErrorKind::Usage,
                    "the key that opened the repository has no password; add one with `vault key add`");
    const auto old_slot = open_slot(repository.slot(), old_object, opened_with);
    if (!old_slot) throw Error(ErrorKind::WrongKey, "the key that opened the repository does not open any more");
    NewKeyOptions options;
    options.credentials.password = new_password;
    if (old_header.has_key_file) options.credentials.key_file = opened_with.key_file;
    options.label = old_slot->label;
    options.strength = strength;
    const SlotId added = add_key(repository, options);
    remove_slot(repository, repository.slot(), added);
    return added;
}

}  // namespace vault
