// Opening a repository: a slot, the newest keyring, the newest config; then views.
#include "store/repository.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "store/backend/object_names.h"
#include "store/condemned.h"
#include "store/finding.h"
#include "store/seal/object.h"

namespace vault {

namespace {

constexpr std::size_t kSlotsTriedMax = 64;
constexpr std::uint32_t kSlotMemoryKibMax = 1'048'576;  // what a stored slot may demand of us unasked

std::filesystem::path folder_from(const char* xdg, const char* below_home) {
    if (const char* base = std::getenv(xdg); base != nullptr && base[0] == '/')
        return std::filesystem::path(base) / "vault";
    const char* home = std::getenv("HOME");
    if (home == nullptr || home[0] != '/') home = "/root";
    return std::filesystem::path(home) / below_home / "vault";
}

struct ListedSlot {
    SlotId id;
    Bytes object;
    SlotHeader header;
};

// The slots that a reader may try, those without a password first, then by cost. Of those that are damaged, cannot be
// read or need another program, the last is left in `trouble`.
std::vector<ListedSlot> slots_to_try(Backend& backend, std::optional<Error>& trouble) {
    std::vector<ListedSlot> slots;
    for (const ObjectInfo& info : backend.list("keys/")) {
        try {
            ListedSlot slot{SlotId::from_hex(info.name.substr(5)), backend.get(info.name), {}};
            if (sha256(slot.object) != slot.id.bytes) throw Error(ErrorKind::Corrupt, "its SHA-256 is not its name");
            slot.header = decode_slot_header(slot.object);
            if (slot.header.memory_kib > kSlotMemoryKibMax)
                throw Error(ErrorKind::Unsupported,
                            "it demands " + std::to_string(slot.header.memory_kib) + " KiB of memory");
            slots.push_back(std::move(slot));
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::NotFound) continue;  // removed since it was listed
            if (!is_finding(error)) throw;
            trouble = with_context(info.name, error);
        }
    }
    std::stable_sort(slots.begin(), slots.end(), [](const ListedSlot& a, const ListedSlot& b) {
        const auto cost = [](const SlotHeader& h) { return std::uint64_t{h.memory_kib} * h.passes; };
        return cost(a.header) < cost(b.header);
    });
    if (slots.size() > kSlotsTriedMax) slots.resize(kSlotsTriedMax);
    return slots;
}

// Calls `take(slot, id, repository)` for each slot that opens, until it returns true: a slot may be another
// repository's that uses the same password. Throws where none was taken: `trouble_behind`, if a slot opened and left
// something there.
void open_slots(Backend& backend, const Credentials& credentials,
                const std::function<void(const RepositoryId&)>& before_unlock,
                const std::function<bool(OpenedSlot, const SlotId&, const RepositoryId&)>& take,
                const std::optional<Error>& trouble_behind) {
    std::optional<Error> trouble;
    const std::vector<ListedSlot> slots = slots_to_try(backend, trouble);
    if (slots.empty() && !trouble)
        throw Error(ErrorKind::NoRepository,
                    backend.location() + " holds no key slot: it is no repository, or not a whole one");
    if (!slots.empty()) before_unlock(slots[0].header.repository);
    bool meant_for_one = false;
    for (const ListedSlot& slot : slots) {
        meant_for_one = meant_for_one || ((!slot.header.has_password || credentials.password) &&
                                          (!slot.header.has_key_file || credentials.key_file));
        auto opened = open_slot(slot.id, slot.object, credentials);
        if (opened && take(std::move(*opened), slot.id, slot.header.repository)) return;
    }
    if (trouble_behind) throw *trouble_behind;
    // Damage explains the failure only where there is no slot that the credentials could have been meant for.
    if (trouble && !meant_for_one)
        throw with_context("no other key slot is for what was given, and one cannot be used", *trouble);
    std::string why = "no key slot opens with this password or key file";
    if (trouble) why += "; one cannot be used: " + std::string(trouble->what());
    throw Error(ErrorKind::WrongKey, why);
}

std::filesystem::path folder_of(const std::filesystem::path& all, const RepositoryId& repository) {
    return all / repository.hex();
}

struct Generation {
    std::string name;
    std::uint64_t number = 0;
};

// The generations listed under `folder`, highest first.
std::vector<Generation> generations(Backend& backend, const std::string& folder) {
    std::vector<Generation> found;
    for (const ObjectInfo& info : backend.list(folder))
        found.push_back({info.name, generation_number(info.name, folder)});
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.number > b.number; });
    return found;
}

struct Opened {
    KeyringRecord keyring;
    ConfigRecord config;
    std::optional<Error> read_only_because;  // nothing: writing is fine
};

// Whether an older generation, or a copy, may stand in for one that fails so. One that needs another program ends the
// search (docs/format.md, section 6); one that the medium does not give is no more use than a damaged one.
bool is_past_use(const Error& error) { return error.kind() == ErrorKind::Corrupt || error.kind() == ErrorKind::Io; }

// `trouble`: why a newer one does not count, that of the newest.
template <class Record, class Open>
Record newest_valid(Backend& backend, const std::string& folder, std::optional<Error>& trouble, Open open) {
    for (const Generation& generation : generations(backend, folder)) {
        try {
            Record record = open(generation.name, backend.get(generation.name));
            if (record.generation != generation.number)
                throw Error(ErrorKind::Corrupt,
                            generation.name + " is of generation " + std::to_string(record.generation));
            return record;
        } catch (const Error& error) {
            if (!is_past_use(error)) throw;
            if (!trouble) trouble = error;
        }
    }
    if (!trouble) throw Error(ErrorKind::Corrupt, "there is no object in " + folder);
    throw with_context("no object in " + folder + " is whole", *trouble);
}

