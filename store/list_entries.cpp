// Range scans over a manifest.
#include "store/list_entries.h"

#include "store/base/text.h"
#include "store/format/manifest_key.h"

namespace vault {

std::string PlacedEntry::path() const {
    return path_of_key(key);
}

std::string PlacedEntry::name() const {
    return key.empty() ? "/" : std::string(name_of_key(key));
}

PlacedEntry find_entry(const ManifestReader& manifest, const std::string& path) {
    PlacedEntry found;
    found.key = manifest_key(components_of_path(path));
    std::optional<Entry> entry = manifest.find(found.key);
    if (!entry) throw Error(ErrorKind::NotFound, "the snapshot has no " + escaped(path));
    found.entry = std::move(*entry);
    return found;
}

void list_entries(const ManifestReader& manifest, const std::string& path, Depth depth,
                  const std::function<bool(const PlacedEntry&)>& each) {
    const PlacedEntry top = find_entry(manifest, path);
    if (top.entry.type != EntryType::Directory) {
        each(top);
        return;
    }
    const std::vector<std::string> components = components_of_key(top.key);
    const std::string prefix = depth == Depth::Children ? children_prefix(components) : subtree_prefix(components);
    for (ManifestCursor cursor = manifest.seek(prefix); cursor.valid() && cursor.key().starts_with(prefix);
         cursor.next()) {
        if (cursor.key().empty()) continue;  // the root is below nothing, though its key starts with every empty prefix
        if (!each({cursor.key(), cursor.entry()})) return;
    }
}

}  // namespace vault
