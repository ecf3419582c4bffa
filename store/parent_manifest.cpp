// The merge of the walk with the parent's manifest, and the references of an entry that may be copied.
#include "store/parent_manifest.h"

#include <algorithm>

#include "store/clock.h"
#include "store/finding.h"
#include "store/references.h"
#include "store/tree_diff.h"

namespace vault {

namespace {

constexpr std::size_t kIdsAtOnce = 1'024;

// Asks for the chunks of an entry many at a time.
class Lookups {
  public:
    Lookups(const KnownChunks& known, PackSet& packs) : known_(known), packs_(packs) {}

    bool add(const ChunkId& id) {
        ids_.push_back(id);
        return ids_.size() < kIdsAtOnce || all_known();
    }
    bool all_known() {
        const std::vector<bool> found = known_.in_view(ids_, packs_);
        ids_.clear();
        return std::find(found.begin(), found.end(), false) == found.end();
    }

  private:
    const KnownChunks& known_;
    PackSet& packs_;
    std::vector<ChunkId> ids_;
};

}  // namespace

std::shared_ptr<const TreeNode> ParentManifest::Nodes::node(const ChunkId& id) {
    try {
        return source_.node(id);
    } catch (const Error& error) {
        if (is_damaged_or_gone(error)) known_.distrust(id);
        throw;
    }
}

ParentManifest::ParentManifest(const View& view, KnownChunks& known, const Snapshot& parent,
                               const std::optional<PackSet>& parent_packs)
    : known_(known),
      nodes_(*view.chunks, known),
      started_(parent.record.started),
      cursor_(ManifestReader(nodes_, parent.root()).begin()),
      covered_(parent_packs && known.covers(*parent_packs)) {}

std::optional<ByteView> ParentManifest::record(std::string_view key) {
    if (broken_) return std::nullopt;
    try {
        while (cursor_.valid() && cursor_.key() < key) cursor_.next();
    } catch (const Error& error) {
        if (!is_damaged_or_gone(error)) throw;
        broken_ = true;
        return std::nullopt;
    }
    if (!cursor_.valid() || cursor_.key() != key) return std::nullopt;
    return cursor_.entry_bytes();
}

bool ParentManifest::is_unchanged(const SourceStat& now, const Entry& before, PackSet& packs) {
    if (!looks_unchanged(now, before) || before.changed_while_read) return false;
    if (nanoseconds_between(now.ctime, started_) < kClockGranularityNs) return false;
    return covered_ || all_known(before, packs);
}

bool ParentManifest::all_known(const Entry& entry, PackSet& packs) {
    Lookups lookups(known_, packs);
    std::vector<Reference> references;
    add_references(entry, references);
    bool known = true;
    for (const Reference& reference : references) {
        if (reference.sort != Reference::Sort::Node) {
            known = known && lookups.add(reference.id);
            continue;
        }
        try {
            visit_nodes(
                nodes_, reference.tree, {reference.id, reference.level},
                [&](const NodeLink& link) { return known = known && lookups.add(link.id); },
                [&](const NodeLink& link, const TreeNode& node) {
                    if (link.level != 0) return;
                    for (const ExtentsLeafItem& item : node.extents())
                        if (item.extent.chunk) known = known && lookups.add(*item.extent.chunk);
                });
        } catch (const Error& error) {
            if (is_damaged_or_gone(error)) return false;
            throw;
        }
    }
    return known && lookups.all_known();
}

}  // namespace vault
