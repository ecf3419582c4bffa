// Random valid snapshots and control records.
#include "tests/support/format_random.h"

namespace vault {

namespace {

ProcessIdentity random_process() {
    return {random_text(0, 255),       random_id<ControlId>(),
            random_id<ControlId>(),    random_number(~0ull),
            static_cast<std::uint32_t>(random_number(0xFFFFFFFF)), random_number(~0ull)};
}

}  // namespace

CommitRecord random_commit() {
    CommitRecord record;
    record.sid = random_id<SessionId>();
    record.original = random_id<SessionId>();
    record.parent = random_id<SessionId>();
    record.root = random_id<ChunkId>();
    record.root_level = static_cast<std::uint8_t>(random_number(31));
    record.config_generation = 1 + random_number(1'000'000);
    record.time = random_time();
    record.started = random_time();
    record.ended = random_time();
    record.host = random_text(1, 255);
    record.user = random_text(0, 255);
    record.series = random_text(1, 255);
    record.tags = random_ascending<std::string>(0, 10, [] { return random_text(1, 255); });
    record.source_roots = random_ascending<std::string>(1, 10, [] { return "/" + random_name(0, 500); });
    if (random_bool()) record.recorded_as = "/" + random_name(0, 500);
    record.excludes = random_list<std::string>(0, 10, [] { return random_name(0, 4'096); });
    record.class_overrides =
        random_list<ClassOverride>(0, 5, [] { return ClassOverride{random_name(0, 4'096), random_class()}; });
    record.program = random_text(0, 255);
    record.incomplete = random_bool();
    record.changed_while_read = random_bool();
    for (std::uint64_t* field : {&record.totals.files_new, &record.totals.dirs_changed, &record.totals.stored_bytes})
        *field = random_number(~0ull);
    for (const std::string& path : random_ascending<std::string>(0, 10, [] { return random_name(0, 2'000); }))
        record.unreadable.push_back({path, random_text(0, 1'024)});
    record.unreadable_count = record.unreadable.size() + random_number(1'000'000);
    record.writer = random_id<ControlId>();
    record.sequence = 2 + random_number(1'000'000);
    record.previous = random_id<ObjectHash>();
    record.extensions = random_extensions();
    return record;
}

SessionRecord random_session() {
    return {random_id<SessionId>(), random_process(), random_time(), random_text(0, 255), random_extensions()};
}

FenceRecord random_fence() {
    return {random_id<SessionId>(), static_cast<FenceReason>(1 + random_number(2)), random_process(), random_time(),
            random_extensions()};
}

BundleRecord random_bundle() {
    BundleRecord record;
    record.number = random_id<ControlId>();
    for (const SessionId& sid : random_ascending<SessionId>(1, 50, random_id<SessionId>))
        record.items.push_back({sid, random_time()});
    record.extensions = random_extensions();
    return record;
}

MarkRecord random_mark() {
    MarkRecord record;
    record.sid = random_id<SessionId>();
    record.random = random_id<MarkId>();
    record.action = static_cast<MarkAction>(1 + random_number(1));
    record.subject = static_cast<MarkSubject>(1 + random_number(2));
    if (record.subject == MarkSubject::Tag) record.text = random_text(1, 255);
    if (record.subject == MarkSubject::Comment) record.text = random_text(1, 4'096);
    record.sequence = random_number(~0ull);
    record.time = random_time();
    record.extensions = random_extensions();
    return record;
}

DamageRecord random_damage() {
    DamageRecord record;
    record.pack = random_id<PackId>();
    record.random = random_id<MarkId>();
    record.action = static_cast<DamageAction>(1 + random_number(1));
    record.boxes = random_ascending<std::uint64_t>(1, 30, [] { return random_number(65'535); });
    record.lost = random_ascending<DamageRecord::LostChunk>(0, 30, [] {
        return DamageRecord::LostChunk{static_cast<ChunkKind>(random_number(1)), random_id<ChunkId>()};
    });
    record.sequence = random_number(~0ull);
    record.time = random_time();
    record.extensions = random_extensions();
    return record;
}

CondemnedRecord random_condemned() {
    return {random_id<ControlId>(), random_process(), random_time(),
            random_ascending<PackId>(1, 50, random_id<PackId>), random_extensions()};
}

WaitingRecord random_waiting() {
    return {random_id<ControlId>(), random_time(), random_ascending<SessionId>(0, 50, random_id<SessionId>),
            random_extensions()};
}

DecisionRecord random_decision() {
    DecisionRecord record;
    record.number = random_id<ControlId>();
    record.time = random_time();
    for (const std::uint8_t byte : random_bytes(1, 1'000)) record.goes.push_back((byte & 1) != 0);
    record.extensions = random_extensions();
    return record;
}

}  // namespace vault
