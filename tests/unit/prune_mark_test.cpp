// Which chunks are marked, what it costs, and what stops a prune before it starts. docs/prune.md, P1.
#include <catch2/catch.hpp>

#include "store/control_objects.h"
#include "tests/support/prune_store.h"

using namespace vault;

namespace {

// Every chunk that a manifest needs, by the plainest recursion there is: the reference that the marker is held to.
void reach(ChunkStore& chunks, const ChunkId& id, std::set<ChunkId>& reached) {
    reached.insert(id);
    const auto node = chunks.node(id);
    if (node->node.tree == TreeKind::Extents && node->node.level == 0) {
        for (const auto& item : node->extents())
            if (item.extent.chunk) reached.insert(*item.extent.chunk);
    } else if (node->node.tree == TreeKind::Extents) {
        for (const auto& item : node->extents_children()) reach(chunks, item.child.id, reached);
    } else if (node->node.level > 0) {
        for (const auto& item : node->manifest_children()) reach(chunks, item.child.id, reached);
    } else {
        for (const auto& item : node->manifest_entries()) {
            const Entry entry = decode_entry(item.entry);
            if (const auto* set = std::get_if<AttributesChunk>(&entry.attributes)) reached.insert(set->id);
            if (const auto* list = std::get_if<ExtentList>(&entry.content))
                for (const Extent& extent : list->extents)
                    if (extent.chunk) reached.insert(*extent.chunk);
            if (const auto* tree = std::get_if<ExtentsRoot>(&entry.content)) reach(chunks, tree->root, reached);
        }
    }
}

std::set<ChunkId> marked_chunks(const Marked& marked) {
    std::set<ChunkId> ids;
    for (const PackNumber number : marked.view.chunks->view().numbers()) {
        std::uint32_t entry = 0;
        for (const DirectoryBox& box : marked.view.index->directory(number).boxes)
            for (const DirectoryChunk& chunk : box.chunks)
                if (marked.marker->bits().test(number, entry++)) ids.insert(chunk.id);
    }
    return ids;
}

std::set<ChunkId> needed_by(const Repository& repository, const std::vector<SessionId>& sids) {
    const View view = repository.reader_view();
    std::set<ChunkId> ids;
    for (const SessionId& sid : sids)
        reach(*view.chunks, repository.read_record("snapshots/" + sid.hex(), decode_commit).root, ids);
    return ids;
}

std::string refusal(const Repository& repository, const MarkOptions& options = {}) {
    try {
        mark_repository(repository, options);
    } catch (const Error& error) {
        return std::string(name(error.kind())) + ": " + error.what();
    }
    return "";
}

void fill(const PruneSource& source, int files) {
    for (int i = 0; i < files; ++i)
        source.file("d" + std::to_string(i % 7) + "/f" + std::to_string(i),
                    noise(static_cast<std::uint64_t>(i), 400 + static_cast<std::size_t>(i)));
}

DamageRecord lost_record(const std::string& pack, ChunkKind kind, const ChunkId& chunk) {
    DamageRecord record;
    record.pack = *pack_of_name(pack);
    record.lost = {{kind, chunk}};
    return record;
}

}  // namespace

TEST_CASE("exactly what live snapshots need is marked: nodes, extents trees, attribute sets, data", "[prune]") {
    const PruneSource source;
    fill(source, 300);
    source.file("large", noise(5, 6 << 20));  // an extents tree
    PruneStore store;
    const SessionId first = store.snapshot(source);
    source.remove("d3");
    source.file("large", noise(6, 5 << 20) + noise(5, 1 << 20));
    const SessionId second = store.snapshot(source);
    store.forget(store.snapshot(PruneSource(), "other"));

    const Marked marked = mark_repository(*store.repository, {});
    CHECK(marked_chunks(marked) == needed_by(*store.repository, {first, second}));
    store.forget(first);
    const std::set<ChunkId> left = marked_chunks(mark_repository(*store.repository, {}));
    CHECK(left == needed_by(*store.repository, {second}));
    CHECK(left.size() < marked_chunks(marked).size());
}

