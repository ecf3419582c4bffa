// Sums of subtrees.
#include "store/disk_usage.h"

#include "store/format/manifest_key.h"
#include "store/list_entries.h"

namespace vault {

namespace {

Totals usage_of(const ManifestReader& manifest, const PlacedEntry& placed) {
    if (placed.key.empty()) return manifest.totals();  // the root's subtree has no prefix of its own
    Totals totals = totals_of(placed.entry);
    if (placed.entry.type != EntryType::Directory) return totals;
    const std::string prefix = subtree_prefix(components_of_key(placed.key));
    totals += manifest.totals_between(prefix, prefix_end(prefix));
    return totals;
}

void by_folder(const ManifestReader& manifest, const PlacedEntry& placed, unsigned depth,
               const std::function<void(const std::string&, const Totals&)>& each, const UsageTrouble& trouble) {
    if (depth == 0 || placed.entry.type != EntryType::Directory) return;
    const auto take = [&](const PlacedEntry& child) {
        if (child.entry.type != EntryType::Directory) return true;
        by_folder(manifest, child, depth - 1, each, trouble);
        std::optional<Totals> totals;
        try {
            totals = usage_of(manifest, child);
        } catch (const Error& error) {
            if (!is_loss(error)) throw;
            trouble.unknown(child.path(), error);
        }
        if (totals) each(child.path(), *totals);
        return true;
    };
    list_entries(manifest, placed.path(), Depth::Children, take, trouble.lost);
}

// The root is a directory whatever can be read of its entry.
PlacedEntry top_entry(const ManifestReader& manifest, const std::string& path) {
    if (!components_of_path(path).empty()) return find_entry(manifest, path);
    PlacedEntry root;
    root.entry.type = EntryType::Directory;
    return root;
}

}  // namespace

void disk_usage_by_folder(const ManifestReader& manifest, const std::string& path, unsigned depth,
                          const std::function<void(const std::string& path, const Totals&)>& each,
                          const UsageTrouble& trouble) {
    const PlacedEntry top = top_entry(manifest, path);
    by_folder(manifest, top, depth, each, trouble);
    Totals totals;
    try {
        totals = usage_of(manifest, top);
    } catch (const Error& error) {
        if (!is_loss(error)) throw;
        throw with_context(escaped(top.path()) + " cannot be summed up", error);
    }
    each(top.path(), totals);
}

}  // namespace vault
