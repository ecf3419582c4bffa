// An open repository: its store, keys and config, and views of what it holds. Making one is store/init.h; snapshots are
// found through store/snapshots.h.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "store/abandoned.h"
#include "store/chunk_store.h"
#include "store/seal/object.h"
#include "store/seal/slot.h"

namespace vault {

// Where this client keeps what it may lose (cache) and what it should not (state).
struct ClientFolders {
    std::filesystem::path cache;  // of all repositories; each has a folder in it named by its id
    std::filesystem::path state;
};

// $VAULT_CACHE_DIR or $XDG_CACHE_HOME/vault or ~/.cache/vault; $XDG_STATE_HOME/vault or ~/.local/state/vault.
ClientFolders default_client_folders();

// Called before a password is tried on the first slot, which takes a tenth of a second of one core: what needs no key
// may begin. It throws nothing. `location` is the backend's, `cache` what cache_folder() will be of the repository that
// the slot names; another may be opened in the end.
using BeforeUnlock = std::function<void(const std::string& location, const std::filesystem::path& cache)>;

enum class Access { Read, Write };

// What a reader or writer sees: the listed packs, less those that a rule excludes, and the index over them.
struct View {
    std::unique_ptr<Index> index;
    std::unique_ptr<ChunkStore> chunks;
    IndexSyncReport sync;
    std::uint64_t packed_bytes = 0;  // of all packs listed
};

// Called now and then while an index is built: packs done, packs in all.
using SyncProgress = std::function<void(std::uint64_t, std::uint64_t)>;

class Repository {
  public:
    // Throws NoRepository, WrongKey, Corrupt (a damaged slot or config), Unsupported. With Access::Write also
    // Unsupported for unknown write features.
    static std::unique_ptr<Repository> open(std::shared_ptr<Backend> backend, const Credentials& credentials,
                                            const ClientFolders& folders, Access access,
                                            const BeforeUnlock& before_unlock = {});

    Backend& backend() const { return *backend_; }
    const Keys& keys() const { return *keys_; }
    const ConfigRecord& config() const { return config_; }
    const RepositoryId& id() const { return config_.repository; }
    // For what handles keys: the secret that slots wrap, and the slot that was opened.
    ByteView keyring_key() const { return keyring_key_.view(); }
    const SlotId& slot() const { return slot_; }
    std::filesystem::path cache_folder() const;  // of this repository
    std::filesystem::path state_folder() const;

    // Lists the packs anew, syncs the index and takes every listed pack into the view, condemned or not: for readers.
    View reader_view(ChunkStoreBudget budget = {}, const SyncProgress& progress = {}) const;
    // The same over a listing of "packs/" that the caller made.
    View view_of(const std::vector<ObjectInfo>& packs, ChunkStoreBudget budget = {},
                 const SyncProgress& progress = {}) const;
    // The view of protocol.md B2 and B3: condemned packs are left out. Call it after B1.
    View writer_view(ChunkStoreBudget budget = {}, const SyncProgress& progress = {}) const;

    // A control object, authenticated and decoded by `decode(Cursor&)`. Throws NotFound, Corrupt, Unsupported, Io.
    template <class Decode>
    auto read_record(const std::string& name, Decode decode) const {
        return decode_padded(open_object(keys(), name, backend().get(name)), name, decode);
    }

    // Sessions and condemned lists that this opened repository put, and left standing although their work has ended.
    AbandonedObjects& abandoned() const { return *abandoned_; }

    // B5: throws Unsupported or Busy where config has gone on to a generation that forbids this program to write, or
    // that this run did not see.
    void require_current_config() const;

  private:
    Repository() = default;
    std::shared_ptr<Backend> backend_;
    std::unique_ptr<Keys> keys_;
    Secret keyring_key_;
    SlotId slot_;
    ConfigRecord config_;
    ClientFolders folders_;
    std::unique_ptr<AbandonedObjects> abandoned_ = std::make_unique<AbandonedObjects>();
};

}  // namespace vault
