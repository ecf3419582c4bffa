// Chunks read through the index, verified, with the caches in front.
#include <catch2/catch.hpp>

#include <thread>

#include "store/chunk_store.h"
#include "store/format/node.h"
#include "tests/support/failures.h"
#include "tests/support/faulty_backend.h"
#include "tests/support/index_check.h"
#include "tests/support/temporary_folder.h"

using namespace vault;

namespace {

struct Store {
    PackStore packs;
    TemporaryFolder folder;
    FaultyBackend faulty{packs.backend};
    std::unique_ptr<Index> index;
    std::unique_ptr<ChunkStore> chunks;

    void open(ChunkStoreBudget budget = {}) {
        index = packs.open(folder.path() + "/index");
        chunks = std::make_unique<ChunkStore>(faulty, *packs.keys, *index, index->numbers_of(packs.list()), budget);
        faulty.forget_calls();
    }
    const MadePack& put(std::span<const Bytes> plain, PackRecipe recipe = {}) {
        return packs.put(make_pack(*packs.keys, plain, recipe));
    }
    // Inverts a byte of the first box.
    void damage(const MadePack& pack) {
        Bytes bytes = packs.backend.get(pack.name());
        bytes[kPackHeaderBytes + 30] ^= 0xFF;
        packs.backend.overwrite(pack.name(), bytes);
    }
};

}  // namespace

TEST_CASE("a chunk of another length than the extent says is Corrupt", "[chunk_store]") {
    Store store;
    const auto plain = seeded_chunks(1, 2, 300);
    const MadePack& pack = store.put(plain);
    store.open();
    const ChunkId id = pack.chunk_ids()[0];
    CHECK(equal(store.chunks->data_chunk(id, plain[0].size()).bytes, plain[0]));
    CHECK(kind_of([&] { store.chunks->data_chunk(id, plain[0].size() - 1); }) == ErrorKind::Corrupt);
    CHECK(kind_of([&] { store.chunks->data_chunk(id, plain[0].size() + 1); }) == ErrorKind::Corrupt);
}

TEST_CASE("each chunk of a pack is read back, and one box is loaded once for all of its chunks", "[chunk_store]") {
    Store store;
    const auto plain = seeded_chunks(1, 24, 300);
    const MadePack& pack = store.put(plain);
    store.open();
    const auto ids = pack.chunk_ids();
    for (std::size_t i = 0; i < plain.size(); ++i) {
        const ChunkStore::Chunk chunk = store.chunks->chunk(ChunkKind::Data, ids[i]);
        CHECK(equal(chunk.bytes, plain[i]));
    }
    CHECK(store.chunks->boxes_loaded() == 3);
    CHECK(store.faulty.calls(Call::Get) == 3);
    const auto placed = store.chunks->locate(ids);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        REQUIRE(placed[i]);
        CHECK(placed[i]->at.box == i / 8);
        CHECK(placed[i]->at.length == plain[i].size());
    }
    CHECK(placed[0]->box_offset == kPackHeaderBytes);
    CHECK(placed[8]->box_offset > placed[0]->box_offset);
}

TEST_CASE("many callers of one box at once cause one load", "[chunk_store]") {
    Store store;
    const auto plain = seeded_chunks(1, 8, 50'000);
    const auto ids = store.put(plain).chunk_ids();
    store.open();
    std::vector<std::thread> threads;
    std::vector<int> right(8, 0);
    for (std::size_t i = 0; i < right.size(); ++i)
        threads.emplace_back(
            [&, i] { right[i] = equal(store.chunks->chunk(ChunkKind::Data, ids[i]).bytes, plain[i]); });
    for (std::thread& thread : threads) thread.join();
    CHECK(right == std::vector<int>(8, 1));
    CHECK(store.chunks->boxes_loaded() == 1);
    CHECK(store.faulty.calls(Call::Get) == 1);
}

TEST_CASE("where one copy is damaged or gone, another is read", "[chunk_store]") {
    for (const bool gone : {false, true}) {
        for (const bool first_is_bad : {false, true}) {
            Store store;
            const auto plain = seeded_chunks(5, 4);
            const MadePack first = store.put(plain), second = store.put(plain);
            store.open();
            const MadePack& bad = first_is_bad ? first : second;
            gone ? store.packs.backend.remove(bad.name()) : store.damage(bad);
            for (std::size_t i = 0; i < plain.size(); ++i)
                CHECK(equal(store.chunks->chunk(ChunkKind::Data, first.chunk_ids()[i]).bytes, plain[i]));
        }
    }
}

TEST_CASE("a copy that is asked for by its place is that one or none", "[chunk_store]") {
    Store store;
    const auto plain = seeded_chunks(1, 3, 300);
    const MadePack& sound = store.put(plain);
    const MadePack& damaged = store.put(plain);
    store.damage(damaged);
    store.open();
    const ChunkId id = sound.chunk_ids()[1];
    const auto places = store.index->find_all(id, store.chunks->view());
    REQUIRE(places.size() == 2);
    for (ChunkLocation at : places) {
        if (store.index->pack(at.pack)->id == sound.id) {
            CHECK(equal(store.chunks->chunk_at(ChunkKind::Data, id, at).bytes, plain[1]));
            // Beyond the end of the box, and other bytes of it.
            at.length = 0xFFFF'FFFF;
            CHECK(kind_of([&] { store.chunks->chunk_at(ChunkKind::Data, id, at); }) == ErrorKind::Corrupt);
            at.length = static_cast<std::uint32_t>(plain[0].size());
            at.offset = 0;
            CHECK(kind_of([&] { store.chunks->chunk_at(ChunkKind::Data, id, at); }) == ErrorKind::Corrupt);
        } else {
            CHECK(kind_of([&] { store.chunks->chunk_at(ChunkKind::Data, id, at); }) == ErrorKind::Corrupt);
        }
    }
    CHECK(equal(store.chunks->chunk(ChunkKind::Data, id).bytes, plain[1]));
}

TEST_CASE("where every copy is damaged, the chunk is Corrupt and the pack is named", "[chunk_store]") {
    Store store;
    const auto plain = seeded_chunks(5, 4);
    const MadePack first = store.put(plain), second = store.put(plain);
    store.open();
    store.damage(first);
    store.damage(second);
    try {
        store.chunks->chunk(ChunkKind::Data, first.chunk_ids()[0]);
        FAIL("a damaged chunk was read");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::Corrupt);
        const std::string text = error.what();
        CHECK((text.find(first.id.hex()) != std::string::npos || text.find(second.id.hex()) != std::string::npos));
    }
}

