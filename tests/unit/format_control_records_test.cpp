// The control objects of the protocol: docs/format.md, section 10.
#include <catch2/catch.hpp>

#include "store/format/control_records.h"
#include "tests/support/codec_laws.h"
#include "tests/support/format_values.h"

namespace vault {
namespace {

template <class Record>
void check_laws(Record (*decode)(Cursor&), const Record& sample) {
    const auto codec = cursor_codec(decode);
    check_codec_laws(codec, sample);
    check_extension_laws(codec, codec.encode(sample));
}

// The error of encoding `record` after `change`.
template <class Record, class Change>
std::optional<ErrorKind> error_after(Record record, Change change) {
    change(record);
    return error_of([&] { encode(record); });
}

template <class Record>
std::optional<ErrorKind> error_of_decoding(Record (*decode)(Cursor&), const Record& sample, std::string_view was,
                                           std::string_view is) {
    return error_of([&] { cursor_codec(decode).decode(patched(encode(sample), was, is)); });
}

// `count` different ids that ascend.
template <class AnyId>
std::vector<AnyId> ids(std::size_t count) {
    std::vector<AnyId> list(count);
    for (std::size_t i = 0; i < count; ++i)
        for (std::size_t byte = 0; byte < 4; ++byte)
            list[i].bytes[byte] = static_cast<std::uint8_t>(i >> (24 - 8 * byte));
    return list;
}

}  // namespace

TEST_CASE("every control record keeps the laws of records", "[format][control]") {
    SECTION("session") { check_laws(decode_session, sample_session()); }
    SECTION("heartbeat") { check_laws(decode_heartbeat, sample_heartbeat()); }
    SECTION("fence") { check_laws(decode_fence, sample_fence()); }
    SECTION("tombstone") { check_laws(decode_tombstone, sample_tombstone()); }
    SECTION("bundle") { check_laws(decode_bundle, sample_bundle()); }
    SECTION("mark") { check_laws(decode_mark, sample_mark()); }
    SECTION("damage") { check_laws(decode_damage, sample_damage()); }
    SECTION("condemned") { check_laws(decode_condemned, sample_condemned()); }
    SECTION("waiting") { check_laws(decode_waiting, sample_waiting()); }
    SECTION("decision") { check_laws(decode_decision, sample_decision()); }
}

TEST_CASE("a decoder leaves its cursor behind the record, before the padding", "[format][control]") {
    Bytes padded = encode(sample_tombstone());
    const std::size_t record_bytes = padded.size();
    padded.resize(4'096, 0);
    Cursor cursor(padded, "test");
    CHECK(decode_tombstone(cursor) == sample_tombstone());
    CHECK(cursor.position() == record_bytes);
}

TEST_CASE("a session's predecessor is reserved", "[format][control]") {
    const std::string rest(30, '0'), program = "0b7661";  // what follows it: "vault 0.1.0"
    CHECK(error_of_decoding(decode_session, sample_session(), "00" + rest + program, "01" + rest + program) ==
          ErrorKind::Corrupt);
}

TEST_CASE("a process may be unknown, but its host is text and its pid 32 bits", "[format][control]") {
    CHECK(error_after(sample_session(), [](auto& r) { r.process = {}; }) == std::nullopt);
    CHECK(error_after(sample_session(), [](auto& r) { r.process.host = "a\x01"; }) == ErrorKind::Corrupt);
    CHECK(error_after(sample_fence(), [](auto& r) { r.by.host = std::string(256, 'h'); }) == ErrorKind::Corrupt);
    // pid 12345, then the start ticks.
    CHECK(error_of_decoding(decode_fence, sample_fence(), "b960b1", "ffffffff0fb1") == std::nullopt);
    CHECK(error_of_decoding(decode_fence, sample_fence(), "b960b1", "8080808010b1") == ErrorKind::Corrupt);
}

TEST_CASE("a heartbeat's number is from 1 to 2^32 - 1", "[format][control]") {
    CHECK(error_after(sample_heartbeat(), [](auto& r) { r.number = 4'294'967'295; }) == std::nullopt);
    CHECK(error_after(sample_heartbeat(), [](auto& r) { r.number = 4'294'967'296; }) == ErrorKind::Corrupt);
    CHECK(error_after(sample_heartbeat(), [](auto& r) { r.number = 0; }) == ErrorKind::Corrupt);
    CHECK(error_of_decoding(decode_heartbeat, sample_heartbeat(), "71ac02", "7100") == ErrorKind::Corrupt);
}

TEST_CASE("unknown reasons, actions, subjects and kinds are Unsupported", "[format][control]") {
    for (const char* bad : {"00", "04", "ff"}) {
        CAPTURE(bad);
        CHECK(error_of_decoding(decode_fence, sample_fence(), "71020c", "71" + std::string(bad) + "0c") ==
              ErrorKind::Unsupported);
        CHECK(error_of_decoding(decode_mark, sample_mark(), "75010104", "7501" + std::string(bad) + "04") ==
              ErrorKind::Unsupported);
    }
    for (const char* bad : {"00", "03", "ff"}) {
        CAPTURE(bad);
        CHECK(error_of_decoding(decode_mark, sample_mark(), "75010104", "75" + std::string(bad) + "0104") ==
              ErrorKind::Unsupported);
        CHECK(error_of_decoding(decode_damage, sample_damage(), "77020300", "77" + std::string(bad) + "0300") ==
              ErrorKind::Unsupported);
    }
    CHECK(error_of_decoding(decode_damage, sample_damage(), "790178", "790278") == ErrorKind::Unsupported);
}

TEST_CASE("a mark's text fits its subject", "[format][control]") {
    const auto with = [](MarkSubject subject, const std::string& text) {
        return error_after(sample_mark(), [&](auto& r) {
            r.subject = subject;
            r.text = text;
        });
    };
    CHECK(with(MarkSubject::Tag, std::string(255, 't')) == std::nullopt);
    CHECK(with(MarkSubject::Tag, std::string(256, 't')) == ErrorKind::Corrupt);
    CHECK(with(MarkSubject::Tag, "") == ErrorKind::Corrupt);
    CHECK(with(MarkSubject::Tag, "a\nb") == ErrorKind::Corrupt);
    CHECK(with(MarkSubject::Hold, "") == std::nullopt);
    CHECK(with(MarkSubject::Hold, "x") == ErrorKind::Corrupt);
    CHECK(with(MarkSubject::Comment, std::string(4'096, 'c')) == std::nullopt);
    CHECK(with(MarkSubject::Comment, std::string(4'097, 'c')) == ErrorKind::Corrupt);
    CHECK(with(MarkSubject::Comment, "") == ErrorKind::Corrupt);
    // The reader: the tag "keep" as a hold.
    CHECK(error_of_decoding(decode_mark, sample_mark(), "75010104", "75010204") == ErrorKind::Corrupt);
}

TEST_CASE("damage names boxes below 65,536 or lost chunks, ascending, and not nothing", "[format][control]") {
    const auto with = [](std::vector<std::uint64_t> boxes, std::vector<DamageRecord::LostChunk> lost) {
        return error_after(sample_damage(), [&](auto& r) {
            r.boxes = std::move(boxes);
            r.lost = std::move(lost);
        });
    };
    const DamageRecord::LostChunk data{ChunkKind::Data, id_of<ChunkId>(2)}, tree{ChunkKind::Tree, id_of<ChunkId>(1)};
    CHECK(with({0, 65'535}, {}) == std::nullopt);
    CHECK(with({65'536}, {}) == ErrorKind::Corrupt);
    CHECK(with({1, 0}, {}) == ErrorKind::Corrupt);
    CHECK(with({1, 1}, {}) == ErrorKind::Corrupt);
    CHECK(with({}, {data, tree}) == std::nullopt);  // field by field: the kind first
    CHECK(with({}, {tree, data}) == ErrorKind::Corrupt);
    CHECK(with({}, {data, data}) == ErrorKind::Corrupt);
    CHECK(with({}, {}) == ErrorKind::Corrupt);
    std::vector<std::uint64_t> all(65'536);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    CHECK(with(all, {}) == std::nullopt);
    // The reader: boxes 0, 7, 65535.
    CHECK(error_of_decoding(decode_damage, sample_damage(), "030007ffff03", "030700ffff03") == ErrorKind::Corrupt);
    CHECK(error_of_decoding(decode_damage, sample_damage(), "030007ffff03", "030007808004") == ErrorKind::Corrupt);
}

TEST_CASE("condemned packs, tombstones of a bundle and awaited sessions ascend", "[format][control]") {
    CHECK(error_after(sample_condemned(), [](auto& r) { std::swap(r.packs[0], r.packs[1]); }) == ErrorKind::Corrupt);
    CHECK(error_after(sample_condemned(), [](auto& r) { r.packs[0] = r.packs[1]; }) == ErrorKind::Corrupt);
    CHECK(error_after(sample_bundle(), [](auto& r) { std::swap(r.items[0], r.items[1]); }) == ErrorKind::Corrupt);
    CHECK(error_after(sample_bundle(), [](auto& r) { r.items[0].sid = r.items[1].sid; }) == ErrorKind::Corrupt);
    CHECK(error_after(sample_waiting(), [](auto& r) { std::swap(r.sessions[0], r.sessions[1]); }) ==
          ErrorKind::Corrupt);
    CHECK(error_of_decoding(decode_waiting, sample_waiting(), "027d", "027f") == ErrorKind::Corrupt);
    CHECK(error_of_decoding(decode_condemned, sample_condemned(), "027b", "027f") == ErrorKind::Corrupt);
    CHECK(error_of_decoding(decode_bundle, sample_bundle(), "0273", "027f") == ErrorKind::Corrupt);
}

TEST_CASE("lists of control records hold 65,536 and not one more; only what waits may be empty", "[format][control]") {
    CondemnedRecord condemned = sample_condemned();
    WaitingRecord waiting = sample_waiting();
    BundleRecord bundle = sample_bundle();
    const auto fill = [&](std::size_t count) {
        condemned.packs = ids<PackId>(count);
        waiting.sessions = ids<SessionId>(count);
        bundle.items.clear();
        for (const SessionId& sid : ids<SessionId>(count)) bundle.items.push_back({sid, {}});
    };
    fill(65'536);
    CHECK(cursor_codec(decode_condemned).decode(encode(condemned)) == condemned);
    CHECK(cursor_codec(decode_waiting).decode(encode(waiting)) == waiting);
    CHECK(cursor_codec(decode_bundle).decode(encode(bundle)) == bundle);
    fill(65'537);
    CHECK(error_of([&] { encode(condemned); }) == ErrorKind::Corrupt);
    CHECK(error_of([&] { encode(waiting); }) == ErrorKind::Corrupt);
    CHECK(error_of([&] { encode(bundle); }) == ErrorKind::Corrupt);
    fill(0);
    CHECK(error_of([&] { encode(condemned); }) == ErrorKind::Corrupt);
    CHECK(cursor_codec(decode_waiting).decode(encode(waiting)) == waiting);
    CHECK(error_of([&] { encode(bundle); }) == ErrorKind::Corrupt);
}

TEST_CASE("a decision's bitmap holds bit i % 8 of byte i / 8, and its spare bits are zero", "[format][control]") {
    const Bytes bytes = encode(sample_decision());
    // Ten packs: 0, 2, 3 and 9 go.
    CHECK(to_hex(bytes).ends_with("0a" "0d02" "00"));
    CHECK(error_of_decoding(decode_decision, sample_decision(), "0a0d02", "0a0d03") == std::nullopt);
    CHECK(error_of_decoding(decode_decision, sample_decision(), "0a0d02", "0a0d04") == ErrorKind::Corrupt);
    CHECK(error_of_decoding(decode_decision, sample_decision(), "0a0d02", "0a0d82") == ErrorKind::Corrupt);
}

TEST_CASE("a decision is on 1 to 65,536 packs", "[format][control]") {
    DecisionRecord record = sample_decision();
    for (const std::size_t packs : {1u, 7u, 8u, 9u, 65'536u}) {
        record.goes.assign(packs, true);
        CHECK(cursor_codec(decode_decision).decode(encode(record)) == record);
    }
    for (const std::size_t packs : {0u, 65'537u}) {
        record.goes.assign(packs, true);
        CHECK(error_of([&] { encode(record); }) == ErrorKind::Corrupt);
    }
}

}  // namespace vault
