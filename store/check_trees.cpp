// Nodes, entries, extents: read once, compared with what names them.
#include "store/check_trees.h"

#include <algorithm>

#include "store/base/text.h"
#include "store/check_shape.h"
#include "store/format/manifest_key.h"

namespace vault {

namespace {

std::uint64_t key_of_place(const ChunkLocation& at) {
    return std::uint64_t{at.pack} << 32 | at.entry;
}

// Tells nodes apart that an honest writer would not mix up; what an attacker may make equal is caught by readers, which
// compare in full.
std::uint64_t fingerprint(TreeKind tree, unsigned level, const Totals& totals, std::string_view last_key) {
    std::uint64_t mixed = static_cast<std::uint64_t>(tree) << 8 | level;
    for (const std::uint64_t part : {totals.entries, totals.files, totals.apparent, totals.allocated,
                                     static_cast<std::uint64_t>(std::hash<std::string_view>()(last_key))})
        mixed = (mixed ^ part) * 0x9e3779b97f4a7c15 + (mixed >> 29);
    return mixed;
}

std::string_view last_key_of(const TreeNode& node) {
    return node.node.tree == TreeKind::Manifest ? std::string_view(key_of(node, node.size() - 1)) : std::string_view();
}

std::uint64_t own_fingerprint(const TreeNode& node) {
    return fingerprint(node.node.tree, node.node.level, node.totals, last_key_of(node));
}

// An attribute set may have a node's bytes, and so its place.
constexpr std::uint64_t kAsAttributes = std::uint64_t{1} << 63;

}  // namespace

TreeCheck::Seen TreeCheck::seen(const TreeNode& node, const Below& below) {
    return {own_fingerprint(node), below.content_bytes, below.whole, below.closed};
}

std::vector<std::optional<ChunkLocation>> TreeCheck::find(const std::vector<ChunkId>& ids) const {
    return chunks_.view().index->find(ids, chunks_.view().chunks->view());
}

void TreeCheck::complain(const std::string& why) {
    constexpr std::size_t kLinesMax = 100;
    if (wrong_.size() < kLinesMax) wrong_.push_back(why);
}

TreeCheck::Below TreeCheck::fail(ChunkKind kind, const ChunkId& id, const Error& error) {
    const auto place = find({id})[0];
    if (!place) {
        chunks_.miss(kind, id);
    } else {
        chunks_.probe(kind, id);
        // Every byte is as its id says: then it was written wrong.
        if (chunks_.is_sound(id, place)) complain(error.what());
    }
    return {0, false, true};
}

std::vector<std::string> TreeCheck::walk(const CommitRecord& snapshot) {
    wrong_.clear();
    last_parent_.clear();
    path_.clear();
    ChunkStore& store = *chunks_.view().chunks;
    const TreeRoot root{snapshot.root, snapshot.root_level};
    Below below;
    Totals totals;
    try {
        const auto node = open_root(store, TreeKind::Manifest, root);
        totals = node->totals;
        reader_.emplace(store, root);
        const auto place = find({root.id})[0];
        chunks_.reached.set(*place);
        const auto known = seen_.find(key_of_place(*place));
        if (known != seen_.end()) below = {known->second.content_bytes, known->second.whole, true};
        else seen_[key_of_place(*place)] = seen(*node, below = walk_node(node));
    } catch (const Error& error) {
        if (!is_finding_or_gone(error)) throw;
        fail(ChunkKind::Tree, root.id, error);
        return wrong_;
    }
    reader_.reset();
    const SnapshotTotals& said = snapshot.totals;
    const auto compare = [&](const char* what, std::uint64_t sealed, std::uint64_t found) {
        if (sealed == found) return;
        complain("it says " + std::to_string(sealed) + " " + what + ", its tree holds " + std::to_string(found));
    };
    compare("files", said.files(), totals.files);
    compare("entries", said.entries(), totals.entries);
    if (below.whole) compare("bytes of content", said.content_bytes, below.content_bytes);
    return wrong_;
}

TreeCheck::Below TreeCheck::walk_node(const std::shared_ptr<const TreeNode>& node) {
    poll_();
    ++nodes_;
    path_.push_back({node});
    Below below;
    if (node->node.level > 0) below = walk_children(*node);
    else if (node->node.tree == TreeKind::Manifest) below = walk_entries(*node);
    else below = walk_extents(*node);
    path_.pop_back();
    const NodeEnd end = node_end(repository_.keys(), NodeShape::of(repository_.config().shape), *node);
    if (end.too_late) complain("a tree node goes on behind the item that should end it");
    below.closed = end.closed;
    return below;
}

TreeCheck::Below TreeCheck::walk_children(const TreeNode& node) {
    ChunkStore& store = *chunks_.view().chunks;
    std::vector<ChunkId> ids;
    ids.reserve(node.size());
    for (std::size_t i = 0; i < node.size(); ++i) ids.push_back(child_of(node, i).id);
    const auto places = find(ids);
    Below sum;
    std::shared_ptr<const TreeNode> before;  // the child before, if it was read
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const std::size_t depth = path_.size();
        Below below;
        try {
            if (!places[i]) throw Error(ErrorKind::NotFound, "it is in no pack");
            chunks_.reached.set(*places[i]);
            const std::string_view key =
                node.node.tree == TreeKind::Manifest ? std::string_view(key_of(node, i)) : std::string_view();
            const std::uint64_t wanted =
                fingerprint(node.node.tree, node.node.level - 1u, child_of(node, i).totals, key);
            if (const auto known = seen_.find(key_of_place(*places[i])); known != seen_.end()) {
                if (known->second.fingerprint != wanted)
                    complain("tree node " + ids[i].hex() + ": holds other things than its parent says");
                below = {known->second.content_bytes, known->second.whole, known->second.closed};
                before.reset();
            } else {
                path_.back().index = i;
                const auto child = open_child(store, path_);
                if (before && node.node.tree == TreeKind::Extents) check_neighbours(*before, *child);
                below = walk_node(child);
                seen_[key_of_place(*places[i])] = seen(*child, below);
                before = child;
            }
        } catch (const Error& error) {
            if (!is_finding_or_gone(error)) throw;
            path_.resize(depth);
            below = fail(ChunkKind::Tree, ids[i], error);
            before.reset();
        }
        if (i + 1 < ids.size() && !below.closed)
            complain("tree node " + ids[i].hex() + ": it ends where nothing ends it");
        sum.content_bytes += below.content_bytes;
        sum.whole = sum.whole && below.whole;
    }
    return sum;
}