Opened open_generations(Backend& backend, ByteView keyring_key, const RepositoryId& repository) {
    Opened opened;
    std::optional<Error> keyring_trouble, config_trouble;
    opened.keyring = newest_valid<KeyringRecord>(
        backend, "keyring/", keyring_trouble,
        [&](const auto& name, ByteView object) { return open_keyring(keyring_key, repository, name, object); });
    Cursor copy(opened.keyring.config_record, "the keyring's copy of config");
    const ConfigRecord copied = decode_config(copy);
    copy.expect_end();
    try {
        opened.config = newest_valid<ConfigRecord>(
            backend, "config/", config_trouble,
            [&](const auto& name, ByteView object) { return open_config(keyring_key, repository, name, object); });
    } catch (const Error& error) {
        if (!is_past_use(error)) throw;
        opened.config = copied;
        config_trouble = error;
    }
    if (opened.config.shape != copied.shape)
        throw Error(ErrorKind::Corrupt, "config and the keyring's copy of it differ");
    if (!config_trouble && opened.config.generation < opened.keyring.config_generation)
        config_trouble = Error(ErrorKind::Corrupt,
                               "config/" + std::to_string(opened.keyring.config_generation) + " is missing");
    opened.read_only_because = keyring_trouble ? keyring_trouble : config_trouble;
    return opened;
}

}  // namespace

ClientFolders default_client_folders() {
    ClientFolders folders{folder_from("XDG_CACHE_HOME", ".cache"), folder_from("XDG_STATE_HOME", ".local/state")};
    if (const char* cache = std::getenv("VAULT_CACHE_DIR"); cache != nullptr && cache[0] != 0)
        folders.cache = std::filesystem::absolute(cache);
    return folders;
}

std::unique_ptr<Repository> Repository::open(std::shared_ptr<Backend> backend, const Credentials& credentials,
                                             const ClientFolders& folders, Access access,
                                             const BeforeUnlock& before_unlock) {
    std::unique_ptr<Repository> repository(new Repository);
    if (access == Access::Write) backend->expect_writing();
    Opened opened;
    const KeyringWipedAtEnd wiped(opened.keyring);
    std::optional<Error> trouble;  // of the first slot that opened
    const auto announce = [&](const RepositoryId& of) {
        if (before_unlock) before_unlock(backend->location(), folder_of(folders.cache, of));
    };
    open_slots(*backend, credentials, announce, [&](OpenedSlot slot, const SlotId& id, const RepositoryId& of) {
        try {
            opened = open_generations(*backend, slot.keyring_key.view(), of);
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::Corrupt) throw;
            if (!trouble) trouble = error;
            return false;
        }
        trouble.reset();
        repository->keyring_key_ = std::move(slot.keyring_key);
        repository->slot_ = id;
        return true;
    }, trouble);
    repository->backend_ = std::move(backend);
    repository->keys_ = std::make_unique<Keys>(opened.keyring);
    repository->config_ = std::move(opened.config);
    repository->folders_ = folders;
    if (repository->config_.read_features != 0)
        throw Error(ErrorKind::Unsupported, "the repository uses features (read set " +
                                                std::to_string(repository->config_.read_features) +
                                                ") that this version of vault does not know");
    if (access == Access::Write && repository->config_.write_features != 0)
        throw Error(ErrorKind::Unsupported, "the repository uses features (write set " +
                                                std::to_string(repository->config_.write_features) +
                                                ") that this version of vault cannot write; reading works");
    if (access == Access::Write && opened.read_only_because)
        throw with_context("the repository can only be read until it is repaired", *opened.read_only_because);
    return repository;
}

void Repository::require_current_config() const {
    const std::vector<Generation> listed = generations(*backend_, "config/");
    if (listed.empty() || listed[0].number <= config_.generation) return;
    const ConfigRecord newest = open_config(keyring_key_.view(), id(), listed[0].name, backend_->get(listed[0].name));
    if (newest.read_features != 0 || newest.write_features != 0)
        throw Error(ErrorKind::Unsupported,
                    "the repository was upgraded during this run to features that this version of "
                    "vault cannot write");
    if (newest.shape != config_.shape)
        throw Error(ErrorKind::Corrupt, listed[0].name + " changes what must never change");
}

std::filesystem::path Repository::cache_folder() const { return folder_of(folders_.cache, id()); }

std::filesystem::path Repository::state_folder() const { return folder_of(folders_.state, id()); }

View Repository::view_of(const std::vector<ObjectInfo>& packs, ChunkStoreBudget budget,
                         const SyncProgress& progress) const {
    View view;
    for (const ObjectInfo& pack : packs) view.packed_bytes += pack.size;
    view.index = Index::open(cache_folder(), *keys_, *backend_, packs, {}, view.sync, progress);
    view.chunks = std::make_unique<ChunkStore>(*backend_, *keys_, *view.index, view.index->numbers_of(packs), budget);
    return view;
}

View Repository::reader_view(ChunkStoreBudget budget, const SyncProgress& progress) const {
    return view_of(backend_->list("packs/"), budget, progress);
}

View Repository::writer_view(ChunkStoreBudget budget, const SyncProgress& progress) const {
    // B2 before B3: the condemned lists are read before the packs are listed.
    const std::set<PackId> condemned = condemned_packs(list_condemned(*this));
    View view = reader_view(budget, progress);
    if (condemned.empty()) return view;
    PackSet allowed = view.chunks->view();
    for (const PackId& pack : condemned)
        if (const auto number = view.index->number_of(pack)) allowed.remove(*number);
    view.chunks = std::make_unique<ChunkStore>(*backend_, *keys_, *view.index, std::move(allowed), budget);
    return view;
}

}  // namespace vault
