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
    std::optional<Entry> entry;
    try {
        entry = manifest.find(found.key);
    } catch (const Error& error) {
        if (!is_loss(error)) throw;
        throw with_context("what the snapshot says of " + escaped(path) + " cannot be read", error);
    }
    if (!entry) throw Error(ErrorKind::NotFound, "the snapshot has no " + escaped(path));
    found.entry = std::move(*entry);
    return found;
}

void list_entries(const ManifestReader& manifest, const std::string& path, Depth depth,
                  const std::function<bool(const PlacedEntry&)>& each,
                  const std::function<void(const LostNode&)>& lost) {
    const std::vector<std::string> components = components_of_path(path);
    if (!components.empty()) {
        const PlacedEntry top = find_entry(manifest, path);
        if (top.entry.type != EntryType::Directory) {
            each(top);
            return;
        }
    }
    const std::string prefix = depth == Depth::Children ? children_prefix(components) : subtree_prefix(components);
    const OnLostNode tell = [&, end = prefix_end(prefix)](const LostNode& node) {
        if (!end.empty() && node.after && *node.after >= end) return false;
        lost(node);
        return true;
    };
    for (ManifestCursor cursor = manifest.seek(prefix, tell); cursor.valid() && cursor.key().starts_with(prefix);
         cursor.next(tell)) {
        if (cursor.key().empty()) continue;  // the root is below nothing, though its key starts with every empty prefix
        if (!each({cursor.key(), cursor.entry()})) return;
    }
}

}  // namespace vault