TreeCheck::Below TreeCheck::walk_entries(const TreeNode& node) {
    Below below;
    std::vector<Extent> extents;
    for (const ManifestLeafItem& item : node.manifest_entries()) {
        ++entries_;
        try {
            const Entry entry = decode_entry(item.entry);
            check_place(entry, item.key);
            if (const auto why = unusual_form(entry, repository_.config().shape))
                complain(escaped(path_of_key(item.key)) + ": " + *why);
            if (const auto* stored = std::get_if<AttributesChunk>(&entry.attributes))
                below.whole = follow_attributes(*stored) && below.whole;
            if (entry.type == EntryType::Regular) below.content_bytes += entry.size;
            if (const auto* list = std::get_if<ExtentList>(&entry.content))
                extents.insert(extents.end(), list->extents.begin(), list->extents.end());
            else if (const auto* root = std::get_if<ExtentsRoot>(&entry.content))
                below.whole = follow_extents(*root, entry) && below.whole;
        } catch (const Error& error) {
            if (!is_finding_or_gone(error)) throw;
            complain(escaped(item.key) + ": " + error.what());
        }
    }
    return {below.content_bytes, follow_data(extents) && below.whole, true};
}

// Every entry has its parent directory; a further link has its first. The reader's way to both is short and in cache.
void TreeCheck::check_place(const Entry& entry, const std::string& key) {
    components_of_key(key);  // throws for one that is none
    if (key.empty()) {
        if (entry.type != EntryType::Directory) complain("its root is no directory");
        return;
    }
    const std::string parent = parent_key(key);
    if (parent != last_parent_ || parent.empty()) {
        const auto found = reader_->find(parent);
        if (!found || found->type != EntryType::Directory) complain(escaped(path_of_key(key)) + ": no folder holds it");
        last_parent_ = parent;
    }
    if (!entry.first_link) return;
    const auto first = *entry.first_link < key ? reader_->find(*entry.first_link) : std::nullopt;
    if (!first || first->type != entry.type || first->first_link)
        complain(escaped(path_of_key(key)) + ": the first of its hard links is not what it must be");
}

