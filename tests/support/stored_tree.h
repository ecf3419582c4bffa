// A snapshot made by hand, with its chunks in memory, for restoring: also trees that no snapshot of vault would hold.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>

#include "store/restore_source.h"
#include "store/seal/primitives.h"
#include "tests/support/memory_nodes.h"

namespace vault {

// Paths are absolute. An entry's mode is 0644, a directory's 0755, its owner this process, its time in 2000, unless
// a test changes them in what the functions return. Directories on the way are added where they are missing.
class StoredTree : public ChunkSource {
  public:
    StoredTree();

    Entry& directory(const std::string& path);
    Entry& file(const std::string& path, const std::string& content);          // one chunk
    Entry& inline_file(const std::string& path, const std::string& content);
    Entry& file_of(const std::string& path, const std::vector<Extent>& extents);  // a list; a tree over 128
    Entry& symlink(const std::string& path, const std::string& target);
    Entry& link(const std::string& path, const std::string& first);            // takes over the first's entry
    Entry& add(const std::string& path, Entry entry);                          // as it is

    // A chunk, in the box that is open; boxes hold `chunks_per_box`.
    Extent chunk(const std::string& content);
    static Extent hole(std::uint64_t bytes) { return {bytes, std::nullopt}; }
    ChunkId tree_chunk(Bytes plaintext);

    void damage(const std::string& content);         // flips a bit of the chunk in its box
    void lose_box_of(const std::string& content);    // load_box throws Corrupt
    void keep_other_copy(const std::string& content);  // chunk() finds it, whatever the box holds
    void forget(const std::string& content);         // locate finds nothing
    // In which passes over the manifest the leaf with the entry at `path` cannot be read: at its `from`th visit of a
    // restore (0 is the first) and `visits` - 1 more.
    struct Loss {
        std::string path;
        std::uint64_t from = 0, visits = UINT64_MAX;
        ErrorKind kind = ErrorKind::Corrupt;
    };
    void lose_leaf(Loss loss) { losses_.push_back(std::move(loss)); }
    void lose_root() { is_root_lost_ = true; }
    // The paths of the entries in the leaf that holds `path`, in the order of the manifest.
    std::vector<std::string> leaf_of(const std::string& path);

    RestoreReport restore(const RestoreOptions& options, const std::function<bool()>& interrupted = {});
    RestoreReport restore(const std::string& target);

    std::size_t chunks_per_box = 4;
    NodeShape shape;  // of the manifest
    CommitRecord record;  // source root "/"
    // Called at each load, with the number of loads so far; may throw.
    std::function<void(std::uint64_t)> on_load;
    std::map<std::uint32_t, unsigned> loads;  // box -> times it was loaded

    std::vector<std::optional<PlacedChunk>> locate(std::span<const ChunkId> ids) override;
    Bytes load_box(PackNumber pack, std::uint32_t box) override;
    std::vector<bool> verify(std::span<const ByteView> bytes, std::span<const ChunkId> ids) override;
    Bytes chunk(ChunkKind kind, const ChunkId& id) override;

  private:
    ChunkId id_of(ByteView bytes) const;
    TreeRoot build_manifest();
    struct Leaf {
        ChunkId id;
        std::vector<ManifestLeafItem> items;
    };
    Leaf find_leaf(const TreeRoot& root, const std::string& path);

    MemoryNodes nodes_;
    KeyedHash hash_;
    std::map<std::string, Entry> entries_;  // by key
    std::mutex mutex_;                      // of all below, and of loads
    std::map<ChunkId, PlacedChunk> places_;
    std::vector<Bytes> boxes_;
    std::size_t chunks_in_box_ = 0;
    std::map<ChunkId, Bytes> tree_chunks_, other_copies_;
    std::set<std::uint32_t> lost_boxes_;
    std::vector<Loss> losses_;
    bool is_root_lost_ = false;
    std::uint64_t load_count_ = 0;
};

}  // namespace vault
