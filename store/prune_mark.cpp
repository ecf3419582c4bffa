// The walk over nodes that were not met before.
#include "store/prune_mark.h"

#include <algorithm>

#include "store/clock.h"
#include "store/control_objects.h"
#include "store/finding.h"

namespace vault {

Marker::Marker(const Index& index, ChunkStore& chunks, PackSet preferred)
    : index_(index), chunks_(chunks), preferred_(std::move(preferred)) {}

Marker::Walked Marker::mark(const TreeRoot& root, const std::function<void()>& poll) {
    poll_ = &poll;
    return {follow({{root.id, Reference::Sort::Node, TreeKind::Manifest, root.level}})};
}

// Depth first, and never skipped before all that lies below a node was tried: `damaged_` is complete then, and tells of
// every snapshot whether it is whole.
bool Marker::walk(const Reference& reference) {
    (*poll_)();
    ++nodes_walked_;
    std::vector<Reference> references;
    try {
        const auto node = chunks_.node(reference.id);
        if (node->node.tree != reference.tree || node->node.level != reference.level)
            throw Error(ErrorKind::Corrupt, "a tree node of another kind or level than its parent says");
        add_references(*node, references);
    } catch (const Error& error) {
        if (!is_damaged_or_gone(error)) throw;
        missing_[reference.id] = {ChunkKind::Tree, error.what()};
        damaged_.insert(reference.id);
        return false;
    }
    const bool whole = follow(references);
    if (!whole) damaged_.insert(reference.id);
    return whole;
}

Marker::Memory Marker::memory() const {
    Memory memory;
    if (!missing_.empty()) return memory;
    for (const PackNumber number : bits_.packs()) memory.packs.push_back({number, index_.pack(number)->id});
    memory.bits = bits_;
    memory.walked = walked_;
    return memory;
}

void Marker::resume(const Memory& memory) {
    for (const auto& [number, id] : memory.packs)
        if (index_.number_of(id) != number || !chunks_.view().contains(number)) return;
    bits_ = memory.bits;
    walked_ = memory.walked;
}

bool Marker::follow(const std::vector<Reference>& references) {
    std::vector<ChunkId> ids;
    ids.reserve(references.size());
    for (const Reference& reference : references) ids.push_back(reference.id);
    std::vector<std::optional<ChunkLocation>> places = index_.find(ids, preferred_);
    std::vector<std::size_t> elsewhere;
    std::vector<ChunkId> elsewhere_ids;
    for (std::size_t i = 0; i < places.size(); ++i) {
        if (places[i]) continue;
        elsewhere.push_back(i);
        elsewhere_ids.push_back(ids[i]);
    }
    if (!elsewhere.empty()) {
        const auto found = index_.find(elsewhere_ids, chunks_.view());
        for (std::size_t i = 0; i < found.size(); ++i) places[elsewhere[i]] = found[i];
    }
    bool whole = true;
    for (std::size_t i = 0; i < references.size(); ++i) {
        const Reference& reference = references[i];
        const bool is_data = reference.sort == Reference::Sort::Data;
        if (!places[i]) {
            missing_.emplace(reference.id, Missing{is_data ? ChunkKind::Data : ChunkKind::Tree, "it is in no pack"});
            if (!is_data || !lost_data_.contains(reference.id)) whole = false;
            continue;
        }
        bits_.set(*places[i]);
        if (reference.sort != Reference::Sort::Node) continue;
        if (walked_.set(*places[i])) {
            if (!walk(reference)) whole = false;
        } else if (damaged_.contains(reference.id)) {
            whole = false;
        }
    }
    return whole;
}

}  // namespace vault
