// Which entries of a manifest a restore takes, and where in the target each lands.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/restore_entries.h"
#include "store/tree_reader.h"

namespace vault {

// The entry at a path and all below it. Immutable.
class RestoreRange {
  public:
    // Throws Usage for a path that is not absolute or has `..`, NotFound if the manifest has no such entry, and what
    // reading throws where that cannot be told; but the whole manifest needs its root node alone.
    RestoreRange(NodeSource& nodes, TreeRoot root, const std::string& path, unsigned strip);

    const ManifestReader& reader() const { return reader_; }
    const std::string& top_key() const { return top_key_; }
    bool contains(std::string_view key) const { return key == top_key_ || key.starts_with(below_); }
    // Where a lost node at one of its ends hides them, those of the whole manifest.
    Totals totals() const;

    // Whether entries of the range may be lost with the node.
    bool may_lose(const LostNode& node) const;
    // The entry at the path itself, which may lie far before what is below it. Not valid where it is lost.
    ManifestCursor top(const OnLostNode& lost) const;
    // The first entry below it; one that contains() refuses, or none, where there are no more.
    ManifestCursor first_below(const OnLostNode& lost) const;
    // The keys of the directories above the path, the root's first.
    std::vector<std::string> above() const;

    // Nothing where stripping leaves nothing of the path, not even the target itself. Throws Corrupt for a key that is
    // none.
    std::optional<Place> place(std::string_view key) const;

  private:
    ManifestReader reader_;
    std::vector<std::string> components_;
    std::string top_key_, below_;
    unsigned strip_;
    bool is_folder_ = true;  // something may lie below the path
};

// The type of an encoded entry, without decoding the rest.
EntryType type_of_record(ByteView record);

// Calls `leave` with the subtree prefix of each directory that has entries below the range's top, the top's own too,
// children before their parents. Entries in lost nodes make no directory known.
void visit_deepest_first(const RestoreRange& range, const OnLostNode& lost,
                         const std::function<void(const std::string&)>& leave);

}  // namespace vault
