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
    // Throws Usage for a path that is not absolute or has `..`, NotFound if the manifest has no such entry.
    RestoreRange(NodeSource& nodes, TreeRoot root, const std::string& path, unsigned strip);

    const ManifestReader& reader() const { return reader_; }
    const std::string& top_key() const { return top_key_; }
    bool contains(std::string_view key) const { return key == top_key_ || key.starts_with(below_); }
    Totals totals() const;

    // The entry at the path itself, which may lie far before what is below it.
    ManifestCursor top() const { return reader_.seek(top_key_); }
    // The first entry below it; one that contains() refuses, or none, where there are no more.
    ManifestCursor first_below() const;
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
};

// The type of an encoded entry, without decoding the rest.
EntryType type_of_record(ByteView record);

// Calls `leave` with the subtree prefix of each directory that has entries below the range's top, the top's own too,
// children before their parents.
void visit_deepest_first(const RestoreRange& range, const std::function<void(const std::string&)>& leave);

}  // namespace vault
