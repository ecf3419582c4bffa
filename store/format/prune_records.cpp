// Control records that pruners and checkers write: mark, damage, condemned, waiting, decision.
#include "store/format/checks.h"
#include "store/format/control_records.h"
#include "store/format/limits.h"
#include "store/format/process_identity.h"

namespace vault {

namespace {

constexpr std::uint64_t kTagBytesMax = 255, kCommentBytesMax = 4'096;

bool is_text_of(MarkSubject subject, const std::string& text) {
    switch (subject) {
        case MarkSubject::Tag: return is_record_text(text, 1, kTagBytesMax);
        case MarkSubject::Hold: return text.empty();
        case MarkSubject::Comment: return is_record_text(text, 1, kCommentBytesMax);
    }
    return false;
}

void check(const MarkRecord& record) {
    constexpr std::string_view kWhat = "mark record";
    require(record.action == MarkAction::Add || record.action == MarkAction::Remove, kWhat, "an unknown action");
    require(is_text_of(record.subject, record.text), kWhat, "a text that does not fit the subject");
    require_time(record.time, kWhat);
}

void check(const DamageRecord& record) {
    constexpr std::string_view kWhat = "damage record";
    require(record.action == DamageAction::Found || record.action == DamageAction::Withdrawn, kWhat,
            "an unknown action");
    require(!record.boxes.empty() || !record.lost.empty(), kWhat, "nothing damaged");
    require(strictly_ascending(record.boxes) && (record.boxes.empty() || record.boxes.back() < kPackBoxesMax), kWhat,
            "boxes that do not ascend or no pack can have");
    require(record.lost.size() <= kControlItemsMax && strictly_ascending(record.lost), kWhat,
            "lost chunks that do not ascend, or too many");
    for (const auto& chunk : record.lost) require(chunk.kind <= ChunkKind::Tree, kWhat, "an unknown chunk kind");
    require_time(record.time, kWhat);
}

void check(const CondemnedRecord& record) {
    constexpr std::string_view kWhat = "condemned record";
    check(record.by, kWhat);
    require_time(record.time, kWhat);
    require(!record.packs.empty() && record.packs.size() <= kControlItemsMax, kWhat, "no pack, or more than 65536");
    require(strictly_ascending(record.packs), kWhat, "packs that do not ascend");
}

void check(const WaitingRecord& record) {
    constexpr std::string_view kWhat = "waiting record";
    require_time(record.time, kWhat);
    require(record.sessions.size() <= kControlItemsMax && strictly_ascending(record.sessions), kWhat,
            "sessions that do not ascend, or too many");
}

void check(const DecisionRecord& record) {
    constexpr std::string_view kWhat = "decision record";
    require_time(record.time, kWhat);
    require(!record.goes.empty() && record.goes.size() <= kControlItemsMax, kWhat, "no pack, or more than 65536");
}

}  // namespace

Bytes encode(const MarkRecord& record) {
    check(record);
    Writer out;
    out.id(record.sid).id(record.random).u8(static_cast<std::uint8_t>(record.action));
    out.u8(static_cast<std::uint8_t>(record.subject)).text(record.text).varint(record.sequence).time(record.time);
    out.extensions(record.extensions);
    return out.take();
}

MarkRecord decode_mark(Cursor& in) {
    MarkRecord record;
    record.sid = in.id<SessionId>();
    record.random = in.id<MarkId>();
    const std::uint8_t action = in.u8();
    if (action < 1 || action > 2) in.unsupported("marks of action " + std::to_string(action));
    record.action = static_cast<MarkAction>(action);
    const std::uint8_t subject = in.u8();
    if (subject < 1 || subject > 3) in.unsupported("marks on subject " + std::to_string(subject));
    record.subject = static_cast<MarkSubject>(subject);
    record.text = in.text(kCommentBytesMax, "text of a mark");
    record.sequence = in.varint();
    record.time = in.time();
    record.extensions = in.extensions();
    check(record);
    return record;
}

Bytes encode(const DamageRecord& record) {
    check(record);
    Writer out(128 + record.boxes.size() * 3 + record.lost.size() * 33);
    out.id(record.pack).id(record.random).u8(static_cast<std::uint8_t>(record.action));
    out.varint(record.boxes.size());
    for (const std::uint64_t box : record.boxes) out.varint(box);
    out.varint(record.lost.size());
    for (const auto& chunk : record.lost) out.u8(static_cast<std::uint8_t>(chunk.kind)).id(chunk.id);
    out.varint(record.sequence).time(record.time).extensions(record.extensions);
    return out.take();
}

DamageRecord decode_damage(Cursor& in) {
    DamageRecord record;
    record.pack = in.id<PackId>();
    record.random = in.id<MarkId>();
    const std::uint8_t action = in.u8();
    if (action < 1 || action > 2) in.unsupported("damage of action " + std::to_string(action));
    record.action = static_cast<DamageAction>(action);
    record.boxes.resize(in.count(kPackBoxesMax, 1, "damaged boxes"));
    for (std::uint64_t& box : record.boxes) box = in.varint();
    record.lost.resize(in.count(kControlItemsMax, 33, "lost chunks"));
    for (auto& chunk : record.lost) {
        const std::uint8_t kind = in.u8();
        if (kind > 1) in.unsupported("chunks of kind " + std::to_string(kind));
        chunk.kind = static_cast<ChunkKind>(kind);
        chunk.id = in.id<ChunkId>();
    }
    record.sequence = in.varint();
    record.time = in.time();
    record.extensions = in.extensions();
    check(record);
    return record;
}

Bytes encode(const CondemnedRecord& record) {
    check(record);
    Writer out(512 + record.packs.size() * PackId::kBytes);
    encode(out.id(record.number), record.by);
    out.time(record.time).varint(record.packs.size());
    for (const PackId& pack : record.packs) out.id(pack);
    out.extensions(record.extensions);
    return out.take();
}

CondemnedRecord decode_condemned(Cursor& in) {
    CondemnedRecord record;
    record.number = in.id<ControlId>();
    record.by = decode_process(in);
    record.time = in.time();
    record.packs.resize(in.count(kControlItemsMax, PackId::kBytes, "packs"));
    for (PackId& pack : record.packs) pack = in.id<PackId>();
    record.extensions = in.extensions();
    check(record);
    return record;
}

Bytes encode(const WaitingRecord& record) {
    check(record);
    Writer out(64 + record.sessions.size() * SessionId::kBytes);
    out.id(record.number).time(record.time).varint(record.sessions.size());
    for (const SessionId& sid : record.sessions) out.id(sid);
    out.extensions(record.extensions);
    return out.take();
}

WaitingRecord decode_waiting(Cursor& in) {
    WaitingRecord record;
    record.number = in.id<ControlId>();
    record.time = in.time();
    record.sessions.resize(in.count(kControlItemsMax, SessionId::kBytes, "sessions"));
    for (SessionId& sid : record.sessions) sid = in.id<SessionId>();
    record.extensions = in.extensions();
    check(record);
    return record;
}

Bytes encode(const DecisionRecord& record) {
    check(record);
    Bytes bitmap((record.goes.size() + 7) / 8, 0);
    for (std::size_t i = 0; i < record.goes.size(); ++i)
        if (record.goes[i]) bitmap[i / 8] = static_cast<std::uint8_t>(bitmap[i / 8] | 1u << i % 8);
    Writer out(64 + bitmap.size());
    out.id(record.number).time(record.time).varint(record.goes.size()).raw(bitmap).extensions(record.extensions);
    return out.take();
}

DecisionRecord decode_decision(Cursor& in) {
    DecisionRecord record;
    record.number = in.id<ControlId>();
    record.time = in.time();
    const std::uint64_t packs = in.varint_at_most(kControlItemsMax, "packs");
    const ByteView bitmap = in.raw((packs + 7) / 8);
    record.goes.resize(packs);
    for (std::size_t i = 0; i < packs; ++i) record.goes[i] = (bitmap[i / 8] >> i % 8 & 1) != 0;
    if (packs % 8 != 0 && bitmap.back() >> packs % 8 != 0) in.corrupt("spare bits that are not zero");
    record.extensions = in.extensions();
    check(record);
    return record;
}

}  // namespace vault
