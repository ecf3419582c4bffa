// Sums of subtrees.
#include "store/disk_usage.h"

#include "store/format/manifest_key.h"
#include "store/list_entries.h"

namespace vault {

namespace {

Totals usage_of(const ManifestReader& manifest, const PlacedEntry& placed) {
    Totals totals = totals_of(placed.entry);
    if (placed.entry.type != EntryType::Directory) return totals;
    if (placed.key.empty()) return manifest.totals();  // the root's subtree has no prefix of its own
    const std::string prefix = subtree_prefix(components_of_key(placed.key));
    totals += manifest.totals_between(prefix, prefix_end(prefix));
    return totals;
}

void by_folder(const ManifestReader& manifest, const PlacedEntry& placed, unsigned depth,
               const std::function<void(const std::string&, const Totals&)>& each) {
    if (depth > 0 && placed.entry.type == EntryType::Directory) {
        list_entries(manifest, placed.path(), Depth::Children, [&](const PlacedEntry& child) {
            if (child.entry.type == EntryType::Directory) by_folder(manifest, child, depth - 1, each);
            return true;
        });
    }
    each(placed.path(), usage_of(manifest, placed));
}

}  // namespace

Totals disk_usage(const ManifestReader& manifest, const std::string& path) {
    return usage_of(manifest, find_entry(manifest, path));
}

void disk_usage_by_folder(const ManifestReader& manifest, const std::string& path, unsigned depth,
                          const std::function<void(const std::string& path, const Totals&)>& each) {
    by_folder(manifest, find_entry(manifest, path), depth, each);
}

}  // namespace vault
