// What an open index answers: views, copies, notes, the run's own additions.
#include <catch2/catch.hpp>

#include "store/index.h"
#include "tests/support/index_check.h"
#include "tests/support/temporary_folder.h"

using namespace vault;

namespace {

struct Fixture {
    TemporaryFolder folder;
    PackStore store;
    std::unique_ptr<Index> open() { return store.open(folder.path()); }
};

std::optional<ChunkLocation> find_one(const Index& index, const ChunkId& id, const PackSet& view) {
    return index.find(std::span(&id, 1), view)[0];
}

}  // namespace

TEST_CASE("every chunk of every listed pack is found where its directory says, and nothing else", "[index]") {
    Fixture f;
    for (std::uint64_t seed = 0; seed < 12; ++seed) f.store.put_seeded(seed, 1 + seed * 7);
    const auto index = f.open();
    CHECK(contradiction(*index, f.store) == "");
    CHECK(index->find({}, index->numbers_of(f.store.list())).empty());
}

TEST_CASE("a chunk whose only pack is outside the view is not found, with and without the locality cache", "[index]") {
    Fixture f;
    const MadePack& inside = f.store.put_seeded(1);
    const MadePack& outside = f.store.put_seeded(2);
    const auto index = f.open();
    PackSet all = index->numbers_of(f.store.list()), view;
    view.add(*index->number_of(inside.id));
    const auto ids = outside.chunk_ids();

    for (const auto& place : index->find(ids, view)) CHECK_FALSE(place);
    for (const auto& place : index->find(ids, all)) CHECK(place);  // now the pack's directory is in memory
    for (const auto& place : index->find(ids, view)) CHECK_FALSE(place);
    CHECK(index->find_all(ids[0], view).empty());
}

TEST_CASE("a chunk whose first pack is outside the view is found in its copy, and in it alone", "[index]") {
    Fixture f;
    const auto chunks = seeded_chunks(1, 20);
    for (int copy = 0; copy < 3; ++copy) f.store.put(make_pack(*f.store.keys, chunks));
    const auto index = f.open();
    const PackSet all = index->numbers_of(f.store.list());
    REQUIRE(all.size() == 3);
    for (const PackNumber only : all.numbers()) {
        PackSet view;
        view.add(only);
        for (const auto& [id, pack] : f.store.packs)
            for (const ChunkId& chunk : pack.chunk_ids()) {
                const auto place = find_one(*index, chunk, view);
                REQUIRE(place);
                CHECK(place->pack == only);
                CHECK(index->find_all(chunk, view) == std::vector<ChunkLocation>{*place});
                CHECK(index->find_all(chunk, all).size() == 3);
            }
    }
}

TEST_CASE("an id that stands twice in one pack has one place there, the first", "[index]") {
    Fixture f;
    auto chunks = seeded_chunks(1, 10);
    chunks.push_back(chunks[3]);
    const MadePack& pack = f.store.put(make_pack(*f.store.keys, chunks));
    const auto index = f.open();
    const PackSet view = index->numbers_of(f.store.list());
    const ChunkId twice = pack.chunk_ids()[3];
    REQUIRE(index->find_all(twice, view).size() == 1);
    CHECK(index->find_all(twice, view)[0].entry == 3);
    CHECK(find_one(*index, twice, view)->entry == 3);
}

TEST_CASE("boxes lie where the pack's bytes have them, and their chunks open", "[index]") {
    Fixture f;
    const MadePack& made = f.store.put_seeded(5, 30);
    const auto index = f.open();
    const auto pack = index->pack(*index->number_of(made.id));
    REQUIRE(pack->boxes.size() == 4);
    const ChunkId id = made.chunk_ids()[19];
    const auto place = find_one(*index, id, index->numbers_of(f.store.list()));
    REQUIRE(place);
    const BoxLocation& box = pack->boxes[place->box];
    const Bytes sealed = f.store.backend.get(made.name(), ByteRange{box.offset, box.sealed_bytes});
    const Bytes plain =
        open_box(*f.store.keys, pack->content, sealed, box.codec, box.generation, box.plain_bytes, "box");
    verify_chunk(*f.store.keys, pack->content, ByteView(plain).subspan(place->offset, place->length), id, "chunk");
}