TEST_CASE("marking walks each node once, however many snapshots share it", "[prune]") {
    const PruneSource source;
    fill(source, 6'000);
    PruneStore store;
    store.snapshot(source);
    const std::uint64_t once = mark_repository(*store.repository, {}).marker->nodes_walked();
    CHECK(once >= 5);
    for (int i = 0; i < 5; ++i) {
        source.file("d0/f0", noise(1'000 + static_cast<std::uint64_t>(i), 300));
        store.snapshot(source);
    }
    // Each further snapshot has a path of new nodes, no more: root and one or two below it.
    CHECK(mark_repository(*store.repository, {}).marker->nodes_walked() <= once + 5 * 3);
}

TEST_CASE("a missing data chunk stops it after four listings, and exactly the snapshots that need it are named",
          "[prune]") {
    const PruneSource one, two;
    one.file("lost", noise(1, 15'000));
    two.file("fine", noise(2, 15'000));
    PruneStore store;
    const SessionId hurt = store.snapshot(one, "one"), fine = store.snapshot(two, "two");
    one.file("more", "x");
    const SessionId hurt_too = store.snapshot(one, "one");
    const std::string pack = store.pack_of(chunk_of(store.live().at(hurt), "/t/lost"));
    store.test.backend().remove(pack);
    store.faulty.forget_calls();
    const std::string said = refusal(*store.repository);
    CHECK(said.starts_with("Corrupt: nothing is deleted, since 2 snapshots are not whole:"));
    CHECK(said.find(hurt.hex().substr(0, 8)) != std::string::npos);
    CHECK(said.find(hurt_too.hex().substr(0, 8)) != std::string::npos);
    CHECK(said.find(fine.hex().substr(0, 8)) == std::string::npos);
    const auto calls = store.faulty.records();
    CHECK(std::count_if(calls.begin(), calls.end(), [](const CallRecord& call) {
              return call.call == Call::List && call.name == "packs/";
          }) == 4);
}

TEST_CASE("a data chunk that is on record as lost stops nothing; a lost tree node does", "[prune]") {
    const PruneSource source;
    source.file("lost", noise(1, 15'000));
    PruneStore store;
    const SessionId sid = store.snapshot(source);
    const ChunkId data = chunk_of(store.live().at(sid), "/t/lost");
    const ChunkId root = store.repository->read_record("snapshots/" + sid.hex(), decode_commit).root;
    const std::string data_pack = store.pack_of(data), tree_pack = store.pack_of(root);
    store.test.backend().remove(data_pack);
    CHECK(refusal(*store.repository).starts_with("Corrupt"));
    store.test.put(ObjectKind::Damage, "damaged/" + pack_of_name(data_pack)->hex() + "-0000000000000000",
                   lost_record(data_pack, ChunkKind::Data, data));
    CHECK(refusal(*store.repository).empty());
    store.test.backend().remove(tree_pack);
    store.test.put(ObjectKind::Damage, "damaged/" + pack_of_name(tree_pack)->hex() + "-0000000000000000",
                   lost_record(tree_pack, ChunkKind::Tree, root));
    CHECK(refusal(*store.repository).find("tree node") != std::string::npos);
}

TEST_CASE("a tree node that does not verify stops it", "[prune]") {
    const PruneSource source;
    fill(source, 300);
    PruneStore store;
    const SessionId sid = store.snapshot(source);
    const std::string pack =
        store.pack_of(store.repository->read_record("snapshots/" + sid.hex(), decode_commit).root);
    Bytes bytes = store.test.backend().get(pack);
    bytes[kPackHeaderBytes + 30] ^= 1;
    store.test.memory().overwrite(pack, bytes);
    CHECK(refusal(*store.repository).starts_with("Corrupt: nothing is deleted, since 1 snapshot is not whole"));
}

TEST_CASE("a listing that lacks a pack is made again", "[prune]") {
    const PruneSource source;
    source.file("f", noise(1, 15'000));
    PruneStore store;
    store.snapshot(source);
    store.faulty.inject({Effect::OmitLast, Call::List, "packs/"});
    CHECK(refusal(*store.repository).empty());
    CHECK(store.faulty.faults_hit() == 1);
    store.faulty.clear_faults();
    store.faulty.inject({Effect::Fail, Call::List, "packs/"});
    CHECK(refusal(*store.repository).starts_with("Io"));  // an error is never an empty list
}

TEST_CASE("a snapshot that cannot be read stops it, unless it is forgotten", "[prune]") {
    const PruneSource source;
    source.file("f", noise(1, 5'000));
    PruneStore store;
    store.snapshot(source);
    const SessionId sid = store.snapshot(source, "other");
    Bytes bytes = store.test.backend().get("snapshots/" + sid.hex());
    bytes.back() ^= 1;
    store.test.memory().overwrite("snapshots/" + sid.hex(), bytes);
    CHECK(refusal(*store.repository).find(sid.hex()) != std::string::npos);
    store.forget(sid);
    CHECK(refusal(*store.repository).empty());
    CHECK(removable_commits(mark_repository(*store.repository, {}).listing, {}) == std::vector<SessionId>{sid});
}

TEST_CASE("without a live snapshot nothing is marked, unless that is asked for", "[prune]") {
    PruneStore store;
    CHECK(refusal(*store.repository).starts_with("NotFound: there is no live snapshot"));
    MarkOptions options;
    options.no_live_snapshot_is_fine = true;
    CHECK(refusal(*store.repository, options).empty());
}

TEST_CASE("what was forgotten a short while ago is marked as long as it is to be kept", "[prune]") {
    constexpr std::int64_t kDay = 86'400ll * 1'000'000'000;
    const PruneSource source;
    source.file("f", noise(1, 15'000));
    PruneStore store;
    const SessionId old = store.snapshot(source);
    source.file("f", noise(2, 15'000));
    const SessionId kept = store.snapshot(source);
    const std::set<ChunkId> both = needed_by(*store.repository, {old, kept});
    Time yesterday = now();
    yesterday.seconds -= 86'400 + 60;
    store.forget(old, yesterday);
    MarkOptions options;
    options.keep_forgotten_ns = 2 * kDay;
    const Marked spared = mark_repository(*store.repository, options);
    CHECK(marked_chunks(spared) == both);
    CHECK(removable_commits(spared.listing, options).empty());
    options.keep_forgotten_ns = kDay;
    const Marked not_spared = mark_repository(*store.repository, options);
    CHECK(marked_chunks(not_spared) == needed_by(*store.repository, {kept}));
    CHECK(removable_commits(not_spared.listing, options) == std::vector<SessionId>{old});
}

TEST_CASE("of two copies the one that is not condemned is marked", "[prune]") {
    const PruneSource source;
    source.file("f", noise(1, 15'000));
    PruneStore store;
    const SessionId sid = store.snapshot(source);
    const ChunkId chunk = chunk_of(store.live().at(sid), "/t/f");
    const std::string first = store.pack_of(chunk);
    CondemnedRecord list;
    fill_random(list.number.bytes);
    list.packs = {*pack_of_name(first)};
    store.test.put(ObjectKind::Condemned, "condemned/" + list.number.hex(), list);
    SnapshotOptions options = options_for(source.top);
    options.force_rescan = true;
    take_snapshot(*store.repository, options);  // puts the chunk again
    const Marked marked = mark_repository(*store.repository, {});
    const auto old = marked.view.index->number_of(*pack_of_name(first));
    REQUIRE(old);
    CHECK(marked.condemned.contains(*old));
    CHECK(marked.marker->bits().count(*old) == 0);
    // Asked of the condemned pack, the chunk is reached all the same.
    CHECK(marked.reached(*old, marked.view.index->directory(*old)) == std::vector<bool>{true});
}
