// Packs as PackWriter writes them, byte for byte as docs/format.md, section 7, says; and what becomes of failures.
#include <catch2/catch.hpp>

#include <set>

#include "store/backend/object_names.h"
#include "store/format/limits.h"
#include "store/pack_writer.h"
#include "store/seal/object.h"
#include "tests/support/failures.h"
#include "tests/support/faulty_backend.h"
#include "tests/support/memory_backend.h"
#include "tests/support/pack_maker.h"

using namespace vault;

namespace {

const SessionId kSession{{7, 7, 7}};

struct Writing {
    explicit Writing(Backend& backend, PackLimits limits = {})
        : keys(fixed_keys()), writer(backend, *keys, kSession, limits, [this](NewPack pack) {
              durable.push_back(std::move(pack));
          }) {}

    // One box of these chunks; returns their ids.
    std::vector<ChunkId> add(const std::vector<Bytes>& chunks, ChunkKind kind = ChunkKind::Data) {
        BoxContents contents;
        contents.kind = kind;
        Bytes plain;
        std::vector<ChunkId> ids;
        for (const Bytes& chunk : chunks) {
            ids.push_back(keys->chunk_id(kind, chunk));
            contents.chunks.push_back({ids.back(), static_cast<std::uint32_t>(chunk.size())});
            append(plain, chunk);
        }
        const SealedBox box = seal_box(*keys, kind, plain, contents.chunks, {1});
        writer.append(box, std::move(contents));
        return ids;
    }

    std::unique_ptr<Keys> keys;
    std::vector<NewPack> durable;
    PackWriter writer;
};

std::vector<std::string> listed(Backend& backend, const std::string& prefix) {
    std::vector<std::string> names;
    for (const ObjectInfo& info : backend.list(prefix)) names.push_back(info.name);
    return names;
}

std::uint64_t little_endian(ByteView bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | bytes[i];
    return value;
}

}  // namespace

