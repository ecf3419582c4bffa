// New generations, new copies.
#include "store/repair_objects.h"

#include <algorithm>
#include <set>

#include "store/base/bytes.h"
#include "store/check_packs.h"
#include "store/clock.h"
#include "store/control_objects.h"
#include "store/seal/secret.h"
#include "store/writer_session.h"

namespace vault {

namespace {

constexpr std::size_t kCopiesInOne = 64;
constexpr std::uint64_t kCopyBytesInOne = 8u << 20;

struct Generations {
    std::uint64_t highest = 0;   // listed
    std::uint64_t valid = 0;     // the highest that opens; 0: none
    ObjectHash predecessor;      // of what stands at `highest`
};

template <class Open>
Generations look(Backend& backend, const std::string& folder, Open open) {
    Generations found;
    for (const ObjectInfo& info : backend.list(folder)) {
        const std::uint64_t number = std::strtoull(info.name.c_str() + folder.size(), nullptr, 10);
        const Bytes object = backend.get(info.name);
        if (number >= found.highest) {
            found.highest = number;
            found.predecessor = ObjectHash{sha256(object)};
        }
        try {
            open(info.name, object);
            found.valid = std::max(found.valid, number);
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::Corrupt) throw;
        }
    }
    return found;
}

}  // namespace

std::vector<std::string> restore_generations(const Repository& repository, bool dry_run) {
    Backend& backend = repository.backend();
    const ByteView key = repository.keyring_key();
    KeyringRecord keyring;  // the newest that opens
    const Generations keyrings = look(backend, "keyring/", [&](const std::string& name, const Bytes& object) {
        KeyringRecord record = open_keyring(key, repository.id(), name, object);
        if (record.generation >= keyring.generation) keyring = std::move(record);
    });
    const Generations configs = look(backend, "config/", [&](const std::string& name, const Bytes& object) {
        open_config(key, repository.id(), name, object);
    });
    std::vector<std::string> lines;
    const bool keyring_bad = keyrings.valid < keyrings.highest;
    const bool config_bad = configs.valid < configs.highest || configs.valid < keyring.config_generation;
    if (keyring_bad || config_bad) {
        ConfigRecord config = repository.config();
        config.generation = std::max(configs.highest, keyring.config_generation) + 1;
        config.predecessor = configs.predecessor;
        keyring.generation = keyrings.highest + 1;
        keyring.predecessor = keyrings.predecessor;
        keyring.created = now();
        keyring.config_generation = config.generation;
        keyring.config_record = encode(config);
        const std::string keyring_name = "keyring/" + std::to_string(keyring.generation);
        const std::string config_name = "config/" + std::to_string(config.generation);
        if (!dry_run) {
            backend.put_new(keyring_name, seal_keyring(key, keyring));
            backend.put_new(config_name, seal_config(key, config));
            backend.sync();
        }
        lines = {keyring_name, config_name};
    }
    wipe(keyring.id_root);
    for (auto& master : keyring.master_keys) {
        wipe(master.key);
        wipe(master.x25519_secret);
    }
    return lines;
}

std::uint64_t restore_directory_copies(const Repository& repository, const std::vector<DamagedObject>& damaged) {
    Backend& backend = repository.backend();
    std::set<std::string> unreadable;
    for (const DamagedObject& object : damaged) {
        if (!object.name.starts_with("dirs/")) continue;
        try {
            read_directories(backend, repository.keys(), object.name);
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::Corrupt) unreadable.insert(object.name);
        }
    }
    if (unreadable.empty()) return 0;
    std::set<PackId> copied;
    for_each_copy(
        repository, [](const PackId&) { return true; },
        [&](const FoundDirectory& copy) { copied.insert(copy.pack); });
    {
        const WriterSession session(repository);  // fences itself at the end: it commits nothing
        DirectoriesRecord record;
        record.session = session.sid();
        std::uint64_t bytes = 0;
        const auto put = [&] {
            if (record.copies.empty()) return;
            std::sort(record.copies.begin(), record.copies.end(),
                      [](const DirectoryCopy& a, const DirectoryCopy& b) { return a.pack < b.pack; });
            put_record(repository, ObjectKind::Directories,
                       "dirs/" + record.session.hex() + "-" + std::to_string(record.number), record);
            ++record.number;
            record.copies.clear();
            bytes = 0;
        };
        for (const ObjectInfo& info : backend.list("packs/")) {
            const auto id = pack_of_name(info.name);
            if (!id || copied.contains(*id)) continue;
            try {
                FoundDirectory found = read_directory(backend, repository.keys(), info, *id);
                bytes += found.encoded.size();
                record.copies.push_back({*id, found.pack_bytes, found.header, std::move(found.encoded)});
            } catch (const Error& error) {
                if (error.kind() != ErrorKind::Corrupt && error.kind() != ErrorKind::NotFound) throw;
            }
            if (record.copies.size() >= kCopiesInOne || bytes >= kCopyBytesInOne) put();
        }
        put();
    }
    backend.sync();
    for (const std::string& name : unreadable) backend.remove(name);
    return unreadable.size();
}

}  // namespace vault