TreeCheck::Below TreeCheck::walk_extents(const TreeNode& node) {
    std::vector<Extent> extents;
    extents.reserve(node.size());
    for (const ExtentsLeafItem& item : node.extents()) extents.push_back(item.extent);
    return {0, follow_data(extents), true};
}

bool TreeCheck::follow_data(const std::vector<Extent>& extents) {
    std::vector<ChunkId> ids;
    std::vector<std::uint64_t> lengths;
    for (const Extent& extent : extents) {
        if (!extent.chunk) continue;
        ids.push_back(*extent.chunk);
        lengths.push_back(extent.length);
    }
    const auto places = find(ids);
    bool whole = true;
    for (std::size_t i = 0; i < places.size(); ++i) {
        if (!places[i]) {
            chunks_.miss(ChunkKind::Data, ids[i]);
            whole = false;
            continue;
        }
        chunks_.reached.set(*places[i]);
        if (places[i]->length != lengths[i])
            complain("chunk " + ids[i].hex() + " has " + std::to_string(places[i]->length) +
                     " bytes, and a file wants " + std::to_string(lengths[i]) + " of it");
        if (chunks_.kind_of(places[i]->pack) != ChunkKind::Data)
            complain("chunk " + ids[i].hex() + " of a file lies in a pack of tree nodes");
    }
    return whole;
}

bool TreeCheck::follow_attributes(const AttributesChunk& stored) {
    const auto place = find({stored.id})[0];
    try {
        if (!place) throw Error(ErrorKind::NotFound, "it is in no pack");
        chunks_.reached.set(*place);
        // A set that many entries share is read once; nothing but its length is said of it elsewhere.
        if (seen_.contains(key_of_place(*place) | kAsAttributes) && place->length == stored.length) return true;
        decode_attributes(stored, chunks_.view().chunks->chunk(ChunkKind::Tree, stored.id).bytes);
        seen_[key_of_place(*place) | kAsAttributes] = {};
        return true;
    } catch (const Error& error) {
        if (!is_finding_or_gone(error)) throw;
        return fail(ChunkKind::Tree, stored.id, error).whole;
    }
}

bool TreeCheck::follow_extents(const ExtentsRoot& root, const Entry& entry) {
    const auto place = find({root.root})[0];
    TreePath manifest_path;
    manifest_path.swap(path_);
    Below below;
    try {
        if (!place) throw Error(ErrorKind::NotFound, "it is in no pack");
        chunks_.reached.set(*place);
        // The root of every content is read: its size stands nowhere else.
        const auto node = open_root(*chunks_.view().chunks, TreeKind::Extents, {root.root, root.level});
        if (node->totals.apparent != entry.size)
            complain("a file of " + std::to_string(entry.size) + " bytes has a content of " +
                     std::to_string(node->totals.apparent));
        if (const auto why = unusual_extents(*node, repository_.config().shape)) complain(*why);
        const auto known = seen_.find(key_of_place(*place));
        if (known != seen_.end()) below = {0, known->second.whole, true};
        else seen_[key_of_place(*place)] = seen(*node, below = walk_node(node));
    } catch (const Error& error) {
        if (!is_finding_or_gone(error)) {
            path_.swap(manifest_path);
            throw;
        }
        below = fail(ChunkKind::Tree, root.root, error);
    }
    path_.swap(manifest_path);
    return below.whole;
}

}  // namespace vault
