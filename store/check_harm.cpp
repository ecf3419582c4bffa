// A walk like the check's own, by what is known to be bad.
#include "store/check_harm.h"

#include "store/damage_report.h"
#include "store/format/manifest_key.h"
#include "store/references.h"
#include "store/tree_path.h"

namespace vault {

std::vector<std::optional<ChunkLocation>> HarmFinder::places_of(const std::vector<ChunkId>& ids) const {
    return chunks_.view().index->find(ids, chunks_.view().chunks->view());
}

// Null where it cannot be read.
std::shared_ptr<const TreeNode> HarmFinder::node(const ChunkId& id, const std::optional<ChunkLocation>& place) {
    if (!place) return nullptr;
    try {
        return chunks_.view().chunks->node(id);
    } catch (const Error& error) {
        if (!is_finding_or_gone(error)) throw;
        return nullptr;
    }
}

bool HarmFinder::note_if_bad(ChunkKind kind, const ChunkId& id, const std::optional<ChunkLocation>& place,
                             HarmedEntry& harmed) const {
    if (chunks_.is_sound(id, place)) return false;
    ++harmed.chunk_count;
    if (harmed.chunks.size() >= kChunksNamed) return true;
    HarmfulChunk chunk{{kind, id}, std::nullopt};
    if (place) chunk.pack = chunks_.view().index->pack(place->pack)->id;
    harmed.chunks.push_back(chunk);
    return true;
}

void HarmFinder::emit(const HarmedEntry& harmed) {
    harmed_ += harmed.hidden_entries > 0 ? harmed.hidden_entries : 1;
    (*take_)(harmed);
}

void HarmFinder::hide(const ChunkId& id, const std::optional<ChunkLocation>& place, const Totals& totals,
                      const std::string& last_key) {
    HarmedEntry harmed;
    harmed.snapshot = snapshot_;
    harmed.path = last_key_.empty() ? "" : path_of_key(last_key_);
    harmed.last_path = path_of_key(last_key);
    harmed.hidden_entries = std::max<std::uint64_t>(totals.entries, 1);
    harmed.hidden_files = totals.files;
    // It does not decode, though its bytes are as its id says: named all the same.
    if (!note_if_bad(ChunkKind::Tree, id, place, harmed)) {
        harmed.chunk_count = 1;
        harmed.chunks.push_back({{ChunkKind::Tree, id}, chunks_.view().index->pack(place->pack)->id});
    }
    emit(harmed);
}

std::uint64_t HarmFinder::find(const CommitRecord& snapshot, const std::function<void(const HarmedEntry&)>& take) {
    take_ = &take;
    snapshot_ = snapshot.sid;
    last_key_.clear();
    harmed_ = 0;
    const auto place = places_of({snapshot.root})[0];
    if (place && sound_.test(*place)) return 0;
    const auto root = node(snapshot.root, place);
    if (root && root->node.tree == TreeKind::Manifest) {
        if (walk_manifest(*root)) sound_.set(*place);
    } else {
        Totals all;
        all.entries = snapshot.totals.entries();
        all.files = snapshot.totals.files();
        hide(snapshot.root, place, all, "");
    }
    return harmed_;
}

bool HarmFinder::walk_manifest(const TreeNode& node) {
    poll_();
    bool sound = true;
    if (node.node.level > 0) {
        std::vector<ChunkId> ids;
        for (const auto& item : node.manifest_children()) ids.push_back(item.child.id);
        const auto places = places_of(ids);
        for (std::size_t i = 0; i < ids.size(); ++i) {
            const ManifestInnerItem& item = node.manifest_children()[i];
            if (!places[i] || !sound_.test(*places[i])) {
                const auto child = this->node(ids[i], places[i]);
                const bool fits = child && child->node.tree == TreeKind::Manifest &&
                                  child->node.level + 1 == node.node.level;
                if (!fits) hide(ids[i], places[i], item.child.totals, item.last_key);
                if (fits && walk_manifest(*child)) sound_.set(*places[i]);
                else sound = false;
            }
            last_key_ = item.last_key;
        }
        return sound;
    }
    std::vector<Entry> entries;
    std::vector<ChunkId> ids;
    std::vector<std::size_t> first;
    for (const ManifestLeafItem& item : node.manifest_entries()) {
        entries.push_back(decode_entry(item.entry));
        first.push_back(ids.size());
        std::vector<Reference> references;
        add_references(entries.back(), references);
        for (const Reference& reference : references) ids.push_back(reference.id);
    }
    const auto places = places_of(ids);
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const std::string& key = node.manifest_entries()[i].key;
        if (walk_entry(key, entries[i], std::span(places).subspan(first[i]))) sound = false;
        last_key_ = key;
    }
    return sound;
}

// True where it is harmed. `places` are those of its references, in their order.
bool HarmFinder::walk_entry(const std::string& key, const Entry& entry,
                            std::span<const std::optional<ChunkLocation>> places) {
    HarmedEntry harmed;
    harmed.snapshot = snapshot_;
    std::size_t at = 0;
    bool content = false, attributes = false;
    if (const auto* stored = std::get_if<AttributesChunk>(&entry.attributes))
        attributes = note_if_bad(ChunkKind::Tree, stored->id, places[at++], harmed);
    if (const auto* root = std::get_if<ExtentsRoot>(&entry.content)) {
        const auto& place = places[at];
        if (!place || !sound_.test(*place)) {
            const auto top = node(root->root, place);
            if (!top || top->node.tree != TreeKind::Extents)
                content = note_if_bad(ChunkKind::Tree, root->root, place, harmed) || !top;
            else
                content = walk_extents(*top, harmed);
            if (!content && place) sound_.set(*place);
        }
    } else if (const auto* list = std::get_if<ExtentList>(&entry.content)) {
        for (const Extent& extent : list->extents)
            if (extent.chunk && note_if_bad(ChunkKind::Data, *extent.chunk, places[at++], harmed)) content = true;
    }
    if (!content && !attributes) return false;
    harmed.path = path_of_key(key);
    harmed.attributes_only = !content;
    emit(harmed);
    return true;
}

bool HarmFinder::walk_extents(const TreeNode& node, HarmedEntry& harmed) {
    poll_();
    std::vector<ChunkId> ids;
    if (node.node.level == 0) {
        for (const auto& item : node.extents())
            if (item.extent.chunk) ids.push_back(*item.extent.chunk);
    } else {
        for (const auto& item : node.extents_children()) ids.push_back(item.child.id);
    }
    const auto places = places_of(ids);
    bool bad = false;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (node.node.level == 0) {
            bad = note_if_bad(ChunkKind::Data, ids[i], places[i], harmed) || bad;
            continue;
        }
        if (places[i] && sound_.test(*places[i])) continue;
        const auto child = this->node(ids[i], places[i]);
        if (!child || child->node.tree != TreeKind::Extents || child->node.level + 1 != node.node.level) {
            note_if_bad(ChunkKind::Tree, ids[i], places[i], harmed);
            bad = true;
        } else if (walk_extents(*child, harmed)) {
            bad = true;
        } else {
            sound_.set(*places[i]);
        }
    }
    return bad;
}

}  // namespace vault
