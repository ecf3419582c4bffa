// The index of one repository: chunk id -> where. A cache in the cache folder, on RocksDB with bounded memory;
// deleting it is always safe, and it is never asked for a destructive decision without the store's own listing. This
// header is the fence around RocksDB: nothing else includes it.
//
// Processes: any number may read (a read-only view with all files open); one at a time writes, under `lock` in the
// folder, only while syncing or ingesting.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/backend/backend.h"
#include "store/format/pack_directory.h"
#include "store/seal/keys.h"

namespace vault {

// Packs are numbered in the order in which this cache met them; a number is never given again.
using PackNumber = std::uint32_t;

struct ChunkLocation {
    PackNumber pack = 0;
    std::uint32_t entry = 0;   // place in the pack's directory, counted over all boxes
    std::uint32_t box = 0;     // of the pack
    std::uint32_t offset = 0;  // in the box's plaintext
    std::uint32_t length = 0;  // of the chunk
    bool operator==(const ChunkLocation&) const = default;
};

// Where a box lies and how it is sealed.
struct BoxLocation {
    std::uint64_t offset = 0;  // in the pack
    std::uint32_t sealed_bytes = 0;
    std::uint32_t plain_bytes = 0;
    std::uint32_t generation = 1;
    Codec codec = Codec::Raw;
};

// A pack as the index knows it. Immutable.
struct IndexedPack {
    PackNumber number = 0;
    PackId id;
    std::uint64_t bytes = 0;
    ChunkKind content = ChunkKind::Data;
    std::vector<BoxLocation> boxes;
};

// A set of pack numbers: the view of a run (docs/architecture.md), or the packs that a snapshot lies in.
class PackSet {
  public:
    bool contains(PackNumber number) const { return number < bits_.size() && bits_[number]; }
    void add(PackNumber number);
    void remove(PackNumber number);
    bool contains_all(const PackSet& other) const;
    void add_all(const PackSet& other);
    std::uint64_t size() const;
    std::vector<PackNumber> numbers() const;
    bool operator==(const PackSet& other) const { return numbers() == other.numbers(); }

  private:
    std::vector<bool> bits_;
};

// Small values that other parts keep beside the index and may lose at any time ("snapshot-packs/<sid>", …), by key.
using IndexNotes = std::vector<std::pair<std::string, Bytes>>;
// Makes notes that name packs by their numbers, which packs that are being added get only in that addition. Where it
// throws nothing is added. Called under the write lock: it asks the index nothing else.
using PackNumberOf = std::function<std::optional<PackNumber>(const PackId&)>;
using IndexNotesOf = std::function<IndexNotes(const PackNumberOf&)>;

// What becomes of the index that was added to: to see them it is opened anew, a fiftieth of a small run's time.
enum class Afterwards { SeesThem, StaysAsItWas };

struct IndexBudget {
    std::uint64_t block_cache_bytes = 48ull << 20;
    std::uint64_t locality_bytes = 24ull << 20;   // directories held because a chunk of theirs was just found
    std::uint64_t sort_bytes = 64ull << 20;       // while a sync sorts
};

struct IndexSyncReport {
    std::uint64_t packs_added = 0, packs_dropped = 0, chunks_added = 0;
    std::uint64_t directories_read = 0;   // from packs, one by one
    std::uint64_t copies_read = 0;        // dirs/ objects
    bool rebuilt = false;                 // there was no index, or it was thrown away
    // Packs whose directory could not be read, from the pack or from a copy; they are not in the index, which is not
    // an error of the sync. They are tried again, and reported again, by each sync.
    struct Damaged {
        PackId pack;
        ErrorKind kind{};
        std::string message;
    };
    std::vector<Damaged> damaged;
    // dirs/ objects that could not be read. Their packs were read one by one.
    struct DamagedCopies {
        std::string name;
        ErrorKind kind{};
        std::string message;
    };
    std::vector<DamagedCopies> damaged_copies;
    // Not empty: the cache folder cannot be written, for this reason, and the index lies in a folder of this process
    // in $TMPDIR (or /tmp), built anew and removed at its end. Worth a warning.
    std::string private_because;
};

// A new pack of this run, not yet in the index.
struct NewPack {
    PackId id;
    std::uint64_t bytes = 0;
    PackDirectory directory;
};

// Thread-safe for all const functions. Any of them throws Io where the index turns out to be damaged (its blocks have
// checksums): no answer is ever made of damaged blocks, and the next open rebuilds it. Deleting the cache folder
// under an open index changes nothing for its const functions.
class Index {
  public:
    // Opens the index in `folder` (made if absent; thrown away and rebuilt if it is damaged, of another repository or
    // of another layout version) and syncs it with `packs`, a listing of "packs/" made by the caller: reads dirs/
    // objects not read before and then the directories not covered, drops vanished packs. `progress(done packs, all
    // packs)` is called from several threads, one at a time. Nothing is written, and no lock taken, where the index
    // agrees with the listing already. Throws Busy where another process has been writing for ten minutes, NoSpace or
    // the like where neither the cache folder nor a private one can be written, and what the backend throws when it
    // lists dirs/. `keys` and `backend` are used during the call only.
    static std::unique_ptr<Index> open(const std::filesystem::path& folder, const Keys& keys, Backend& backend,
                                       const std::vector<ObjectInfo>& packs, IndexBudget budget,
                                       IndexSyncReport& report,
                                       const std::function<void(std::uint64_t, std::uint64_t)>& progress = {});
    virtual ~Index() = default;

