// What a prune does with packs that are damaged, and with the records of it. docs/prune.md, "Damage".
#include <catch2/catch.hpp>

#include "store/backend/object_names.h"
#include "store/damage_report.h"
#include "store/prune_tidy.h"
#include "store/snapshots.h"
#include "tests/support/failures.h"
#include "tests/support/prune_store.h"

using namespace vault;
using Names = std::vector<std::string>;

namespace {

// Inverts one byte in the box of this chunk.
void damage_box_of(PruneStore& store, const ChunkId& id) {
    const View view = store.repository->reader_view();
    const auto at = view.index->find(std::span(&id, 1), view.chunks->view())[0];
    REQUIRE(at);
    const auto pack = view.index->pack(at->pack);
    Bytes object = store.test.backend().get(pack_name(pack->id));
    object[pack->boxes[at->box].offset + 20] ^= 1;
    store.test.memory().overwrite(pack_name(pack->id), object);
}

// As a check would put it, of all that shares the box.
void record_lost(PruneStore& store, const ChunkId& id) {
    const View view = store.repository->reader_view();
    const auto at = view.index->find(std::span(&id, 1), view.chunks->view())[0];
    REQUIRE(at);
    PackDamage damage{view.index->pack(at->pack)->id, {at->box}, {}};
    const PackDirectory directory = view.index->directory(at->pack);
    for (const DirectoryChunk& chunk : directory.boxes[at->box].chunks)
        damage.lost.push_back({ChunkKind::Data, chunk.id});
    std::sort(damage.lost.begin(), damage.lost.end());
    record_damage(*store.repository, read_damage_marks(*store.repository), damage, DamageAction::Found);
}

struct TwoFiles {
    PruneSource source;
    PruneStore store;
    SessionId first;
    ChunkId harmed;
    std::string pack;
    TwoFiles() {
        // Boxes of their own: what shares a box with the damage is lost with it.
        source.file("a", noise(1, 900'000));
        source.file("b", noise(2, 900'000));
        first = store.snapshot(source);
        harmed = chunk_of(store.live().at(first), "/t/a");
        pack = store.pack_of(harmed);
    }
};

// Another pruner's list of this one pack, decided: it goes.
PackId decide_elsewhere(PruneStore& store, const std::string& pack) {
    CondemnedRecord list;
    fill_random(list.number.bytes);
    list.by = process_elsewhere();
    list.packs = {*pack_of_name(pack)};
    store.test.put(ObjectKind::Condemned, "condemned/" + list.number.hex(), list);
    DecisionRecord decision;
    decision.number = list.number;
    decision.goes = {true};
    store.test.put(ObjectKind::Decision, "decision/" + list.number.hex(), decision);
    return list.packs[0];
}

}  // namespace

TEST_CASE("a lost chunk that a later run has stored again lets its pack and its record go", "[prune]") {
    TwoFiles made;
    PruneStore& store = made.store;
    damage_box_of(store, made.harmed);
    record_lost(store, made.harmed);
    REQUIRE(store.lost().size() == 1);
    // The record stands as long as its pack does, and the pack as long as it holds what is nowhere else.
    CHECK(store.prune(PruneStore::thorough()).plan.broken_packs == 1);
    CHECK(store.test.memory().holds(made.pack));
    CHECK(store.names("damaged/").size() == 1);
    store.snapshot(made.source);
    CHECK(store.lost() == Names{});
    const PruneReport report = store.prune(PruneStore::thorough());
    CHECK(report.plan.damaged_packs == 1);
    CHECK(report.packs_quarantined == 0);
    CHECK_FALSE(store.test.memory().holds(made.pack));
    CHECK(store.names("damaged/") == Names{});
    CHECK(store.names("quarantine/") == Names{});
    CHECK(store.unclean() == Names{});
}

TEST_CASE("a pack that holds the only trace of a lost chunk goes to quarantine, and its record stays", "[prune]") {
    TwoFiles made;
    PruneStore& store = made.store;
    damage_box_of(store, made.harmed);
    record_lost(store, made.harmed);
    const Bytes original = store.test.backend().get(made.pack);
    const PruneEnvironment environment;
    const MarkOptions mark;
    const PackId id = *pack_of_name(made.pack);
    // What else it holds is nowhere else: it stays.
    CHECK(PruneProtocol(*store.repository, environment, mark).condemn({id}).packs_kept == 1);
    const Marked marked = mark_repository(*store.repository, mark);
    PackUse use;
    use.id = id;
    use.number = *marked.view.index->number_of(id);
    REQUIRE(repack(*store.repository, marked, {use}, {}, 1, [] {}).packs_written.size() == 1);
    const ListOutcome outcome = PruneProtocol(*store.repository, environment, mark).condemn({id});
    CHECK(outcome.packs_quarantined == 1);
    CHECK_FALSE(store.test.memory().holds(made.pack));
    CHECK(store.test.backend().get("quarantine/" + id.hex()) == original);
    CHECK(remove_settled_damage(*store.repository, outcome.settled_damage) == 0);
    CHECK(store.names("damaged/").size() == 1);
    // A prune goes on past what is known to be lost.
    store.prune(PruneStore::thorough());
    CHECK(store.names("damaged/").size() == 1);
    REQUIRE(store.lost().size() == 1);
    // Once no snapshot wants it, nothing speaks of it any more.
    store.snapshot(made.source);
    CHECK(store.lost() == Names{});
    CHECK(store.prune(PruneStore::thorough()).damage_records_removed == 1);
    CHECK(store.names("damaged/") == Names{});
}

TEST_CASE("whoever finishes another's decision puts a pack with lost chunks into quarantine", "[prune]") {
    TwoFiles made;
    PruneStore& store = made.store;
    record_lost(store, made.harmed);
    const PackId pack = decide_elsewhere(store, made.pack);
    // What the rest of the pack held is gone: not this test's matter.
    CHECK_THROWS(store.prune(PruneStore::thorough()));
    CHECK(store.names("quarantine/") == Names{"quarantine/" + pack.hex()});
    CHECK(store.names("condemned/") == Names{});
}

TEST_CASE("a pack that was decided as lost goes to quarantine although its damage was withdrawn since", "[prune]") {
    TwoFiles made;
    PruneStore& store = made.store;
    record_lost(store, made.harmed);
    const DamageMarks marks = read_damage_marks(*store.repository);
    const PackId pack = decide_elsewhere(store, made.pack);
    // As a repair that read the box well, twice.
    PackDamage sound{pack, {}, {}};
    const DamageMarks::Pack& named = marks.packs.at(pack);
    sound.boxes.assign(named.boxes.begin(), named.boxes.end());
    for (const ChunkId& chunk : named.lost) sound.lost.push_back({ChunkKind::Data, chunk});
    REQUIRE(record_damage(*store.repository, marks, sound, DamageAction::Withdrawn));
    REQUIRE(read_damage_marks(*store.repository).packs.empty());
    const Bytes original = store.test.backend().get(made.pack);
    CHECK_THROWS(store.prune(PruneStore::thorough()));
    CHECK_FALSE(store.test.memory().holds(made.pack));
    REQUIRE(store.names("quarantine/") == Names{"quarantine/" + pack.hex()});
    CHECK(store.test.backend().get("quarantine/" + pack.hex()) == original);
}

TEST_CASE("a prune and a backup that meet a node that does not verify put its box on record", "[prune]") {
    for (const bool by_backup : {false, true}) {
        CAPTURE(by_backup);
        PruneSource source;
        PruneStore store;
        source.file("a", noise(1, 50'000));
        const SessionId sid = store.snapshot(source);
        const ChunkId root = list_snapshots(*store.repository).live.at(0).record.root;
        const std::string pack = store.pack_of(root);
        damage_box_of(store, root);
        if (by_backup)
            CHECK(take_snapshot(*store.repository, options_for(source.top)).damaged_boxes == 1);
        else
            CHECK(kind_of([&] { store.prune(PruneStore::thorough()); }) == ErrorKind::Corrupt);
        const DamageMarks marks = read_damage_marks(*store.repository);
        REQUIRE(marks.marks(*pack_of_name(pack)));
        CHECK(marks.packs.at(*pack_of_name(pack)).boxes.size() == 1);
        // The same contents, stored again around the damage, heal both.
        store.snapshot(source);
        CHECK(store.lost() == Names{});
        store.prune(PruneStore::thorough());
        CHECK(store.names("damaged/") == Names{});
        CHECK(sid != SessionId{});
    }
}

TEST_CASE("a dry run that meets damage writes nothing", "[prune]") {
    PruneSource source;
    PruneStore store;
    source.file("a", noise(1, 50'000));
    store.snapshot(source);
    damage_box_of(store, list_snapshots(*store.repository).live.at(0).record.root);
    PruneOptions options = PruneStore::thorough();
    options.dry_run = true;
    CHECK(kind_of([&] { store.prune(options); }) == ErrorKind::Corrupt);
    CHECK(store.names("damaged/") == Names{});
}

TEST_CASE("a record of boxes alone stands as long as its pack is listed", "[prune]") {
    TwoFiles made;
    PruneStore& store = made.store;
    damage_box_of(store, made.harmed);
    record_damage(*store.repository, read_damage_marks(*store.repository), {*pack_of_name(made.pack), {0, 1}, {}},
                  DamageAction::Found);
    CHECK(store.prune(PruneStore::thorough()).plan.broken_packs == 1);
    CHECK(store.test.memory().holds(made.pack));
    CHECK(store.names("damaged/").size() == 1);
}
