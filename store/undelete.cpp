// One writing run over a tree that is stored already: every id is looked up, and copied where no other may count on it.
#include "store/undelete.h"

#include "store/box_gatherer.h"
#include "store/control_objects.h"
#include "store/known_chunks.h"
#include "store/own_packs.h"
#include "store/pack_writer.h"
#include "store/references.h"
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
                std::vector<Reference> references;
                add_references(node, references);
                carry(references);
            });
    }

    // After the last tree.
    void finish() {
        look_up();
        gatherer_.close_all();
        seal_closed(gatherer_, keys_, packs_);
    }

    const PackSet& packs_used() const { return packs_used_; }

  private:
    struct Wanted {
        ChunkKind kind{};
        BoxSort sort{};
    };

    // The class that cut a data chunk is not known any more; it only chooses how hard a box is compressed.
    void carry(const std::vector<Reference>& references) {
        for (const Reference& reference : references) {
            switch (reference.sort) {
                case Reference::Sort::Data: add(ChunkKind::Data, BoxSort::General, reference.id); break;
                case Reference::Sort::Attributes: add(ChunkKind::Tree, BoxSort::TreeLeaves, reference.id); break;
                case Reference::Sort::Node: carry_tree(reference.tree, {reference.id, reference.level}); break;
            }
        }
    }

    void add(ChunkKind kind, BoxSort sort, const ChunkId& id) {
        ids_.push_back(id);
        wanted_.push_back({kind, sort});
        if (ids_.size() >= kReferencesAtOnce) look_up();
    }

    void look_up() {
        if (interrupted_()) throw Error(ErrorKind::Interrupted, "interrupted");
        const std::vector<bool> found = known_.in_view(ids_, packs_used_);
        for (std::size_t i = 0; i < ids_.size(); ++i)
            if (!found[i] && !known_.is_own(ids_[i])) copy(wanted_[i], ids_[i]);
        ids_.clear();
        wanted_.clear();
    }

    void require_there(const ChunkId& id) {
        if (!everything_.locate(std::span(&id, 1))[0])
            throw Error(ErrorKind::NotFound, "chunk " + id.hex() + " is in no pack any more: a prune has deleted it");
    }

    void copy(const Wanted& wanted, const ChunkId& id) {
        require_there(id);
        const ChunkStore::Chunk chunk = everything_.chunk(wanted.kind, id);
        gatherer_.add(wanted.sort, id, chunk.bytes);
        known_.claim(id, static_cast<std::uint32_t>(chunk.bytes.size()));
        ++report_.chunks_copied;
        report_.bytes_copied += chunk.bytes.size();
        seal_closed(gatherer_, keys_, packs_);
    }

    const Keys& keys_;
    KnownChunks& known_;
    ChunkStore& everything_;
    PackWriter& packs_;
    UndeleteReport& report_;
    const std::function<bool()>& interrupted_;
    BoxGatherer gatherer_;
    std::vector<ChunkId> ids_;
    std::vector<Wanted> wanted_;
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
void remember(const SessionId& sid, PackSet packs, OwnPacks& own) {
    try {
        own.finish([&](const PackSet& added) {
            packs.add_all(added);
            return note_of_packs(sid, packs);
        });
    } catch (const Error&) {
        return;
    }
}

// One attempt under a sid of its own. False: it was fenced.
bool attempt(const Repository& repository, const Snapshot& forgotten, WriterIdentity& writer, UndeleteReport& report,
             const std::function<bool()>& interrupted, const PackLimits& limits) {
    WriterSession session(repository);            // B1
    const View view = repository.writer_view();   // B2, B3
    const SnapshotListing listing = list_snapshots(repository);
    require_not_back(listing, forgotten);
    KnownChunks known(repository, view, session.sid());
    // What is read may lie in condemned packs; what is counted on may not.
    ChunkStore everything(repository.backend(), repository.keys(), *view.index,
                          view.index->numbers_of(repository.backend().list("packs/")));
    OwnPacks own(*view.index);
    PackWriter packs(repository.backend(), repository.keys(), session.sid(), limits,
                     [&](NewPack pack) { own.add(std::move(pack)); });
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
    remember(record.sid, carrier.packs_used(), own);
    return true;
}

}  // namespace

UndeleteReport undelete_snapshot(const Repository& repository, const Snapshot& forgotten,
                                 const std::function<bool()>& interrupted, const PackLimits& packs) {
    // Its marks go only after its commit: while that stands, the tags that were read are all.
    if (!object_exists(repository.backend(), "snapshots/" + forgotten.sid.hex()))
        throw Error(ErrorKind::NotFound, "snapshot " + forgotten.short_id() +
                                             " cannot be brought back: a prune has removed it since it was listed");
    WriterIdentity writer = WriterIdentity::acquire(repository.state_folder());
    end_dead_sessions(repository);
    UndeleteReport report;
    if (!attempt(repository, forgotten, writer, report, interrupted, packs) &&
        !attempt(repository, forgotten, writer, report, interrupted, packs))
        throw Error(ErrorKind::Busy,
                    "the run was ended by another client twice: its clock, or this one's, may be wrong");
    return report;
}

}  // namespace vault
