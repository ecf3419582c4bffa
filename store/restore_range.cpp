// Ranges of a manifest, and their order from the leaves up.
#include "store/restore_range.h"

#include "store/base/text.h"
#include "store/format/manifest_key.h"

namespace vault {

namespace {

ManifestReader open_manifest(NodeSource& nodes, const TreeRoot& root) {
    try {
        return ManifestReader(nodes, root);
    } catch (const Error& error) {
        if (!is_loss(error)) throw;
        throw Error(error.kind() == ErrorKind::Io ? ErrorKind::Io : ErrorKind::Corrupt,
                    std::string("nothing of the snapshot can be restored, as the root of its tree is lost: ") +
                        error.what());
    }
}

std::optional<EntryType> type_at_path(const ManifestReader& reader, const std::string& key, const std::string& path) {
    try {
        const std::optional<Entry> entry = reader.find(key);
        return entry ? std::optional(entry->type) : std::nullopt;
    } catch (const Error& error) {
        if (!is_loss(error)) throw;
        if (key.empty()) return EntryType::Directory;  // what is below the root is there all the same
        throw Error(error.kind() == ErrorKind::Io ? ErrorKind::Io : ErrorKind::Corrupt,
                    "what the snapshot says of " + escaped(path) +
                        " cannot be read (restore the whole snapshot for what is left): " + error.what());
    }
}

}  // namespace

RestoreRange::RestoreRange(NodeSource& nodes, TreeRoot root, const std::string& path, unsigned strip)
    : reader_(open_manifest(nodes, root)), components_(components_of_path(path)), top_key_(manifest_key(components_)),
      below_(subtree_prefix(components_)), strip_(strip) {
    const std::optional<EntryType> type = type_at_path(reader_, top_key_, path);
    if (!type) throw Error(ErrorKind::NotFound, "the snapshot has no " + escaped(path));
    is_folder_ = type == EntryType::Directory;
}

Totals RestoreRange::totals() const {
    if (below_.empty()) return reader_.totals();
    try {
        Totals totals = reader_.totals_between(top_key_, top_key_ + '\0');
        if (is_folder_) totals += reader_.totals_between(below_, prefix_end(below_));
        return totals;
    } catch (const Error& error) {
        if (!is_loss(error)) throw;
        return reader_.totals();
    }
}

bool RestoreRange::may_lose(const LostNode& node) const {
    if (node.hides(top_key_)) return true;
    const std::string end = prefix_end(below_);
    return is_folder_ && node.last_key >= below_ && (end.empty() || !node.after || *node.after < end);
}

ManifestCursor RestoreRange::top(const OnLostNode& lost) const {
    const ManifestCursor at = reader_.seek(top_key_, [&](const LostNode& node) {
        lost(node);
        return false;
    });
    return at.valid() && at.key() == top_key_ ? at : ManifestCursor();
}

ManifestCursor RestoreRange::first_below(const OnLostNode& lost) const {
    if (!is_folder_) return {};
    ManifestCursor cursor = reader_.seek(below_, lost);
    if (cursor.valid() && cursor.key().empty()) cursor.next(lost);  // the root is not below itself
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

void visit_deepest_first(const RestoreRange& range, const OnLostNode& lost,
                         const std::function<void(const std::string&)>& leave) {
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
    for (ManifestCursor at = range.first_below(lost); at.valid() && range.contains(at.key()); at.next(lost)) {
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
