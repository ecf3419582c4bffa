// One writing run over a tree that is stored already: every id is looked up, and copied where no other may count on it.
#include "store/undelete.h"

#include "store/box_gatherer.h"
#include "store/known_chunks.h"
#include "store/pack_writer.h"
#include "store/seal/box.h"
#include "store/snapshot_notes.h"
#include "store/tree_diff.h"
#include "store/writer_chain.h"
#include "store/writer_session.h"

namespace vault {

namespace {

constexpr std::size_t kReferencesAtOnce = 1'024;

// Takes every reference of the tree and sees to it that each is in the view or in own packs. Not thread-safe.
class Carrier {
  public:
    Carrier(const Repository& repository, KnownChunks& known, ChunkStore& everything, PackWriter& packs,
            UndeleteReport& report, const std::function<bool()>& interrupted)
        : keys_(repository.keys()),
          known_(known),
          everything_(everything),
          packs_(packs),
          report_(report),
          interrupted_(interrupted) {}

    void carry_tree(TreeKind kind, TreeRoot root) {
        visit_nodes(
            everything_, kind, root,
            [&](const NodeLink& link) {
                require_there(link.id);
                add(ChunkKind::Tree, link.level == 0 ? BoxSort::TreeLeaves : BoxSort::TreeInner, link.id);
                return true;
            },
            [&](const NodeLink& link, const TreeNode& node) {
                if (link.level != 0) return;
                if (kind == TreeKind::Extents) {
                    for (const ExtentsLeafItem& item : node.extents()) add_extent(item.extent);
                } else {
                    for (const ManifestLeafItem& item : node.manifest_entries()) carry_entry(decode_entry(item.entry));
                }
            });
    }

    // After the last tree.
    void finish() {
        look_up();
        gatherer_.close_all();
        put_closed_boxes();
    }

    const PackSet& packs_used() const { return packs_used_; }

  private:
    struct Reference {
        ChunkKind kind{};
        BoxSort sort{};
    };

    void carry_entry(const Entry& entry) {
        if (const auto* chunk = std::get_if<AttributesChunk>(&entry.attributes))
            add(ChunkKind::Tree, BoxSort::TreeLeaves, chunk->id);
        if (const auto* list = std::get_if<ExtentList>(&entry.content)) {
            for (const Extent& extent : list->extents) add_extent(extent);
        } else if (const auto* tree = std::get_if<ExtentsRoot>(&entry.content)) {
            carry_tree(TreeKind::Extents, {tree->root, tree->level});
        }
    }

    // The class that cut a data chunk is not known any more; it only chooses how hard a box is compressed.
    void add_extent(const Extent& extent) {
        if (extent.chunk) add(ChunkKind::Data, BoxSort::General, *extent.chunk);
    }

    void add(ChunkKind kind, BoxSort sort, const ChunkId& id) {
        ids_.push_back(id);
        references_.push_back({kind, sort});
        if (ids_.size() >= kReferencesAtOnce) look_up();
    }

    void look_up() {
        if (interrupted_()) throw Error(ErrorKind::Interrupted, "interrupted");
        const std::vector<bool> found = known_.in_view(ids_, packs_used_);
        for (std::size_t i = 0; i < ids_.size(); ++i)
            if (!found[i] && !known_.is_own(ids_[i])) copy(references_[i], ids_[i]);
        ids_.clear();
        references_.clear();
    }

    void require_there(const ChunkId& id) {
        if (!everything_.locate(std::span(&id, 1))[0])
            throw Error(ErrorKind::NotFound, "chunk " + id.hex() + " is in no pack any more: a prune has deleted it");
    }

    void copy(const Reference& reference, const ChunkId& id) {
        require_there(id);
        const ChunkStore::Chunk chunk = everything_.chunk(reference.kind, id);
        gatherer_.add(reference.sort, id, chunk.bytes);
        known_.claim(id, static_cast<std::uint32_t>(chunk.bytes.size()));
        ++report_.chunks_copied;
        report_.bytes_copied += chunk.bytes.size();
        put_closed_boxes();
    }

