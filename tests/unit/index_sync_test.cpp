// Syncing with a listing: where directories come from, what vanishes, what is damaged.
#include <catch2/catch.hpp>

#include "store/base/error.h"
#include "store/index.h"
#include "tests/support/faulty_backend.h"
#include "tests/support/index_check.h"
#include "tests/support/temporary_folder.h"

using namespace vault;

namespace {

struct Fixture {
    TemporaryFolder folder;
    PackStore store;
    IndexSyncReport report;
    std::unique_ptr<Index> open(IndexBudget budget = {}) { return store.open(folder.path(), report, budget); }

    void put_copies(std::uint64_t number, std::vector<MadePack> packs) {
        const SessionId session = packs[0].directory.session;
        store.backend.put_new(directories_name(session, number), make_directories(*store.keys, session, number, packs));
    }
};

Bytes damaged(Bytes object, std::size_t at) {
    object[at] ^= 1;
    return object;
}

}  // namespace

TEST_CASE("an empty repository has an empty index", "[index]") {
    Fixture f;
    const auto index = f.open();
    CHECK(f.report.rebuilt);
    CHECK(index->numbers_of(f.store.list()).size() == 0);
    CHECK_FALSE(index->find(std::vector{ChunkId{}}, PackSet{})[0]);
    f.open();
    CHECK_FALSE(f.report.rebuilt);
}

TEST_CASE("directories come from dirs/ objects, and from the packs where those do not cover them", "[index]") {
    Fixture f;
    std::vector<MadePack> covered;
    for (std::uint64_t seed = 0; seed < 5; ++seed) covered.push_back(f.store.put_seeded(seed));
    for (std::uint64_t seed = 5; seed < 8; ++seed) f.store.put_seeded(seed);
    f.put_copies(1, covered);
    const auto index = f.open();
    CHECK(f.report.copies_read == 1);
    CHECK(f.report.directories_read == 3);
    CHECK(f.report.packs_added == 8);
    CHECK(f.report.chunks_added == 8 * 20);
    CHECK(contradiction(*index, f.store) == "");
}

TEST_CASE("a dirs/ object that was read is not read again", "[index]") {
    Fixture f;
    std::vector<MadePack> covered;
    for (std::uint64_t seed = 0; seed < 5; ++seed) covered.push_back(f.store.put_seeded(seed));
    f.put_copies(1, covered);
    f.open();
    f.store.put_seeded(6);
    FaultyBackend watched(f.store.backend);
    Index::open(f.folder.path(), *f.store.keys, watched, f.store.list(), {}, f.report);
    CHECK(f.report.directories_read == 1);
    for (const CallRecord& call : watched.records())
        CHECK_FALSE((call.call == Call::Get && call.name.starts_with("dirs/")));
}

TEST_CASE("an index that agrees with the listing asks the store for nothing", "[index]") {
    Fixture f;
    f.store.put_seeded(1);
    f.open();
    FaultyBackend watched(f.store.backend);
    const auto packs = f.store.list();
    Index::open(f.folder.path(), *f.store.keys, watched, packs, {}, f.report);
    CHECK(watched.calls() == 0);
}

TEST_CASE("a copy of a directory counts only for a pack that is listed with its length", "[index]") {
    Fixture f;
    const MadePack gone = make_pack(*f.store.keys, seeded_chunks(1, 20));
    const MadePack& there = f.store.put_seeded(2);
    const MadePack& short_one = f.store.put_seeded(3);
    f.put_copies(1, {gone, there, short_one});
    f.store.backend.overwrite(short_one.name(), ByteView(short_one.object).first(short_one.object.size() - 1));
    const auto index = f.open();
    CHECK(f.report.packs_added == 1);
    CHECK_FALSE(index->number_of(gone.id));
    CHECK(index->number_of(there.id));
    REQUIRE(f.report.damaged.size() == 1);
    CHECK(f.report.damaged[0].pack == short_one.id);
    CHECK(f.report.damaged[0].kind == ErrorKind::Corrupt);
}

TEST_CASE("a pack whose directory is damaged is reported and left out, and comes back when it is whole", "[index]") {
    Fixture f;
    const MadePack pack = f.store.put_seeded(1);
    const MadePack& other = f.store.put_seeded(2);
    const std::size_t bytes = pack.object.size();
    // In the header, the directory and the trailer.
    for (const std::size_t at : {std::size_t{3}, bytes - kPackTrailerBytes - 10, bytes - 1}) {
        f.store.backend.overwrite(pack.name(), damaged(pack.object, at));
        const auto index = f.open();
        REQUIRE(f.report.damaged.size() == 1);
        CHECK(f.report.damaged[0].pack == pack.id);
        CHECK(f.report.damaged[0].kind == ErrorKind::Corrupt);
        CHECK(contradiction(*index, f.store, {other.id}) == "");
    }
    f.store.backend.overwrite(pack.name(), pack.object);
    const auto index = f.open();
    CHECK(f.report.damaged.empty());
    CHECK(contradiction(*index, f.store) == "");
}

TEST_CASE("a pack with a damaged directory is known through its copy", "[index]") {
    Fixture f;
    const MadePack& pack = f.store.put_seeded(1);
    f.put_copies(1, {pack});
    f.store.backend.overwrite(pack.name(), damaged(pack.object, pack.object.size() - 1));
    const auto index = f.open();
    CHECK(f.report.damaged.empty());
    CHECK(contradiction(*index, f.store) == "");
}

TEST_CASE("a damaged dirs/ object is reported and its packs are read one by one", "[index]") {
    Fixture f;
    const MadePack& pack = f.store.put_seeded(1);
    f.put_copies(1, {pack});
    const std::string name = directories_name(pack.directory.session, 1);
    f.store.backend.overwrite(name, damaged(f.store.backend.get(name), 200));
    const auto index = f.open();
    REQUIRE(f.report.damaged_copies.size() == 1);
    CHECK(f.report.damaged_copies[0].name == name);
    CHECK(f.report.directories_read == 1);
    CHECK(contradiction(*index, f.store) == "");
}

