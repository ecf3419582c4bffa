// Calls go to the tree above the snapshots or into a snapshot.
#include "fuse/vault_fs.h"

#include <algorithm>

#include "fuse/diagnostics.h"
#include "store/format/manifest_key.h"

namespace vault {

VaultFs::VaultFs(const Repository& repository, VaultFsOptions options)
    : watch_(repository, options.filter, options.tell),
      chunks_(repository, options.budget),
      trees_(chunks_, watch_),
      versions_(trees_),
      upper_(watch_, versions_) {
    if (!options.snapshot) return;
    const SnapshotReference reference = parse_reference(*options.snapshot);
    const Snapshot wanted = vault::resolve(list_snapshots(repository), reference.snapshot, options.filter);
    for (const MountedSnapshotPointer& shown : watch_.last()->by_time) {
        if (shown->snapshot.sid != wanted.sid) continue;
        const auto tree = trees_.tree(shown->slot);
        const auto top = tree->at_key(manifest_key(components_of_path(reference.path)));
        if (!top) throw Error(ErrorKind::NotFound, "the snapshot has no " + escaped(reference.path));
        if (top->entry.type != EntryType::Directory)
            throw Error(ErrorKind::Usage, escaped(reference.path) + " is no folder and cannot be a mount point");
        root_ = Inode{shown->slot, top->rank};
        return;
    }
    throw Error(ErrorKind::NotFound, "the snapshot " + wanted.short_id() + " is not among those that --series, --host "
                                     "and --tag leave");
}

Inode VaultFs::resolve(std::uint64_t number) const {
    return root_ && number == kRootInode ? *root_ : Inode::of(number);
}

FoundNode VaultFs::found(const UpperNode& node) {
    FoundNode made;
    made.name_lifetime = Lifetime::Moment;
    if (node.inode.is_upper()) {
        made.attributes = upper_.attributes(node);
    } else {
        const auto tree = trees_.tree(node.inode.slot);
        made.attributes = tree->attributes(tree->at(node.inode.rank));
    }
    return made;
}

std::optional<FoundNode> VaultFs::lookup(std::uint64_t folder, const std::string& name) {
    const Inode inode = resolve(folder);
    if (inode.is_upper()) {
        const auto node = upper_.child(inode.rank, name);
        return node ? std::optional(found(*node)) : std::nullopt;
    }
    const auto tree = trees_.tree(inode.slot);
    const auto child = tree->child(inode.rank, name);
    return child ? std::optional(FoundNode{tree->attributes(*child)}) : std::nullopt;
}

NodeAttributes VaultFs::getattr(std::uint64_t number) {
    const Inode inode = resolve(number);
    if (inode.is_upper()) return upper_.attributes(upper_.node(inode.rank));
    const auto tree = trees_.tree(inode.slot);
    return tree->attributes(tree->at(inode.rank));
}

std::string VaultFs::readlink(std::uint64_t number) {
    const Inode inode = resolve(number);
    if (inode.is_upper()) {
        const UpperNode node = upper_.node(inode.rank);
        if (node.type != EntryType::Symlink) throw Error(ErrorKind::Usage, "it is no symlink");
        return node.target;
    }
    const RankedEntry link = trees_.tree(inode.slot)->at(inode.rank);
    if (link.entry.type != EntryType::Symlink) throw Error(ErrorKind::Usage, "it is no symlink");
    return link.entry.target;
}

void VaultFs::readdir(std::uint64_t folder, std::uint64_t cookie, const TakeItem& take) {
    const Inode inode = resolve(folder);
    const auto tree = inode.is_upper() ? nullptr : trees_.tree(inode.slot);
    DirectoryItem dots;
    dots.name = ".";
    dots.inode = inode;
    dots.next_cookie = kCookieOfDot;
    if (cookie < kCookieOfDot && !take(dots)) return;
    if (cookie < kCookieOfDotDot) {
        dots.name = "..";
        dots.inode = tree ? Inode{inode.slot, tree->parent(inode.rank)} : Inode{0, upper_.parent(inode.rank)};
        dots.next_cookie = kCookieOfDotDot;
        if (!take(dots)) return;
    }
    if (tree) {
        tree->list(inode.rank, cookie, take);
    } else {
        upper_.list(inode.rank, cookie, take);
    }
}

FileBytes VaultFs::read(std::uint64_t number, std::uint64_t offset, std::size_t size) {
    const Inode inode = resolve(number);
    if (inode.is_upper()) throw Error(ErrorKind::Usage, "it is no regular file and has no content");
    return trees_.file(inode)->read(offset, size);
}

void VaultFs::small_files_after(std::uint64_t number, const TakeSmallFile& take) {
    const Inode inode = resolve(number);
    if (inode.is_upper()) return;
    const auto tree = trees_.tree(inode.slot);
    ManifestCursor cursor = tree->manifest().seek_rank(inode.rank);
    if (!cursor.valid()) return;
    const std::string folder = children_prefix(components_of_key(parent_key(cursor.key())));
    for (cursor.next(); cursor.valid() && cursor.key().starts_with(folder); cursor.next()) {
        const Entry entry = cursor.entry();
        // A further link is the inode of its first, which stands elsewhere.
        if (entry.type != EntryType::Regular || entry.first_link || entry.size == 0 || entry.size > kSmallFileBytes)
            continue;
        const auto content = [&] { return FileReader(chunks_, entry).read(0, entry.size); };
        if (!take(Inode{inode.slot, cursor.rank()}.number(), content)) return;
    }
}

std::optional<std::uint64_t> VaultFs::seek(std::uint64_t number, std::uint64_t offset, SeekTo what) {
    const Inode inode = resolve(number);
    if (inode.is_upper()) throw Error(ErrorKind::Usage, "it is no regular file and has no content");
    return trees_.file(inode)->seek(offset, what);
}

AttributeSet VaultFs::attributes_of(const Entry& entry) {
    if (const auto* set = std::get_if<AttributeSet>(&entry.attributes)) return *set;
    const auto* stored = std::get_if<AttributesChunk>(&entry.attributes);
    if (!stored) return {};
    return decode_attributes(*stored, chunks_.tree_chunk(stored->id).bytes);
}

std::vector<std::string> VaultFs::attribute_names(std::uint64_t number) {
    const Inode inode = resolve(number);
    std::vector<std::string> names;
    if (inode.is_upper()) return names;
    for (Attribute& attribute : attributes_of(trees_.tree(inode.slot)->at(inode.rank).entry))
        names.push_back(std::move(attribute.name));
    return names;
}

std::optional<Bytes> VaultFs::attribute(std::uint64_t number, const std::string& name) {
    const Inode inode = resolve(number);
    if (inode.is_upper()) return std::nullopt;
    const RankedEntry ranked = trees_.tree(inode.slot)->at(inode.rank);
    for (Attribute& attribute : attributes_of(ranked.entry))
        if (attribute.name == name) return std::move(attribute.value);
    const MountedSnapshotPointer shown = watch_.in_slot(inode.slot);
    const auto text = diagnostic(name, *shown, ranked, chunks_);
    return text ? std::optional(to_bytes(as_bytes(*text))) : std::nullopt;
}

std::uint32_t VaultFs::attribute_flags(std::uint64_t number) {
    const Inode inode = resolve(number);
    return inode.is_upper() ? 0 : trees_.tree(inode.slot)->at(inode.rank).entry.attribute_flags;
}

bool VaultFs::is_forgotten(std::uint64_t number) {
    const Inode inode = resolve(number);
    return !inode.is_upper() && !watch_.now()->by_slot.contains(inode.slot);
}

std::uint64_t VaultFs::entries_shown() {
    std::uint64_t entries = 0;
    for (const MountedSnapshotPointer& shown : watch_.last()->by_time)
        entries += shown->snapshot.record.totals.entries();
    return entries;
}

FileSystemSize VaultFs::size_of(std::uint64_t number) {
    const Inode inode = resolve(number);
    if (inode.is_upper()) return {chunks_.packed_bytes(), entries_shown()};
    const Totals totals = trees_.tree(inode.slot)->totals();
    return {totals.allocated, totals.entries};
}

}  // namespace vault
