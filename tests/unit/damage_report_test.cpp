// Findings on record: what is put, what is not put twice, and which record counts.
#include <catch2/catch.hpp>

#include "store/damage_report.h"
#include "tests/support/test_repository.h"

using namespace vault;

namespace {

PackId pack_id() {
    PackId id;
    id.bytes.fill(7);
    return id;
}

DamageRecord::LostChunk data_chunk(std::uint8_t number) {
    ChunkId id;
    id.bytes.fill(number);
    return {ChunkKind::Data, id};
}

DamageReport report_of(std::vector<DamagedBox> boxes, std::vector<DamageRecord::LostChunk> lost) {
    DamageReport report;
    report.packs[pack_id()].boxes = std::move(boxes);
    report.packs[pack_id()].lost = std::move(lost);
    return report;
}

}  // namespace

TEST_CASE("damaged boxes and lost chunks go on record, and not a second time", "[damage]") {
    TestRepository test;
    const auto repository = test.open();
    const DamageReport report = report_of({{2, "x"}, {5, "y"}}, {data_chunk(1)});
    CHECK(record_damage(*repository, report) == 1);
    CHECK(record_damage(*repository, report) == 0);
    CHECK(test.backend().list("damaged/").size() == 1);

    const DamageMarks marks = read_damage_marks(*repository);
    CHECK(marks.packs.at(pack_id()).boxes == std::set<std::uint64_t>{2, 5});
    CHECK(marks.packs.at(pack_id()).lost == std::set<ChunkId>{data_chunk(1).id});
    CHECK(marks.lost_data == std::set<ChunkId>{data_chunk(1).id});
}

TEST_CASE("of what is found later only that is put which is not on record yet", "[damage]") {
    TestRepository test;
    const auto repository = test.open();
    record_damage(*repository, report_of({{2, "x"}}, {}));
    CHECK(record_damage(*repository, report_of({{2, "x"}, {3, "x"}}, {data_chunk(1)})) == 1);
    std::uint64_t boxes = 0;
    for (const ObjectInfo& info : test.backend().list("damaged/"))
        boxes += repository->read_record(info.name, decode_damage).boxes.size();
    CHECK(boxes == 2);
}

TEST_CASE("what was withdrawn and is found again is put again, with a higher number", "[damage]") {
    TestRepository test;
    const auto repository = test.open();
    const PackDamage damage{pack_id(), {2}, {}};
    REQUIRE(record_damage(*repository, read_damage_marks(*repository), damage, DamageAction::Found));
    REQUIRE(record_damage(*repository, read_damage_marks(*repository), damage, DamageAction::Withdrawn));
    CHECK(read_damage_marks(*repository).packs.empty());
    // Withdrawn already: there is nothing to say.
    CHECK_FALSE(record_damage(*repository, read_damage_marks(*repository), damage, DamageAction::Withdrawn));
    REQUIRE(record_damage(*repository, read_damage_marks(*repository), damage, DamageAction::Found));
    CHECK(read_damage_marks(*repository).packs.at(pack_id()).boxes == std::set<std::uint64_t>{2});
}

TEST_CASE("a pack that is damaged as a whole, without a box or chunk to name, has no record", "[damage]") {
    TestRepository test;
    const auto repository = test.open();
    DamageReport report;
    report.packs[pack_id()].whys.push_back("its padding is not what its salt makes");
    CHECK(record_damage(*repository, report) == 0);
    CHECK(test.backend().list("damaged/").empty());
}
