// The first stage of a snapshot run: walks, compares with the parent, reads what changed, cuts it, and hands out
// batches.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "chunker/chunker.h"
#include "store/batch.h"
#include "store/excludes.h"
#include "store/link_table.h"
#include "store/parent_manifest.h"
#include "store/snapshot.h"
#include "store/walk.h"

namespace vault {

// What the reader alone can know at its end.
struct SourceReport {
    std::vector<UnreadablePath> unreadable;  // by path; those met first, within the bounds below
    std::uint64_t unreadable_count = 0;
    bool changed_while_read = false;
    std::uint64_t read_bytes = 0;
    bool used_parent = false;  // some entry was copied from it
    PackSet packs;             // where references of copied entries were found, unless the parent was covered
};

constexpr std::size_t kUnreadableMax = 10'000;
constexpr std::size_t kUnreadableBytesMax = 4u
                                            << 20;  // of their paths and messages: they share one object with the rest

// Runs in one thread.
class SourceReader : private WalkVisitor {
  public:
    // `hand_out` takes a batch, or says false: stop. `parent` may be null. References outlive the reader.
    SourceReader(const ConfigRecord& config, const GearTable& gear, ParentManifest* parent, SnapshotProgress& progress,
                 std::function<bool(std::unique_ptr<Batch>)> hand_out, std::function<bool()> interrupted);

    // Walks all roots and hands out everything, EndOfSource last. Throws Interrupted, and the Error of a root that
    // cannot be read at all.
    SourceReport run(const std::vector<SourceRoot>& roots, Excludes& excludes,
                     const std::vector<FolderIdentity>& not_entered);

  private:
    void entry(const WalkedEntry& entry) override;
    void unreadable(const std::string& path, const std::string& message) override;

    bool copy_from_parent(const WalkedEntry& walked, const std::optional<ByteView>& before);
    void read_entry(const WalkedEntry& walked, const std::optional<LinkPlace>& place, std::optional<Bytes> before);
    void read_regular(const WalkedEntry& walked, NewEntry& entry);
    void read_other(const WalkedEntry& walked, NewEntry& entry);
    void read_folder(const WalkedEntry& walked, NewEntry& entry);
    std::uint64_t read_content(int fd, const SourceStat& stat, NewEntry& entry);
    std::uint64_t read_runs(int fd, std::uint64_t size, bool has_holes, NewEntry& entry, bool class_known);
    std::uint64_t read_run(int fd, DataRun run, NewEntry& entry, bool& class_known);
    void take_chunk(std::size_t offset, std::size_t length, ChunkClass chunk_class);
    void add_hole(std::uint64_t length);
    // Built in its place: g++ 12 takes moved temporaries of the variant for uninitialised ones.
    template <class AnyEvent>
    void emit(AnyEvent&& event) {
        batch_->events.emplace_back(std::forward<AnyEvent>(event));
        flush_if_full();
    }
    void flush_if_full();
    void flush(std::size_t open_bytes);

    const ConfigRecord& config_;
    const GearTable& gear_;
    ParentManifest* parent_;
    SnapshotProgress& progress_;
    std::function<bool(std::unique_ptr<Batch>)> hand_out_;
    std::function<bool()> interrupted_;
    OwnerNames names_;
    LinkGroups links_;
    SourceReport report_;
    std::map<std::string, std::string> unreadable_;  // path -> message
    std::size_t unreadable_bytes_ = 0;
    std::unique_ptr<Batch> batch_;
    std::size_t last_source_ = kNoSource;
};

}  // namespace vault