TEST_CASE("a number that was never given is NotFound", "[index]") {
    Fixture f;
    f.store.put_seeded(1);
    const auto index = f.open();
    for (const PackNumber number : {PackNumber{0}, PackNumber{999}}) {
        CHECK_THROWS_AS(index->pack(number), Error);
        CHECK_THROWS_AS(index->directory(number), Error);
        try {
            index->pack(number);
        } catch (const Error& error) {
            CHECK(error.kind() == ErrorKind::NotFound);
        }
    }
}

TEST_CASE("what a run adds is seen by the same object, and by the next without a sync", "[index]") {
    Fixture f;
    f.store.put_seeded(1);
    auto index = f.open();
    const PackSet before = index->numbers_of(f.store.list());
    const MadePack& second = f.store.put_seeded(2);
    const MadePack& third = f.store.put(make_pack(*f.store.keys, seeded_chunks(1, 20)));  // copies of the first's

    index->add({as_new(second), as_new(third)}, {{"snapshot-packs/1", Bytes{1, 2, 3}}, {"other", Bytes{}}});
    CHECK(contradiction(*index, f.store) == "");
    CHECK(index->numbers_of(f.store.list()).contains_all(before));
    CHECK(index->note("snapshot-packs/1") == Bytes{1, 2, 3});
    CHECK(index->note("other") == Bytes{});
    CHECK(index->note("absent") == std::nullopt);

    IndexSyncReport report;
    const auto again = f.store.open(f.folder.path(), report);
    CHECK(report.packs_added == 0);
    CHECK_FALSE(report.rebuilt);
    CHECK(again->note("snapshot-packs/1") == Bytes{1, 2, 3});
    CHECK(contradiction(*again, f.store) == "");
}

TEST_CASE("what a run adds at its end is seen by the next alone", "[index]") {
    Fixture f;
    const MadePack& first = f.store.put_seeded(1);
    const auto index = f.open();
    const MadePack& second = f.store.put_seeded(2);
    index->add_and_note({as_new(second)}, [](const auto&) { return IndexNotes{}; }, Afterwards::StaysAsItWas);
    CHECK(index->number_of(first.id));
    CHECK_FALSE(index->number_of(second.id));
    IndexSyncReport report;
    const auto next = f.store.open(f.folder.path(), report);
    CHECK(report.packs_added == 0);
    CHECK(contradiction(*next, f.store) == "");
}

TEST_CASE("a note is replaced by the next of its name", "[index]") {
    Fixture f;
    const auto index = f.open();
    for (std::uint8_t value = 1; value <= 20; ++value) {
        index->add({}, {{"note", Bytes{value}}});
        CHECK(index->note("note") == Bytes{value});
    }
}

TEST_CASE("many small runs leave an index of few files that answers rightly", "[index]") {
    Fixture f;
    for (std::uint64_t run = 0; run < 40; ++run) {
        const auto index = f.open();
        index->add({as_new(f.store.put_seeded(run, 5))}, {{"run", Bytes{static_cast<std::uint8_t>(run)}}});
    }
    const auto index = f.open();
    CHECK(contradiction(*index, f.store) == "");
    std::size_t files = 0;
    for (const auto& file : std::filesystem::directory_iterator(f.folder.path() + "/db")) {
        CAPTURE(file.path().string());
        CHECK(file.path().extension() != ".log");
        ++files;
    }
    CHECK(files <= 5 * 7 + 4);  // CURRENT, IDENTITY, LOCK and the manifest
}

TEST_CASE("packs that another process synced meanwhile are not added twice", "[index]") {
    Fixture f;
    const auto index = f.open();
    const MadePack& pack = f.store.put_seeded(1);
    f.open();
    const auto other = f.open();
    index->add({as_new(pack)}, {});
    CHECK(contradiction(*index, f.store) == "");
    CHECK(index->number_of(pack.id) == other->number_of(pack.id));
}

TEST_CASE("a set of packs is what was put in less what was taken out", "[index]") {
    PackSet a, b;
    a.add(3);
    a.add(70);
    b.add(3);
    CHECK(a.contains_all(b));
    CHECK_FALSE(b.contains_all(a));
    CHECK(a.numbers() == std::vector<PackNumber>{3, 70});
    a.remove(70);
    a.remove(1000);
    CHECK(a == b);
    CHECK(a.size() == 1);
    b.add(200);
    a.add_all(b);
    CHECK(a == b);
    CHECK_FALSE(a.contains(201));
}