TEST_CASE("a pack sealed under an unknown master key is reported as Unsupported and left out", "[index]") {
    Fixture f;
    const auto newer = fixed_keys(1, 2);
    f.store.put(make_pack(*newer, seeded_chunks(1, 3)));
    const MadePack& own = f.store.put_seeded(2);
    const auto index = f.open();
    REQUIRE(f.report.damaged.size() == 1);
    CHECK(f.report.damaged[0].kind == ErrorKind::Unsupported);
    CHECK(contradiction(*index, f.store, {own.id}) == "");
}

TEST_CASE("a pack that cannot be fetched is reported with the store's error, and nothing else fails", "[index]") {
    Fixture f;
    const MadePack& pack = f.store.put_seeded(1);
    const MadePack& other = f.store.put_seeded(2);
    FaultyBackend faulty(f.store.backend);
    faulty.inject({.effect = Effect::Fail, .call = Call::Get, .name_prefix = pack.name(), .persistent = true});
    const auto index = Index::open(f.folder.path(), *f.store.keys, faulty, f.store.list(), {}, f.report);
    REQUIRE(f.report.damaged.size() == 1);
    CHECK(f.report.damaged[0].kind == ErrorKind::Io);
    CHECK(contradiction(*index, f.store, {other.id}) == "");
}

TEST_CASE("vanished packs are dropped and where they held a chunk's first place a copy takes it", "[index]") {
    Fixture f;
    const auto chunks = seeded_chunks(1, 200);
    std::vector<MadePack> packs;
    // Pack i holds chunks i*10 to i*10 + 59: most have six places.
    for (std::size_t i = 0; i < 15; ++i)
        packs.push_back(f.store.put(make_pack(*f.store.keys, std::span(chunks).subspan(i * 10, 60))));
    std::map<PackId, PackNumber> numbers;
    {
        const auto index = f.open();
        for (const MadePack& pack : packs) numbers[pack.id] = *index->number_of(pack.id);
    }
    for (const std::size_t gone : {0, 14, 7, 8, 1, 2}) {
        f.store.remove(packs[gone]);
        const auto index = f.open();
        CHECK(f.report.packs_dropped == 1);
        CHECK_FALSE(f.report.rebuilt);
        CHECK(f.report.directories_read == 0);
        CHECK(contradiction(*index, f.store) == "");
        for (const auto& [id, number] : numbers)
            if (const auto now = index->number_of(id)) CHECK(*now == number);
    }
}

TEST_CASE("packs that vanish in several batches at once are all dropped", "[index]") {
    Fixture f;
    const auto chunks = seeded_chunks(1, 200);
    std::vector<MadePack> packs;
    for (std::size_t i = 0; i < 15; ++i)
        packs.push_back(f.store.put(make_pack(*f.store.keys, std::span(chunks).subspan(i * 10, 60))));
    IndexBudget budget;
    budget.sort_bytes = 100 * sizeof(ChunkId);  // a batch is one pack
    f.open(budget);
    for (std::size_t i = 0; i < 12; ++i) f.store.remove(packs[i]);
    const auto index = f.open(budget);
    CHECK(f.report.packs_dropped == 12);
    CHECK_FALSE(f.report.rebuilt);
    CHECK(contradiction(*index, f.store) == "");
}

TEST_CASE("numbers are never given again", "[index]") {
    Fixture f;
    std::vector<PackNumber> seen;
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
        const MadePack& pack = f.store.put_seeded(seed);
        const PackNumber number = *f.open()->number_of(pack.id);
        CHECK(std::find(seen.begin(), seen.end(), number) == seen.end());
        seen.push_back(number);
        f.store.remove(pack);
    }
}

TEST_CASE("when most packs of many vanish the index is built anew", "[index]") {
    Fixture f;
    std::vector<MadePack> packs;
    for (std::uint64_t seed = 0; seed < 70; ++seed) packs.push_back(f.store.put_seeded(seed, 3));
    f.open();
    for (std::size_t i = 0; i < 60; ++i) f.store.remove(packs[i]);
    const auto index = f.open();
    CHECK(f.report.rebuilt);
    CHECK(f.report.packs_dropped == 60);
    CHECK(contradiction(*index, f.store) == "");
}

TEST_CASE("an index that had to sort in files answers as one that sorted in memory", "[index]") {
    Fixture f;
    for (std::uint64_t seed = 0; seed < 20; ++seed) f.store.put_seeded(seed, 100);
    for (std::uint64_t seed = 0; seed < 5; ++seed) f.store.put(make_pack(*f.store.keys, seeded_chunks(seed, 100)));
    IndexBudget budget;
    budget.sort_bytes = 10'000;
    const auto index = f.open(budget);
    CHECK(contradiction(*index, f.store) == "");
    CHECK(std::filesystem::is_empty(f.folder.path() + "/work"));
}

TEST_CASE("progress ends at all packs that were read", "[index]") {
    Fixture f;
    for (std::uint64_t seed = 0; seed < 9; ++seed) f.store.put_seeded(seed);
    std::vector<std::pair<std::uint64_t, std::uint64_t>> calls;
    Index::open(f.folder.path(), *f.store.keys, f.store.backend, f.store.list(), {}, f.report,
                [&](std::uint64_t done, std::uint64_t of) { calls.emplace_back(done, of); });
    REQUIRE(calls.size() == 9);
    for (std::uint64_t i = 0; i < 9; ++i) CHECK(calls[i] == std::pair{i + 1, std::uint64_t{9}});
}