    void put_closed_boxes() {
        for (BoxJob& box : gatherer_.take_closed()) {
            const SealedBox sealed =
                seal_box(keys_, box.contents.kind, box.plain, box.contents.chunks, box.level);
            packs_.append(sealed, std::move(box.contents));
        }
    }

    const Keys& keys_;
    KnownChunks& known_;
    ChunkStore& everything_;
    PackWriter& packs_;
    UndeleteReport& report_;
    const std::function<bool()>& interrupted_;
    BoxGatherer gatherer_;
    std::vector<ChunkId> ids_;
    std::vector<Reference> references_;
    PackSet packs_used_;
};

void require_not_back(const SnapshotListing& listing, const Snapshot& forgotten) {
    for (const Snapshot& snapshot : listing.live)
        if (snapshot.record.original == forgotten.sid)
            throw Error(ErrorKind::Exists, "snapshot " + forgotten.short_id() + " is back already, as " +
                                               snapshot.short_id());
}

// Where the next run on it finds its packs without a lookup of each id. The snapshot stands; what the cache cannot take
// costs time, nothing else.
void remember(Index& index, const SessionId& sid, PackSet packs, std::vector<NewPack> own) {
    try {
        std::vector<PackId> ids;
        for (const NewPack& pack : own) ids.push_back(pack.id);
        if (!own.empty()) index.add(std::move(own), {});
        for (const PackId& id : ids) {
            const auto number = index.number_of(id);
            if (!number) return;
            packs.add(*number);
        }
        remember_packs(index, sid, packs);
    } catch (const Error&) {
        return;
    }
}

// One attempt under a sid of its own. False: it was fenced.
bool attempt(const Repository& repository, const Snapshot& forgotten, WriterIdentity& writer, UndeleteReport& report,
             const std::function<bool()>& interrupted) {
    WriterSession session(repository);            // B1
    const View view = repository.writer_view();   // B2, B3
    const SnapshotListing listing = list_snapshots(repository);
    require_not_back(listing, forgotten);
    KnownChunks known(repository, view, session.sid());
    // What is read may lie in condemned packs; what is counted on may not.
    ChunkStore everything(repository.backend(), repository.keys(), *view.index,
                          view.index->numbers_of(repository.backend().list("packs/")));
    std::vector<NewPack> own;
    PackWriter packs(repository.backend(), repository.keys(), session.sid(), {},
                     [&](NewPack pack) { own.push_back(std::move(pack)); });
    report = {};
    Carrier carrier(repository, known, everything, packs, report, interrupted);
    try {
        carrier.carry_tree(TreeKind::Manifest, forgotten.root());
        carrier.finish();
    } catch (const Error& error) {
        throw with_context("snapshot " + forgotten.short_id() + " cannot be brought back", error);
    }
    packs.finish();

    CommitRecord& record = report.record;
    record = forgotten.record;
    record.sid = session.sid();
    record.original = forgotten.sid;
    record.tags = forgotten.tags;
    record.program = "vault " VAULT_VERSION;
    record.config_generation = repository.config().generation;
    // The times stay those of the run that read the source: what a later run may copy unread depends on them.
    chain_to_previous(record, writer, listing);
    repository.require_current_config();  // B5
    const WriterSession::Commit commit = session.commit(record);
    if (commit.outcome == WriterSession::Outcome::Fenced) return false;
    remember_as_last(writer, record, commit.hash);
    remember(*view.index, record.sid, carrier.packs_used(), std::move(own));
    return true;
}

}  // namespace

UndeleteReport undelete_snapshot(const Repository& repository, const Snapshot& forgotten,
                                 const std::function<bool()>& interrupted) {
    WriterIdentity writer = WriterIdentity::acquire(repository.state_folder());
    end_dead_sessions(repository);
    UndeleteReport report;
    if (!attempt(repository, forgotten, writer, report, interrupted) &&
        !attempt(repository, forgotten, writer, report, interrupted))
        throw Error(ErrorKind::Busy,
                    "the run was ended by another client twice: its clock, or this one's, may be wrong");
    return report;
}

}  // namespace vault
