// A hand-made snapshot: entries by key, chunks in boxes, and the damage that tests do to them.
#include "tests/support/stored_tree.h"

#include <unistd.h>

#include "store/format/manifest_key.h"
#include "store/tree_builder.h"
#include "store/tree_diff.h"
#include "tests/support/sample_trees.h"

namespace vault {

namespace {

std::string key_of(const std::string& path) {
    return manifest_key(components_of_path(path));
}

Entry entry_of_type(EntryType type, std::uint32_t mode) {
    Entry entry;
    entry.type = type;
    entry.mode = mode;
    entry.uid = ::geteuid();
    entry.gid = ::getegid();
    entry.mtime = {978'000'000, 123'456'789};
    entry.ctime = entry.mtime;
    return entry;
}

}  // namespace

StoredTree::StoredTree() : hash_(Bytes(32, 0x33), 32) {
    record.source_roots = {"/"};
    add("/", entry_of_type(EntryType::Directory, 0755)).implied = true;
}

Entry& StoredTree::add(const std::string& path, Entry entry) {
    std::vector<std::string> components = components_of_path(path);
    const std::string key = manifest_key(components);
    while (!components.empty()) {
        components.pop_back();
        entries_.try_emplace(manifest_key(components), entry_of_type(EntryType::Directory, 0755));
    }
    return entries_[key] = std::move(entry);
}

Entry& StoredTree::directory(const std::string& path) {
    return add(path, entry_of_type(EntryType::Directory, 0755));
}

Entry& StoredTree::file(const std::string& path, const std::string& content) {
    return file_of(path, content.empty() ? std::vector<Extent>{} : std::vector{chunk(content)});
}

Entry& StoredTree::inline_file(const std::string& path, const std::string& content) {
    Entry entry = entry_of_type(EntryType::Regular, 0644);
    entry.size = content.size();
    entry.content = to_bytes(as_bytes(content));
    return add(path, entry);
}

Entry& StoredTree::file_of(const std::string& path, const std::vector<Extent>& extents) {
    Entry entry = entry_of_type(EntryType::Regular, 0644);
    for (const Extent& extent : extents) entry.size += extent.length;
    if (extents.size() > 128) {
        const BuiltTree tree = build(nodes_, NodeShape{}, extents);
        entry.content = ExtentsRoot{1, tree.root.id, tree.root.level};
    } else if (!extents.empty()) {
        entry.content = ExtentList{1, extents};
    }
    return add(path, entry);
}

Entry& StoredTree::symlink(const std::string& path, const std::string& target) {
    Entry entry = entry_of_type(EntryType::Symlink, 0777);
    entry.target = target;
    entry.size = target.size();
    return add(path, entry);
}

Entry& StoredTree::link(const std::string& path, const std::string& first) {
    Entry& original = entries_.at(key_of(first));
    ++original.links;
    Entry entry = original;
    entry.first_link = key_of(first);
    return add(path, entry);
}

ChunkId StoredTree::id_of(ByteView bytes) const {
    ChunkId id;
    hash_({bytes}, id.bytes);
    return id;
}

Extent StoredTree::chunk(const std::string& content) {
    const ChunkId id = id_of(as_bytes(content));
    const Extent extent{content.size(), id};
    if (places_.contains(id)) return extent;
    if (boxes_.empty() || chunks_in_box_ == chunks_per_box) {
        boxes_.emplace_back();
        chunks_in_box_ = 0;
    }
    const auto box = static_cast<std::uint32_t>(boxes_.size() - 1);
    PlacedChunk place;
    place.at = {1, 0, box, static_cast<std::uint32_t>(boxes_[box].size()), static_cast<std::uint32_t>(content.size())};
    place.box_offset = 1000 * std::uint64_t{box};
    places_[id] = place;
    append(boxes_[box], as_bytes(content));
    ++chunks_in_box_;
    return extent;
}

ChunkId StoredTree::tree_chunk(Bytes plaintext) {
    const ChunkId id = id_of(plaintext);
    tree_chunks_[id] = std::move(plaintext);
    return id;
}

void StoredTree::damage(const std::string& content) {
    const ChunkLocation at = places_.at(id_of(as_bytes(content))).at;
    boxes_[at.box][at.offset] ^= 1;
}

void StoredTree::lose_box_of(const std::string& content) {
    lost_boxes_.insert(places_.at(id_of(as_bytes(content))).at.box);
}

void StoredTree::keep_other_copy(const std::string& content) {
    other_copies_[id_of(as_bytes(content))] = to_bytes(as_bytes(content));
}

void StoredTree::forget(const std::string& content) {
    places_.erase(id_of(as_bytes(content)));
}

std::vector<std::optional<PlacedChunk>> StoredTree::locate(std::span<const ChunkId> ids) {
    std::vector<std::optional<PlacedChunk>> found;
    for (const ChunkId& id : ids) {
        const auto place = places_.find(id);
        found.push_back(place == places_.end() ? std::nullopt : std::optional(place->second));
    }
    return found;
}

Bytes StoredTree::load_box(PackNumber, std::uint32_t box) {
    std::uint64_t count = 0;
    {
        const std::lock_guard lock(mutex_);
        ++loads[box];
        count = ++load_count_;
    }
    if (on_load) on_load(count);
    if (lost_boxes_.contains(box)) throw Error(ErrorKind::Corrupt, "box " + std::to_string(box) + " is damaged");
    return boxes_.at(box);
}

std::vector<bool> StoredTree::verify(std::span<const ByteView> bytes, std::span<const ChunkId> ids) {
    std::vector<bool> sound(bytes.size());
    for (std::size_t i = 0; i < bytes.size(); ++i) sound[i] = id_of(bytes[i]) == ids[i];
    return sound;
}

Bytes StoredTree::chunk(ChunkKind kind, const ChunkId& id) {
    if (kind == ChunkKind::Tree) {
        const auto found = tree_chunks_.find(id);
        if (found == tree_chunks_.end()) throw Error(ErrorKind::NotFound, "no such chunk of a tree");
        return found->second;
    }
    const auto other = other_copies_.find(id);
    if (other != other_copies_.end()) return other->second;
    const auto place = places_.find(id);
    if (place == places_.end()) throw Error(ErrorKind::NotFound, "no pack holds the chunk");
    const ChunkLocation at = place->second.at;
    if (lost_boxes_.contains(at.box)) throw Error(ErrorKind::Corrupt, "its box is damaged");
    const Bytes bytes(boxes_[at.box].begin() + at.offset, boxes_[at.box].begin() + at.offset + at.length);
    if (id_of(bytes) != id) throw Error(ErrorKind::Corrupt, "a chunk is damaged");
    return bytes;
}

TreeRoot StoredTree::build_manifest() {
    nodes_.before_get = {};
    ManifestBuilder builder(nodes_, shape);
    for (const auto& [key, entry] : entries_) builder.add(key, encode(entry));
    return builder.finish().root;
}

StoredTree::Leaf StoredTree::find_leaf(const TreeRoot& root, const std::string& path) {
    const std::string key = key_of(path);
    Leaf found;
    const auto visit = [&](const NodeLink& link, const TreeNode& node) {
        if (link.level > 0) return;
        for (const ManifestLeafItem& item : node.manifest_entries())
            if (item.key == key) found = {link.id, node.manifest_entries()};
    };
    visit_nodes(nodes_, TreeKind::Manifest, root, [](const NodeLink&) { return true; }, visit);
    if (found.items.empty()) throw Error(ErrorKind::NotFound, "the tree of the test has no " + path);
    return found;
}

std::vector<std::string> StoredTree::leaf_of(const std::string& path) {
    std::vector<std::string> paths;
    for (const ManifestLeafItem& item : find_leaf(build_manifest(), path).items)
        paths.push_back(path_of_key(item.key));
    return paths;
}

RestoreReport StoredTree::restore(const RestoreOptions& options, const std::function<bool()>& interrupted) {
    const TreeRoot root = build_manifest();
    std::map<ChunkId, Loss> lost;
    for (const Loss& loss : losses_) lost[find_leaf(root, loss.path).id] = loss;
    if (is_root_lost_) lost[root.id] = {};
    nodes_.before_get = [lost, visits = std::map<ChunkId, std::uint64_t>()](const ChunkId& id) mutable {
        const auto loss = lost.find(id);
        if (loss == lost.end()) return;
        const std::uint64_t visit = visits[id]++;
        if (visit >= loss->second.from && visit - loss->second.from < loss->second.visits)
            throw Error(loss->second.kind, "no copy of tree node " + id.hex() + " verifies");
    };
    return restore_tree({*this, nodes_, root, record}, options, {}, interrupted);
}

RestoreReport StoredTree::restore(const std::string& target) {
    RestoreOptions options;
    options.target = target;
    return restore(options);
}

}  // namespace vault
