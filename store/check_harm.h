// What damage means for snapshots: which files cannot be had, by path. Runs only where something is damaged.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "store/check_chunks.h"
#include "store/format/commit_record.h"
#include "store/tree_nodes.h"

namespace vault {

// A chunk of which no copy is sound.
struct HarmfulChunk {
    DamageRecord::LostChunk chunk;
    std::optional<PackId> pack;  // where the index finds it; nothing: in no pack
};

struct HarmedEntry {
    SessionId snapshot;
    std::string path;                  // any bytes; the entry, or the first that cannot be seen
    std::string last_path;             // a damaged node hides all entries from `path` (if not empty) to this one
    std::uint64_t hidden_entries = 0;  // how many those are, and of those regular files; 0: a single entry
    std::uint64_t hidden_files = 0;
    std::vector<HarmfulChunk> chunks;  // the first kChunksNamed
    std::uint64_t chunk_count = 0;     // references, repeats counted once
    bool attributes_only = false;      // the content can be had
};
constexpr std::size_t kChunksNamed = 16;

// Calls `take` for each harmed entry of the snapshot, in the order of its manifest.
class HarmFinder {
  public:
    HarmFinder(CheckChunks& chunks, std::function<void()> poll) : chunks_(chunks), poll_(std::move(poll)) {}
    // What turned out sound below one snapshot's nodes is not walked again for the next. Returns harmed entries, the
    // hidden ones among them.
    std::uint64_t find(const CommitRecord& snapshot, const std::function<void(const HarmedEntry&)>& take);

  private:
    bool walk_manifest(const TreeNode& node);
    bool walk_entry(const std::string& key, const Entry& entry, std::span<const std::optional<ChunkLocation>> places);
    bool walk_extents(const TreeNode& node, HarmedEntry& harmed);
    bool note_if_bad(ChunkKind kind, const ChunkId& id, const std::optional<ChunkLocation>& place,
                     HarmedEntry& harmed) const;
    std::shared_ptr<const TreeNode> node(const ChunkId& id, const std::optional<ChunkLocation>& place);
    std::vector<std::optional<ChunkLocation>> places_of(const std::vector<ChunkId>& ids) const;
    void hide(const ChunkId& id, const std::optional<ChunkLocation>& place, const Totals& totals,
              const std::string& last_key);
    void emit(const HarmedEntry& harmed);

    CheckChunks& chunks_;
    std::function<void()> poll_;
    ChunkBits sound_;  // nodes below which nothing is harmed

    // Of the snapshot that is walked.
    const std::function<void(const HarmedEntry&)>* take_ = nullptr;
    SessionId snapshot_;
    std::string last_key_;  // before where the walk is
    std::uint64_t harmed_ = 0;
};

}  // namespace vault