TEST_CASE("every byte of a pack is what the format says", "[packs]") {
    MemoryBackend backend;
    Writing w(backend);
    const std::vector<Bytes> first = seeded_chunks(1, 3, 700), second = seeded_chunks(2, 2, 5'000);
    w.add(first);
    w.add(second);
    w.writer.finish();

    const auto names = listed(backend, "packs/");
    REQUIRE(names.size() == 1);
    const Bytes pack = backend.get(names[0]);
    const std::string hex = to_hex(sha256(pack));
    CHECK(names[0] == "packs/" + hex.substr(0, 2) + "/" + hex);
    REQUIRE(w.durable.size() == 1);
    CHECK(w.durable[0].id.hex() == hex);
    CHECK(w.durable[0].bytes == pack.size());

    // Envelope, by the offsets of section 3; then 16 bytes of salt.
    CHECK(to_hex(ByteView(pack).first(8)) == "5641554c540d0a1a");
    CHECK(little_endian(ByteView(pack).subspan(8, 2)) == 4);
    CHECK(little_endian(ByteView(pack).subspan(10, 2)) == 1);
    CHECK(little_endian(ByteView(pack).subspan(12, 8)) == 0);
    CHECK(little_endian(ByteView(pack).subspan(20, 4)) == 1);
    CHECK(to_hex(ByteView(pack).subspan(24, 32)) == std::string(64, '0'));
    const PackHeader header = decode_pack_header(pack);
    CHECK(equal(header.salt.view(), ByteView(pack).subspan(56, 16)));

    const PackTrailer trailer = open_pack_trailer(*w.keys, header, ByteView(pack).last(72), pack.size(), "pack");
    CHECK(trailer.directory_offset + trailer.directory_sealed_bytes == pack.size() - 72);
    const PackDirectory directory = open_pack_directory(
        *w.keys, header, ByteView(pack).subspan(trailer.directory_offset, trailer.directory_sealed_bytes), "pack");
    CHECK(directory == w.durable[0].directory);
    CHECK(directory.session == kSession);
    CHECK(directory.content == ChunkKind::Data);

    // Boxes back to back from offset 72, their chunks in order.
    REQUIRE(directory.boxes.size() == 2);
    std::uint64_t at = 72;
    for (const auto& [box, chunks] : {std::pair(directory.boxes[0], first), std::pair(directory.boxes[1], second)}) {
        const Bytes plain =
            open_box(*w.keys, ChunkKind::Data, ByteView(pack).subspan(at, box.sealed_bytes), box.codec, box.generation,
                     static_cast<std::uint32_t>(box.plain_bytes()), "box");
        REQUIRE(box.chunks.size() == chunks.size());
        std::size_t offset = 0;
        for (std::size_t i = 0; i < chunks.size(); ++i) {
            CHECK(equal(ByteView(plain).subspan(offset, box.chunks[i].length), chunks[i]));
            CHECK(box.chunks[i].id == w.keys->chunk_id(ChunkKind::Data, chunks[i]));
            offset += chunks[i].size();
        }
        CHECK(offset == plain.size());
        at += box.sealed_bytes;
    }
    CHECK(trailer.boxes_end == at);

    // Padding: so much that the whole has its Padmé length, of the key stream of the salt.
    const std::uint64_t padding = trailer.directory_offset - trailer.boxes_end;
    CHECK(padme_bytes(pack.size() - padding) == pack.size());
    CHECK(equal(ByteView(pack).subspan(trailer.boxes_end, padding), w.keys->pack_padding(1, header.salt, padding)));
}

TEST_CASE("packs have many lengths, all of them Padmé lengths", "[packs]") {
    std::set<std::uint64_t> lengths;
    for (std::size_t bytes = 1; bytes < 60'000; bytes = bytes * 3 / 2 + 17) {
        MemoryBackend backend;
        Writing w(backend);
        w.add(seeded_chunks(bytes, 1, bytes));
        w.writer.finish();
        const auto pack = backend.list("packs/").at(0);
        CHECK(padme_bytes(pack.size) == pack.size);
        lengths.insert(pack.size);
    }
    CHECK(lengths.size() > 8);
}

TEST_CASE("data and tree chunks go to packs of their own", "[packs]") {
    MemoryBackend backend;
    Writing w(backend);
    w.add(seeded_chunks(1, 2));
    w.add(seeded_chunks(2, 2), ChunkKind::Tree);
    w.add(seeded_chunks(3, 2));
    w.writer.finish();
    REQUIRE(w.durable.size() == 2);
    for (const NewPack& pack : w.durable)
        CHECK(pack.directory.boxes.size() == (pack.directory.content == ChunkKind::Data ? 2 : 1));
}

TEST_CASE("a pack is as long as its bytes allow and no longer, and tree packs shorter than data packs", "[packs]") {
    MemoryBackend backend;
    const PackLimits limits{.data_bytes = 20'480, .tree_bytes = 8'192};  // Padmé lengths
    Writing w(backend, limits);
    for (std::uint64_t i = 0; i < 40; ++i) {
        w.add({seeded_chunks(i, 1, 2'000)[0]});
        w.add({seeded_chunks(100 + i, 1, 2'000)[0]}, ChunkKind::Tree);
    }
    w.writer.finish();
    std::size_t data = 0, tree = 0;
    for (const NewPack& pack : w.durable) {
        const bool is_data = pack.directory.content == ChunkKind::Data;
        ++(is_data ? data : tree);
        const std::uint64_t target = is_data ? limits.data_bytes : limits.tree_bytes;
        CHECK(pack.bytes <= target);
        CHECK(backend.get(pack_name(pack.id)).size() == pack.bytes);
        // One more box would not have fitted, but for the last of each kind.
        const std::uint64_t box = 2'040 + 40;
        if (pack.directory.boxes.size() == (is_data ? 9 : 3)) CHECK(pack.bytes + box > target);
    }
    CHECK(data == 5);
    CHECK(tree == 14);
    CHECK(w.writer.sealed_bytes() == 80 * 2'040);
}

TEST_CASE("a pack is closed before it would hold more chunks than allowed", "[packs]") {
    MemoryBackend backend;
    Writing w(backend);
    const std::unique_ptr<Keys> keys = fixed_keys();
    // Boxes of 20,000 chunks of one byte: the fourth does not fit.
    const Bytes plain(20'000, 'x');
    BoxContents contents;
    contents.chunks.assign(20'000, {keys->chunk_id(ChunkKind::Data, Bytes(1, 'x')), 1});
    const SealedBox box = seal_box(*keys, ChunkKind::Data, plain, contents.chunks, {1});
    for (int i = 0; i < 4; ++i) w.writer.append(box, contents);
    w.writer.finish();
    REQUIRE(w.durable.size() == 2);
    std::multiset<std::uint64_t> counts{w.durable[0].directory.chunk_count(), w.durable[1].directory.chunk_count()};
    CHECK(counts == std::multiset<std::uint64_t>{20'000, 60'000});
}

TEST_CASE("second copies of directories follow every 64 packs and at the end", "[packs]") {
    MemoryBackend backend;
    Writing w(backend, {.data_bytes = 1});
    for (std::uint64_t i = 0; i < 130; ++i) w.add(seeded_chunks(i, 1, 50));
    w.writer.finish();
    const auto names = listed(backend, "dirs/");
    REQUIRE(names == std::vector<std::string>{directories_name(kSession, 1), directories_name(kSession, 2),
                                              directories_name(kSession, 3)});
    std::set<PackId> copied;
    std::vector<std::size_t> counts;
    for (const std::string& name : names) {
        const auto record = decode_padded(open_object(*w.keys, name, backend.get(name)), name, decode_directories);
        counts.push_back(record.copies.size());
        CHECK(record.session == kSession);
        for (const DirectoryCopy& copy : record.copies) {
            const Bytes pack = backend.get(pack_name(copy.pack));
            CHECK(copy.pack_bytes == pack.size());
            CHECK(equal(copy.header, ByteView(pack).first(kPackHeaderBytes)));
            CHECK(decode_pack_directory(copy.directory).boxes.size() == 1);
            copied.insert(copy.pack);
        }
    }
    CHECK(counts == std::vector<std::size_t>{64, 64, 2});
    CHECK(copied.size() == 130);
}

TEST_CASE("a pack is told as durable only when it is listed, and its copy never before it", "[packs]") {
    MemoryBackend memory;
    const std::unique_ptr<Keys> keys = fixed_keys();
    bool listed_first = true;
    PackWriter writer(memory, *keys, kSession, {.data_bytes = 1}, [&](NewPack pack) {
        listed_first = listed_first && memory.holds(pack_name(pack.id));
    });
    for (std::uint64_t i = 0; i < 20; ++i) {
        const Bytes chunk = seeded_chunks(i, 1)[0];
        BoxContents contents;
        contents.chunks = {{keys->chunk_id(ChunkKind::Data, chunk), static_cast<std::uint32_t>(chunk.size())}};
        writer.append(seal_box(*keys, ChunkKind::Data, chunk, contents.chunks, {1}), contents);
    }
    writer.finish();
    CHECK(listed_first);
}

TEST_CASE("a publisher's failure is thrown by append or finish, and nothing hangs", "[packs]") {
    for (const Call call : {Call::BeginObject, Call::Append, Call::Publish, Call::PutNew}) {
        for (const bool persistent : {false, true}) {
            MemoryBackend memory;
            FaultyBackend faulty(memory);
            Writing w(faulty, {.data_bytes = 500, .publishers = 2});
            faulty.inject({.call = call, .nth = 3, .persistent = persistent, .kind = ErrorKind::NoSpace});
            const auto run = [&] {
                for (std::uint64_t i = 0; i < 300; ++i) w.add(seeded_chunks(i, 1, 400));
                w.writer.finish();
            };
            CHECK(kind_of(run) == ErrorKind::NoSpace);
        }
    }
}

TEST_CASE("a callback's failure is thrown too", "[packs]") {
    MemoryBackend memory;
    const std::unique_ptr<Keys> keys = fixed_keys();
    PackWriter writer(memory, *keys, kSession, {}, [](NewPack) { throw Error(ErrorKind::Busy, "no"); });
    BoxContents contents;
    const Bytes chunk(10, 'c');
    contents.chunks = {{keys->chunk_id(ChunkKind::Data, chunk), 10}};
    writer.append(seal_box(*keys, ChunkKind::Data, chunk, contents.chunks, {1}), contents);
    CHECK(kind_of([&] { writer.finish(); }) == ErrorKind::Busy);
}

TEST_CASE("a writer that is dropped lists no pack that was open, and leaves no temporary of it", "[packs]") {
    MemoryBackend memory;
    {
        Writing w(memory);
        w.add(seeded_chunks(1, 2));
        w.add(seeded_chunks(2, 2), ChunkKind::Tree);
    }
    CHECK(memory.list("packs/").empty());
    CHECK(memory.list("dirs/").empty());
}

TEST_CASE("a session without chunks writes nothing", "[packs]") {
    MemoryBackend memory;
    Writing w(memory);
    w.writer.finish();
    CHECK(memory.names().empty());
}
