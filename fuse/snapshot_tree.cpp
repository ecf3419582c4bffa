// Seeks by rank and by key.
#include "fuse/snapshot_tree.h"

#include <algorithm>

#include "store/format/limits.h"
#include "store/format/manifest_key.h"

namespace vault {

SnapshotTree::SnapshotTree(NodeSource& source, TreeRoot root, std::uint32_t slot)
    : manifest_(source, root), slot_(slot) {}

// The rank of a further link is that of its first: hard links are one inode. Where the first is lost with its node each
// of the others is one of its own, as it holds the whole content: a folder must not be unreadable for what another one
// lost.
RankedEntry SnapshotTree::ranked(const ManifestCursor& cursor) const {
    RankedEntry found{cursor.rank(), cursor.key(), cursor.entry()};
    if (!found.entry.first_link) return found;
    bool is_lost = false;
    const ManifestCursor first = manifest_.seek(*found.entry.first_link, [&](const LostNode& node) -> bool {
        if (node.error.kind() != ErrorKind::Corrupt) throw node.error;  // it may well be there in a moment
        is_lost = true;
        return false;
    });
    if (is_lost) return found;
    if (!first.valid() || first.key() != *found.entry.first_link || first.rank() >= found.rank)
        throw Error(ErrorKind::Corrupt,
                    escaped(path_of_key(found.key)) + " is a link to what the snapshot does not hold");
    found.rank = first.rank();
    return found;
}

RankedEntry SnapshotTree::at(std::uint64_t rank) const {
    const ManifestCursor cursor = manifest_.seek_rank(rank);
    if (!cursor.valid()) throw Error(ErrorKind::NotFound, "the snapshot has no entry " + std::to_string(rank));
    return ranked(cursor);
}

std::optional<RankedEntry> SnapshotTree::at_key(const std::string& key) const {
    const ManifestCursor cursor = manifest_.seek(key);
    if (!cursor.valid() || cursor.key() != key) return std::nullopt;
    return ranked(cursor);
}

std::string SnapshotTree::prefix_of(std::uint64_t folder) const {
    const ManifestCursor cursor = manifest_.seek_rank(folder);
    if (!cursor.valid()) throw Error(ErrorKind::NotFound, "the snapshot has no entry " + std::to_string(folder));
    if (cursor.entry().type != EntryType::Directory)
        throw Error(ErrorKind::Usage, escaped(path_of_key(cursor.key())) + " is no folder");
    return children_prefix(components_of_key(cursor.key()));
}

std::optional<RankedEntry> SnapshotTree::child(std::uint64_t folder, std::string_view name) const {
    if (name.empty() || name.size() > kNameBytesMax || name.find('\0') != std::string_view::npos) return std::nullopt;
    return at_key(prefix_of(folder).append(name));
}

std::uint64_t SnapshotTree::parent(std::uint64_t folder) const {
    if (folder == 0) return 0;
    const ManifestCursor cursor = manifest_.seek_rank(folder);
    if (!cursor.valid()) throw Error(ErrorKind::NotFound, "the snapshot has no entry " + std::to_string(folder));
    const std::string key = parent_key(cursor.key());
    const ManifestCursor above = manifest_.seek(key);
    if (!above.valid() || above.key() != key)
        throw Error(ErrorKind::Corrupt, escaped(path_of_key(cursor.key())) + " stands in no folder");
    return above.rank();
}

SnapshotTree::Pause SnapshotTree::resume(std::uint64_t folder, std::uint64_t cookie) const {
    {
        const std::lock_guard lock(mutex_);
        const auto kept = std::ranges::find_if(
            pauses_, [&](const Pause& pause) { return pause.cookie == cookie && pause.folder == folder; });
        if (kept != pauses_.end()) return std::exchange(*kept, {});
    }
    Pause pause{folder, cookie, prefix_of(folder), {}};
    pause.cursor = manifest_.seek(pause.prefix);
    const std::uint64_t place = cookie - kCookieOfDotDot;
    if (place > 0 && pause.cursor.valid()) pause.cursor = manifest_.seek_rank(pause.cursor.rank() + place);
    return pause;
}

void SnapshotTree::keep(Pause pause) const {
    const std::lock_guard lock(mutex_);
    pauses_[next_pause_++ % kPausesMax] = std::move(pause);
}

void SnapshotTree::list(std::uint64_t folder, std::uint64_t cookie, const TakeItem& take) const {
    cookie = std::max(cookie, kCookieOfDotDot);
    Pause pause = resume(folder, cookie);
    for (ManifestCursor& cursor = pause.cursor; cursor.valid() && cursor.key().starts_with(pause.prefix);
         cursor.next(), ++pause.cookie) {
        const RankedEntry found = ranked(cursor);
        DirectoryItem item;
        item.name = cursor.key().substr(pause.prefix.size());
        item.attributes = attributes(found);
        item.inode = item.attributes->inode;
        item.type = found.entry.type;
        item.next_cookie = pause.cookie + 1;
        if (!take(item)) return keep(std::move(pause));
    }
}

NodeAttributes SnapshotTree::attributes(const RankedEntry& ranked) const {
    const Entry& entry = ranked.entry;
    NodeAttributes node;
    node.inode = {slot_, ranked.rank};
    node.type = entry.type;
    node.mode = entry.mode;
    node.uid = entry.uid;
    node.gid = entry.gid;
    node.links = entry.links;
    node.size = entry.type == EntryType::Symlink ? entry.target.size() : entry.size;
    node.allocated = entry.allocated;
    node.device_major = entry.device_major;
    node.device_minor = entry.device_minor;
    node.mtime = entry.mtime;
    node.ctime = entry.ctime;
    return node;
}

}  // namespace vault
