// Ranges of a manifest, and their order from the leaves up.
#include "store/restore_range.h"

#include "store/base/text.h"
#include "store/format/manifest_key.h"

namespace vault {

RestoreRange::RestoreRange(NodeSource& nodes, TreeRoot root, const std::string& path, unsigned strip)
    : reader_(nodes, root), components_(components_of_path(path)), top_key_(manifest_key(components_)),
      below_(subtree_prefix(components_)), strip_(strip) {
    if (!reader_.find(top_key_)) throw Error(ErrorKind::NotFound, "the snapshot has no " + escaped(path));
}

Totals RestoreRange::totals() const {
    Totals totals = below_.empty() ? reader_.totals() : reader_.totals_between(below_, prefix_end(below_));
    if (!below_.empty()) totals += reader_.totals_between(top_key_, top_key_ + '\0');
    return totals;
}

ManifestCursor RestoreRange::first_below() const {
    ManifestCursor cursor = reader_.seek(below_);
    if (cursor.valid() && cursor.key().empty()) cursor.next();  // the root is not below itself
    return cursor;
}

std::vector<std::string> RestoreRange::above() const {
    std::vector<std::string> keys;
    for (std::size_t depth = 0; depth < components_.size(); ++depth)
        keys.push_back(manifest_key({components_.begin(), components_.begin() + depth}));
    return keys;
}

std::optional<Place> RestoreRange::place(std::string_view key) const {
    const std::vector<std::string> components = components_of_key(key);
    if (components.size() < strip_) return std::nullopt;
    Place place;
    if (components.size() == strip_) return place;
    for (std::size_t i = strip_; i + 1 < components.size(); ++i) {
        if (!place.directory.empty()) place.directory += '/';
        place.directory += components[i];
    }
    place.name = components.back();
    return place;
}

EntryType type_of_record(ByteView record) {
    if (record.empty()) throw Error(ErrorKind::Corrupt, "an empty entry record");
    return static_cast<EntryType>(record[0]);
}

void visit_deepest_first(const RestoreRange& range, const std::function<void(const std::string&)>& leave) {
    std::string current;               // subtree prefix of the directory whose entries are being met
    std::vector<std::size_t> lengths;  // of the prefixes of it and of those above it, within the range
    const auto leave_until = [&](std::string_view next) {
        while (!lengths.empty() && !next.starts_with(current)) {
            leave(current);
            lengths.pop_back();
            current.resize(lengths.empty() ? 0 : lengths.back());
        }
    };
    const std::string top = subtree_prefix(components_of_key(range.top_key()));
    for (ManifestCursor at = range.first_below(); at.valid() && range.contains(at.key()); at.next()) {
        // "c1 00 c2 00" of "c1 00 c2 00 00 name".
        const std::string_view parent = std::string_view(at.key()).substr(0, at.key().rfind('\0'));
        if (parent == current && !lengths.empty()) continue;
        leave_until(parent);
        if (lengths.empty()) {
            current = top;
            lengths.push_back(top.size());
        }
        while (current.size() < parent.size()) {
            current = parent.substr(0, parent.find('\0', current.size()) + 1);
            lengths.push_back(current.size());
        }
    }
    while (!lengths.empty()) {
        current.resize(lengths.back());
        leave(current);
        lengths.pop_back();
    }
}

}  // namespace vault
