// Control records of a session's life: session, heartbeat, fence, tombstone, bundle of tombstones.
#include "store/format/checks.h"
#include "store/format/control_records.h"
#include "store/format/limits.h"
#include "store/format/process_identity.h"

namespace vault {

namespace {

constexpr std::uint64_t kHostBytesMax = 255, kProgramBytesMax = 255;
constexpr std::size_t kPredecessorBytes = SessionId::kBytes;  // reserved in version 1
constexpr std::size_t kBundleItemBytes = SessionId::kBytes + 12;

void check(const SessionRecord& record) {
    check(record.process, "session record");
    require_time(record.started, "session record");
    require(is_record_text(record.program, 0, kProgramBytesMax), "session record", "a program that is no short text");
}

void check(const HeartbeatRecord& record) {
    require(is_name_number(record.number), "heartbeat record", "a number that is not from 1 to 2^32 - 1");
    require_time(record.time, "heartbeat record");
}

void check(const FenceRecord& record) {
    require(record.reason >= FenceReason::RunFailed && record.reason <= FenceReason::NoHeartbeat, "fence record",
            "an unknown reason");
    check(record.by, "fence record");
    require_time(record.time, "fence record");
}

void check(const TombstoneRecord& record) {
    check(record.by, "tombstone record");
    require_time(record.time, "tombstone record");
}

void check(const BundleRecord& record) {
    require(!record.items.empty() && record.items.size() <= kControlItemsMax, "bundle record",
            "no tombstone, or more than 65536");
    require(strictly_ascending(record.items, [](const auto& item) -> const auto& { return item.sid; }),
            "bundle record", "sids that do not ascend");
    for (const auto& item : record.items) require_time(item.time, "bundle record");
}

}  // namespace

void check(const ProcessIdentity& process, std::string_view record) {
    require(is_record_text(process.host, 0, kHostBytesMax), record, "a host that is no short text");
}

void encode(Writer& out, const ProcessIdentity& process) {
    out.text(process.host).id(process.machine).id(process.boot).varint(process.pid_namespace);
    out.varint(process.pid).varint(process.start_ticks);
}

ProcessIdentity decode_process(Cursor& in) {
    ProcessIdentity process;
    process.host = in.text(kHostBytesMax, "host");
    process.machine = in.id<ControlId>();
    process.boot = in.id<ControlId>();
    process.pid_namespace = in.varint();
    process.pid = static_cast<std::uint32_t>(in.varint_at_most(kU32Max, "pid"));
    process.start_ticks = in.varint();
    return process;
}

Bytes encode(const SessionRecord& record) {
    check(record);
    Writer out;
    encode(out.id(record.sid), record.process);
    out.time(record.started).zeros(kPredecessorBytes).text(record.program).extensions(record.extensions);
    return out.take();
}

SessionRecord decode_session(Cursor& in) {
    SessionRecord record;
    record.sid = in.id<SessionId>();
    record.process = decode_process(in);
    record.started = in.time();
    in.zeros(kPredecessorBytes, "the predecessor, which is reserved,");
    record.program = in.text(kProgramBytesMax, "program");
    record.extensions = in.extensions();
    check(record);
    return record;
}

Bytes encode(const HeartbeatRecord& record) {
    check(record);
    Writer out;
    out.id(record.sid).varint(record.number).time(record.time).extensions(record.extensions);
    return out.take();
}

HeartbeatRecord decode_heartbeat(Cursor& in) {
    HeartbeatRecord record;
    record.sid = in.id<SessionId>();
    record.number = in.varint();
    record.time = in.time();
    record.extensions = in.extensions();
    check(record);
    return record;
}

Bytes encode(const FenceRecord& record) {
    check(record);
    Writer out;
    encode(out.id(record.sid).u8(static_cast<std::uint8_t>(record.reason)), record.by);
    out.time(record.time).extensions(record.extensions);
    return out.take();
}

FenceRecord decode_fence(Cursor& in) {
    FenceRecord record;
    record.sid = in.id<SessionId>();
    const std::uint8_t reason = in.u8();
    if (reason < 1 || reason > 3) in.unsupported("fences of reason " + std::to_string(reason));
    record.reason = static_cast<FenceReason>(reason);
    record.by = decode_process(in);
    record.time = in.time();
    record.extensions = in.extensions();
    check(record);
    return record;
}

Bytes encode(const TombstoneRecord& record) {
    check(record);
    Writer out;
    encode(out.id(record.sid), record.by);
    out.time(record.time).extensions(record.extensions);
    return out.take();
}

TombstoneRecord decode_tombstone(Cursor& in) {
    TombstoneRecord record;
    record.sid = in.id<SessionId>();
    record.by = decode_process(in);
    record.time = in.time();
    record.extensions = in.extensions();
    check(record);
    return record;
}

Bytes encode(const BundleRecord& record) {
    check(record);
    Writer out(64 + record.items.size() * kBundleItemBytes);
    out.id(record.number).varint(record.items.size());
    for (const auto& item : record.items) out.id(item.sid).time(item.time);
    out.extensions(record.extensions);
    return out.take();
}

BundleRecord decode_bundle(Cursor& in) {
    BundleRecord record;
    record.number = in.id<ControlId>();
    record.items.resize(in.count(kControlItemsMax, kBundleItemBytes, "tombstones"));
    for (auto& item : record.items) {
        item.sid = in.id<SessionId>();
        item.time = in.time();
    }
    record.extensions = in.extensions();
    check(record);
    return record;
}

}  // namespace vault