    // The numbers of those of the listed packs that the index knows.
    virtual PackSet numbers_of(const std::vector<ObjectInfo>& packs) const = 0;
    virtual std::optional<PackNumber> number_of(const PackId& id) const = 0;

    // For each id a location in a pack of `view`, or nothing; further copies are tried where the first lies outside
    // the view. Ids in the order in which they were stored are found many times faster than in random order, since a
    // pack with several hits has its directory loaded (locality cache; DDFS, FAST 2008); give many ids at once.
    virtual std::vector<std::optional<ChunkLocation>> find(std::span<const ChunkId> ids, const PackSet& view) const = 0;
    // All locations of one chunk in the view (for reading past a damaged copy).
    virtual std::vector<ChunkLocation> find_all(const ChunkId& id, const PackSet& view) const = 0;

    // Throws NotFound for a number that is not in the index. Cached.
    virtual std::shared_ptr<const IndexedPack> pack(PackNumber number) const = 0;
    // Chunks of the pack; 0 for a number that is not in the index. In memory.
    virtual std::uint64_t chunk_count(PackNumber number) const = 0;
    // The pack's whole directory, from the cache folder.
    virtual PackDirectory directory(PackNumber number) const = 0;

    virtual std::optional<Bytes> note(const std::string& key) const = 0;

    // Adds the packs of a finished run, whose dirs/ objects are written, and notes, under the write lock. Afterwards
    // this object sees them, and what others did to the index meanwhile, or stays as it was (`afterwards`). Not to be
    // called by two threads at once. May throw Busy, or NoSpace, Denied, ReadOnly and Io where the folder cannot be
    // written, or where it was deleted or rebuilt under this object (the numbers here mean nothing there): nothing is
    // lost then, since the next open reads the directories from the store; this object stays as it was.
    virtual void add_and_note(std::vector<NewPack> packs, const IndexNotesOf& notes, Afterwards afterwards) = 0;
    void add(std::vector<NewPack> packs, const IndexNotes& notes) {
        add_and_note(std::move(packs), [&](const auto&) { return notes; }, Afterwards::SeesThem);
    }
};

// The chunks that the running session has put or claimed, found before the index is asked. At most `chunks_in_memory`
// stay in memory (about 50 bytes each); beyond that they go to sorted spill files in `folder`/spill/<sid>, or in a
// private folder in $TMPDIR where that cannot be written, deleted with this object. Thread-safe.
struct OwnChunk {
    std::uint32_t pack = 0;  // counted by the session, not a PackNumber
    std::uint32_t length = 0;
};
class SessionChunks {
  public:
    SessionChunks(std::filesystem::path folder, const SessionId& sid, std::size_t chunks_in_memory = 262'144);
    ~SessionChunks();
    std::optional<OwnChunk> find(const ChunkId& id) const;
    // Added again, a chunk has the newer place, and counts twice. Throws NoSpace or Io where spilling fails.
    void add(const ChunkId& id, OwnChunk chunk);
    std::uint64_t size() const;

    // Deletes spill folders of sessions for which `ended(sid)` says true.
    static void remove_dead(const std::filesystem::path& folder, const std::function<bool(const SessionId&)>& ended);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace vault