TEST_CASE("a chunk that is in no pack of the view is Corrupt: something referenced it", "[chunk_store]") {
    Store store;
    const auto ids = store.put(seeded_chunks(1, 4)).chunk_ids();
    const MadePack outside = store.put(seeded_chunks(2, 4));
    store.open();
    PackSet view = store.chunks->view();
    view.remove(*store.index->number_of(outside.id));
    ChunkStore narrow(store.faulty, *store.packs.keys, *store.index, view);
    CHECK(kind_of([&] { narrow.chunk(ChunkKind::Data, ChunkId{{1, 2, 3}}); }) == ErrorKind::Corrupt);
    CHECK(kind_of([&] { narrow.chunk(ChunkKind::Data, outside.chunk_ids()[0]); }) == ErrorKind::Corrupt);
    CHECK_FALSE(narrow.locate(outside.chunk_ids())[0]);
    CHECK_NOTHROW(narrow.chunk(ChunkKind::Data, ids[0]));
}

TEST_CASE("a data chunk is not given out as a tree chunk", "[chunk_store]") {
    Store store;
    const auto ids = store.put(seeded_chunks(1, 4)).chunk_ids();
    store.open();
    CHECK(kind_of([&] { store.chunks->chunk(ChunkKind::Tree, ids[0]); }) == ErrorKind::Corrupt);
}

TEST_CASE("a chunk whose box opens but whose id is another's is Corrupt", "[chunk_store]") {
    // A pack that lies: authentic boxes, a directory with two ids swapped.
    Store store;
    const auto plain = seeded_chunks(1, 2, 300);
    const MadePack honest = make_pack(*store.packs.keys, plain);
    PackDirectory swapped = honest.directory;
    std::swap(swapped.boxes[0].chunks[0].id, swapped.boxes[0].chunks[1].id);
    const MadePack lying = store.packs.put(make_pack(
        *store.packs.keys, swapped, ByteView(honest.object).subspan(72, honest.directory.boxes[0].sealed_bytes)));
    store.open();
    for (const ChunkId& id : lying.chunk_ids())
        CHECK(kind_of([&] { store.chunks->chunk(ChunkKind::Data, id); }) == ErrorKind::Corrupt);
}

TEST_CASE("a read that fails once is tried anew by the next caller", "[chunk_store]") {
    Store store;
    const auto ids = store.put(seeded_chunks(1, 4)).chunk_ids();
    store.open();
    store.faulty.inject({.call = Call::Get, .kind = ErrorKind::Io});
    CHECK(kind_of([&] { store.chunks->chunk(ChunkKind::Data, ids[0]); }) == ErrorKind::Io);
    CHECK_NOTHROW(store.chunks->chunk(ChunkKind::Data, ids[0]));
}

TEST_CASE("the box cache keeps its bound, and what was used last", "[chunk_store]") {
    Store store;
    const auto plain = seeded_chunks(1, 10, 10'000);
    const auto ids = store.put(plain, {.chunks_per_box = 1}).chunk_ids();
    store.open({.box_cache_bytes = 35'000});
    for (int round = 0; round < 3; ++round)
        for (std::size_t i = 0; i < 3; ++i) store.chunks->chunk(ChunkKind::Data, ids[i]);
    CHECK(store.chunks->boxes_loaded() == 3);
    for (const ChunkId& id : ids) store.chunks->chunk(ChunkKind::Data, id);
    CHECK(store.chunks->boxes_loaded() == 10);
    for (const ChunkId& id : ids) store.chunks->chunk(ChunkKind::Data, id);
    CHECK(store.chunks->boxes_loaded() == 20);  // too many for the cache, so every one anew
}

TEST_CASE("a node is decoded once while it is cached, and load_box goes past the cache", "[chunk_store]") {
    Store store;
    Node node;
    node.items = std::vector<ExtentsLeafItem>{{1, {5, std::nullopt}}};
    node.tree = TreeKind::Extents;
    const Bytes plain = encode(node);
    const MadePack& pack = store.put(std::vector<Bytes>{plain}, {.content = ChunkKind::Tree});
    store.open();
    const auto first = store.chunks->node(pack.chunk_ids()[0]);
    CHECK(store.chunks->node(pack.chunk_ids()[0]) == first);
    CHECK(store.chunks->boxes_loaded() == 1);
    const auto at = store.chunks->locate(pack.chunk_ids())[0]->at;
    CHECK(equal(store.chunks->load_box(ChunkKind::Tree, at.pack, at.box), plain));
    CHECK(store.chunks->boxes_loaded() == 2);
}
