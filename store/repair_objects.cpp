// New generations, new copies.
#include "store/repair_objects.h"

#include <algorithm>
#include <map>
#include <set>

#include "store/backend/object_names.h"
#include "store/base/bytes.h"
#include "store/clock.h"
#include "store/control_objects.h"
#include "store/index_directories.h"
#include "store/seal/secret.h"
#include "store/writer_session.h"

namespace vault {

namespace {

constexpr std::size_t kCopiesInOne = 64;
constexpr std::uint64_t kCopyBytesInOne = 8u << 20;

struct Generations {
    std::uint64_t highest = 0;  // listed
    std::uint64_t valid = 0;    // the highest that opens; 0: none
    ObjectHash predecessor;     // of what stands at `highest`; zero where the medium does not give it
};

template <class Open>
Generations look(Backend& backend, const std::string& folder, Open open) {
    Generations found;
    std::uint64_t unsupported = 0;  // the highest that needs another program, or looks so
    std::optional<Error> needs;
    for (const ObjectInfo& info : backend.list(folder)) {
        const std::uint64_t number = generation_number(info.name, folder);
        const bool is_highest = number >= found.highest;
        if (is_highest) {
            found.highest = number;
            found.predecessor = {};
        }
        try {
            const Bytes object = backend.get(info.name);
            if (is_highest) found.predecessor = ObjectHash{sha256(object)};
            open(info.name, object);
            found.valid = std::max(found.valid, number);
        } catch (const Error& error) {
            if (!is_finding(error)) throw;
            if (error.kind() != ErrorKind::Unsupported || number < unsupported) continue;
            unsupported = number;
            needs.emplace(error);
        }
    }
    // Below one that opens it is a flipped bit; above, it may be a newer program's, which nothing must supersede.
    if (unsupported > found.valid) throw *needs;
    return found;
}

// Second copies of the directories of all listed packs but those in `copied`. False where one could not be read.
bool put_missing_copies(const Repository& repository, const std::set<PackId>& copied, bool dry_run) {
    Backend& backend = repository.backend();
    std::optional<WriterSession> session;  // fences itself at the end: it commits nothing
    DirectoriesRecord record;
    if (!dry_run) record.session = session.emplace(repository).sid();
    std::uint64_t bytes = 0;
    const auto put = [&] {
        if (dry_run || record.copies.empty()) return;
        std::sort(record.copies.begin(), record.copies.end(),
                  [](const DirectoryCopy& a, const DirectoryCopy& b) { return a.pack < b.pack; });
        put_record(repository, ObjectKind::Directories,
                   "dirs/" + record.session.hex() + "-" + std::to_string(record.number), record);
        ++record.number;
        record.copies.clear();
        bytes = 0;
    };
    bool all_read = true;
    for (const ObjectInfo& info : backend.list("packs/")) {
        const auto id = pack_of_name(info.name);
        if (!id || copied.contains(*id)) continue;
        try {
            FoundDirectory found = read_directory(backend, repository.keys(), info, *id);
            bytes += found.encoded.size();
            record.copies.push_back({*id, found.pack_bytes, found.header, std::move(found.encoded)});
        } catch (const Error& error) {
            if (!is_finding_or_gone(error)) throw;
            if (error.kind() != ErrorKind::NotFound) all_read = false;
        }
        if (record.copies.size() >= kCopiesInOne || bytes >= kCopyBytesInOne) put();
    }
    put();
    return all_read;
}

}  // namespace

std::vector<std::string> restore_generations(const Repository& repository, bool dry_run) {
    Backend& backend = repository.backend();
    const ByteView key = repository.keyring_key();
    KeyringRecord keyring;  // the newest that opens
    const KeyringWipedAtEnd wiped(keyring);
    const Generations keyrings = look(backend, "keyring/", [&](const std::string& name, const Bytes& object) {
        KeyringRecord record = open_keyring(key, repository.id(), name, object);
        const KeyringWipedAtEnd older_wiped(record);
        if (record.generation >= keyring.generation) std::swap(keyring, record);
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
    return lines;
}

std::uint64_t restore_directory_copies(const Repository& repository, const std::vector<DamagedObject>& damaged,
                                       bool dry_run) {
    Backend& backend = repository.backend();
    std::map<std::string, ErrorKind> unreadable;
    for (const DamagedObject& object : damaged) {
        if (!object.name.starts_with("dirs/")) continue;
        try {
            read_directories(backend, repository.keys(), object.name);
        } catch (const Error& error) {
            if (!is_finding(error)) throw;
            unreadable.emplace(object.name, error.kind());
        }
    }
    if (unreadable.empty()) return 0;
    std::set<PackId> copied;
    for_each_copy(
        backend, repository.keys(), [](const PackId&) { return true; },
        [&](const FoundDirectory& copy) { copied.insert(copy.pack); });
    const bool all_said = put_missing_copies(repository, copied, dry_run);
    // What the medium does not give now it may give later, and another program may read what this one does not know.
    if (!all_said) std::erase_if(unreadable, [](const auto& one) { return one.second != ErrorKind::Corrupt; });
    if (dry_run) return unreadable.size();
    backend.sync();
    for (const auto& [name, kind] : unreadable) backend.remove(name);
    return unreadable.size();
}

}  // namespace vault
