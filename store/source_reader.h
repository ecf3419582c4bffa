// The first stage of a snapshot run: takes the walk, compares with the parent, and hands out batches of what is
// unchanged and what is to be read.
#pragma once

#include <functional>
#include <limits>
#include <memory>

#include "store/batch_writer.h"
#include "store/entry_reader.h"
#include "store/link_table.h"
#include "store/parent_manifest.h"
#include "store/walk_ahead.h"

namespace vault {

// Runs in one thread. Small files without further links are left to who takes the batches (EntryReader::read_put_off);
// hard links, whose groups are kept in order, and large files are read here.
class SourceReader : private WalkVisitor {
  public:
    // `parent` may be null. References outlive the reader.
    SourceReader(EntryReader& entries, ParentManifest* parent, SnapshotProgress& progress,
                 HandOut hand_out, std::function<bool()> interrupted);

    // Hands out everything, EndOfSource last. Throws Interrupted, and the Error of a root that cannot be read at all.
    void run(WalkAhead& walk);

    // After run().
    bool used_parent() const { return used_parent_; }  // some entry was copied from it
    // Where references of copied entries were found, unless the parent was covered.
    const PackSet& packs() const { return packs_; }

  private:
    static constexpr std::uint64_t kNoBytesMax = std::numeric_limits<std::uint64_t>::max();

    void entry(WalkedEntry entry) override;
    void unreadable(const std::string& path, const std::string& message) override;
    bool copy_from_parent(WalkedEntry& walked, const std::optional<ByteView>& before);
    void read_now(WalkedEntry walked, const std::optional<LinkPlace>& place, std::optional<Bytes> before);

    EntryReader& entries_;
    ParentManifest* parent_;
    SnapshotProgress& progress_;
    std::function<bool()> interrupted_;
    LinkGroups links_;
    BatchStream out_;
    bool used_parent_ = false;
    PackSet packs_;
    std::size_t last_source_ = kNoSource;
};

}  // namespace vault
