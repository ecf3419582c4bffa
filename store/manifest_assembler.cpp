// Events become contents, entries and boxes.
#include "store/manifest_assembler.h"

#include <stdexcept>

#include "store/base/error.h"

namespace vault {

namespace {

BoxSort sort_of(ChunkClass chunk_class) {
    switch (chunk_class) {
        case ChunkClass::Database: return BoxSort::Database;
        case ChunkClass::Media: return BoxSort::Media;
        default: return BoxSort::General;
    }
}

}  // namespace

ManifestAssembler::ManifestAssembler(const Keys& keys, const ShapeParameters& shape, KnownChunks& known,
                                     SnapshotProgress& progress)
    : keys_(keys), shape_(shape), known_(known), progress_(progress), manifest_(*this, NodeShape::of(shape)) {}

ManifestAssembler::~ManifestAssembler() = default;

void ManifestAssembler::take(Batch& batch) {
    put_new_chunks(batch);
    for (Event& event : batch.events) take_event(batch, event);
    batch.boxes = boxes_.take_closed();
}

// Chunks of an entry that is abandoned later are put as well: the boundary of boxes must not depend on it, and a chunk
// that nothing references is prune's daily bread.
void ManifestAssembler::put_new_chunks(const Batch& batch) {
    std::vector<ChunkId> asked;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < batch.ids.size(); ++i) {
        if (known_.is_own(batch.ids[i])) continue;
        asked.push_back(batch.ids[i]);
        places.push_back(i);
    }
    if (asked.empty()) return;
    const std::vector<bool> in_view = known_.in_view(asked, packs_);
    for (std::size_t i = 0; i < asked.size(); ++i) {
        if (in_view[i] || known_.is_own(asked[i])) continue;  // own by now: twice in this batch
        const CutChunk& chunk = batch.chunks[places[i]];
        known_.claim(asked[i], chunk.length);
        boxes_.add(sort_of(chunk.chunk_class), asked[i], ByteView(batch.bytes).subspan(chunk.offset, chunk.length));
        ++data_chunks_added_;
        totals_.added_bytes += chunk.length;
        progress_.bytes_new += chunk.length;
    }
}

void ManifestAssembler::take_event(const Batch& batch, Event& event) {
    if (auto* copied = std::get_if<CopiedEntry>(&event)) {
        manifest_.add(copied->key, copied->record);
        totals_.content_bytes += copied->content_bytes;
        count(copied->type, true, false);
    } else if (auto* entry = std::get_if<NewEntry>(&event)) {
        take_entry(*entry);
    } else if (const auto* pieces = std::get_if<ChunkPieces>(&event)) {
        for (std::size_t i = pieces->first; i < pieces->first + pieces->count; ++i)
            add_extent({batch.chunks[i].length, batch.ids[i]});
    } else if (const auto* hole = std::get_if<HolePiece>(&event)) {
        add_extent({hole->length, std::nullopt});
    } else if (std::holds_alternative<AbandonedContent>(event)) {
        extents_.clear();
        extents_tree_.reset();
    } else if (std::holds_alternative<SourceBoundary>(event)) {
        boxes_.close_data_boxes();
    } else if (std::holds_alternative<EndOfSource>(event)) {
        take_end();
    } else {
        throw std::logic_error("an entry that was put off came here unread");
    }
}

void ManifestAssembler::take_end() {
    built_ = manifest_.finish();
    boxes_.close_all();
}

void ManifestAssembler::add_extent(const Extent& extent) {
    if (!extents_tree_ && extents_.size() == shape_.extent_list_items) {
        extents_tree_.emplace(static_cast<NodeSink&>(*this), NodeShape::of(shape_));
        for (const Extent& earlier : extents_) extents_tree_->add(earlier);
        extents_.clear();
    }
    if (extents_tree_) {
        extents_tree_->add(extent);
    } else {
        extents_.push_back(extent);
    }
}

void ManifestAssembler::finish_content(NewEntry& entry) {
    const auto chunk_class = static_cast<std::uint8_t>(entry.chunk_class);
    if (extents_tree_) {
        const BuiltTree tree = extents_tree_->finish();
        entry.entry.content = ExtentsRoot{chunk_class, tree.root.id, tree.root.level};
    } else if (!extents_.empty()) {
        entry.entry.content = ExtentList{chunk_class, std::move(extents_)};
    }
    extents_.clear();
    extents_tree_.reset();
}

void ManifestAssembler::take_entry(NewEntry& entry) {
    if (entry.link && !entry.link->first) {
        FirstLinks::First first = first_links_.get(entry.link->group);
        entry.entry.first_link = std::move(first.key);
        entry.entry.content = std::move(first.entry.content);
        entry.entry.size = first.entry.size;
        entry.entry.changed_while_read = first.entry.changed_while_read;
        extents_.clear();
    } else if (entry.content_in_pieces) {
        finish_content(entry);
    }
    if (!entry.attributes.empty()) attach_attributes(entry);
    const Bytes record = encode(entry.entry);
    if (entry.link && entry.link->first) first_links_.add(entry.link->group, entry.key, record);
    manifest_.add(entry.key, record);
    if (entry.entry.type == EntryType::Regular) totals_.content_bytes += entry.entry.size;
    count(entry.entry.type, entry.before.has_value(), !entry.before || !equal(*entry.before, record));
}

void ManifestAssembler::attach_attributes(NewEntry& entry) {
    if (encode_attribute_set(entry.attributes).size() <= shape_.inline_attributes_bytes) {
        entry.entry.attributes = std::move(entry.attributes);
        return;
    }
    const Bytes chunk = encode_attribute_chunk(entry.attributes);
    const ChunkId id = keys_.chunk_id(ChunkKind::Tree, chunk);
    put_tree_chunk(BoxSort::TreeLeaves, id, chunk);
    entry.entry.attributes = AttributesChunk{id, chunk.size()};
}

ChunkId ManifestAssembler::put_node(Bytes plaintext, std::uint8_t level) {
    const ChunkId id = keys_.chunk_id(ChunkKind::Tree, plaintext);
    put_tree_chunk(level == 0 ? BoxSort::TreeLeaves : BoxSort::TreeInner, id, plaintext);
    return id;
}

std::uint64_t ManifestAssembler::boundary_hash(std::uint8_t level, ByteView item) const {
    return keys_.boundary_hash(level, item);
}

void ManifestAssembler::put_tree_chunk(BoxSort sort, const ChunkId& id, ByteView plaintext) {
    if (known_.is_own(id) || known_.is_in_view(id, packs_)) return;
    known_.claim(id, static_cast<std::uint32_t>(plaintext.size()));
    boxes_.add(sort, id, plaintext);
    ++tree_chunks_added_;
    totals_.added_bytes += plaintext.size();
    progress_.bytes_new += plaintext.size();
}

void ManifestAssembler::count(EntryType type, bool existed, bool differs) {
    const bool is_file = type == EntryType::Regular, is_folder = type == EntryType::Directory;
    if (!existed) {
        ++(is_file ? totals_.files_new : is_folder ? totals_.dirs_new : totals_.others_new);
    } else if (differs) {
        ++(is_file ? totals_.files_changed : is_folder ? totals_.dirs_changed : totals_.others_changed);
    } else {
        ++(is_file ? totals_.files_unmodified : is_folder ? totals_.dirs_unmodified : totals_.others_unmodified);
    }
}

}  // namespace vault
