// The first objects of a repository, in an order in which a cut-off run leaves nothing that looks whole.
#include "store/init.h"

#include "store/backend/local_probe.h"
#include "store/backend/local_reserve.h"
#include "store/clock.h"
#include "store/format/slot_record.h"
#include "store/seal/key_text.h"
#include "store/seal/object.h"

namespace vault {

namespace {

constexpr std::uint64_t kCreateIfAbsentByRename = 1;  // docs/format.md, section 6: store properties

KeyringRecord new_keyring(const ConfigRecord& config) {
    KeyringRecord keyring;
    keyring.repository = config.repository;
    keyring.created = config.created;
    fill_random(keyring.id_root);
    KeyringRecord::MasterKey master;
    master.number = 1;
    master.created = config.created;
    fill_random(master.key);
    fill_random(master.x25519_secret);
    master.x25519_public = x25519_public_key(master.x25519_secret);
    keyring.master_keys.push_back(master);
    wipe(master.key);
    wipe(master.x25519_secret);
    keyring.config_generation = config.generation;
    keyring.config_record = encode(config);
    return keyring;
}

SlotPurpose purpose_of(const Credentials& credentials) {
    return credentials.password ? SlotPurpose::Password : SlotPurpose::KeyFile;
}

// Puts the slot and opens it again from what the store returns: a slot that does not open would lock its owner out.
SlotId put_slot(Backend& backend, const NewSlot& slot, const Credentials& credentials) {
    const std::string name = "keys/" + slot.id.hex();
    backend.put_new(name, slot.object);
    if (!open_slot(slot.id, backend.get(name), credentials))
        throw Error(ErrorKind::Corrupt, name + " does not open again after it was written");
    return slot.id;
}

}  // namespace

InitReport init_repository(Backend& backend, const InitOptions& options, std::uint64_t store_properties) {
    ConfigRecord config;
    fill_random(config.repository.bytes);
    config.created = now();
    config.shape = options.shape;
    config.store_properties = store_properties;

    InitReport report;
    report.repository = config.repository;
    report.location = backend.location();
    const Secret keyring_key = Secret::random(32);
    const Secret recovery = Secret::random(32);
    const Credentials recovery_credentials{std::nullopt, recovery.view()};
    report.slot = put_slot(backend,
                           make_slot(config.repository, keyring_key.view(), options.credentials,
                                     purpose_of(options.credentials), options.label, config.created, options.strength),
                           options.credentials);
    report.recovery_slot = put_slot(backend,
                                    make_slot(config.repository, keyring_key.view(), recovery_credentials,
                                              SlotPurpose::Recovery, "recovery key", config.created),
                                    recovery_credentials);
    KeyringRecord keyring = new_keyring(config);
    const KeyringWipedAtEnd wiped(keyring);
    backend.put_new("keyring/1", seal_keyring(keyring_key.view(), keyring));
    backend.put_new("config/1", seal_config(keyring_key.view(), config));
    report.recovery_key = key_text(recovery.view());
    return report;
}

InitReport init_repository(const std::string& location, const InitOptions& options) {
    if (!options.credentials.password && !options.credentials.key_file)
        throw Error(ErrorKind::Usage, "a repository needs a password or a key file");
    if (options.credentials.password && options.credentials.password->empty())
        throw Error(ErrorKind::Usage, "the password is empty");
    const std::unique_ptr<LocalBackend> backend = init_local(location);
    make_reserve(backend->root());
    return init_repository(*backend, options, kCreateIfAbsentByRename);
}

}  // namespace vault
