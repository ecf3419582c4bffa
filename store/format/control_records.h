// The small objects of the protocol between writers and pruners. docs/format.md, section 10.
#pragma once

#include <string>
#include <vector>

#include "store/format/cursor.h"

namespace vault {

// Which process on which machine: enough to tell, on that machine, whether it still lives. Unknown ids are zero.
struct ProcessIdentity {
    std::string host;
    ControlId machine, boot;
    std::uint64_t pid_namespace = 0;
    std::uint32_t pid = 0;
    std::uint64_t start_ticks = 0;  // since boot
    bool operator==(const ProcessIdentity&) const = default;
};

struct SessionRecord {
    SessionId sid;
    ProcessIdentity process;
    Time started;
    std::string program;
    Extensions extensions;
    bool operator==(const SessionRecord&) const = default;
};

struct HeartbeatRecord {
    SessionId sid;
    std::uint64_t number = 1;
    Time time;
    Extensions extensions;
    bool operator==(const HeartbeatRecord&) const = default;
};

enum class FenceReason : std::uint8_t { RunFailed = 1, ProcessGone = 2, NoHeartbeat = 3 };  // on disk: never renumber

struct FenceRecord {
    SessionId sid;
    FenceReason reason = FenceReason::RunFailed;
    ProcessIdentity by;
    Time time;
    Extensions extensions;
    bool operator==(const FenceRecord&) const = default;
};

struct TombstoneRecord {
    SessionId sid;
    ProcessIdentity by;
    Time time;
    Extensions extensions;
    bool operator==(const TombstoneRecord&) const = default;
};

struct BundleRecord {
    struct Item {
        SessionId sid;
        Time time;
        bool operator==(const Item&) const = default;
    };
    ControlId number;
    std::vector<Item> items;  // sids ascending
    Extensions extensions;
    bool operator==(const BundleRecord&) const = default;
};

enum class MarkAction : std::uint8_t { Add = 1, Remove = 2 };            // on disk: never renumber
enum class MarkSubject : std::uint8_t { Tag = 1, Hold = 2, Comment = 3 };  // on disk: never renumber

struct MarkRecord {
    SessionId sid;
    MarkId random;
    MarkAction action = MarkAction::Add;
    MarkSubject subject = MarkSubject::Tag;
    std::string text;
    std::uint64_t sequence = 0;
    Time time;
    Extensions extensions;
    bool operator==(const MarkRecord&) const = default;
};

enum class DamageAction : std::uint8_t { Found = 1, Withdrawn = 2 };  // on disk: never renumber

struct DamageRecord {
    struct LostChunk {
        ChunkKind kind = ChunkKind::Data;
        ChunkId id;
        auto operator<=>(const LostChunk&) const = default;
    };
    PackId pack;
    MarkId random;
    DamageAction action = DamageAction::Found;
    std::vector<std::uint64_t> boxes;  // ascending
    std::vector<LostChunk> lost;       // ascending
    std::uint64_t sequence = 0;
    Time time;
    Extensions extensions;
    bool operator==(const DamageRecord&) const = default;
};

struct CondemnedRecord {
    ControlId number;
    ProcessIdentity by;
    Time time;
    std::vector<PackId> packs;  // ascending
    Extensions extensions;
    bool operator==(const CondemnedRecord&) const = default;
};

struct WaitingRecord {
    ControlId number;
    Time time;
    std::vector<SessionId> sessions;  // ascending
    Extensions extensions;
    bool operator==(const WaitingRecord&) const = default;
};

struct DecisionRecord {
    ControlId number;
    Time time;
    std::vector<bool> goes;  // per pack of condemned n; all false: keep all
    Extensions extensions;
    bool operator==(const DecisionRecord&) const = default;
};

Bytes encode(const SessionRecord& record);
Bytes encode(const HeartbeatRecord& record);
Bytes encode(const FenceRecord& record);
Bytes encode(const TombstoneRecord& record);
Bytes encode(const BundleRecord& record);
Bytes encode(const MarkRecord& record);
Bytes encode(const DamageRecord& record);
Bytes encode(const CondemnedRecord& record);
Bytes encode(const WaitingRecord& record);
Bytes encode(const DecisionRecord& record);

SessionRecord decode_session(Cursor& cursor);
HeartbeatRecord decode_heartbeat(Cursor& cursor);
FenceRecord decode_fence(Cursor& cursor);
TombstoneRecord decode_tombstone(Cursor& cursor);
BundleRecord decode_bundle(Cursor& cursor);
MarkRecord decode_mark(Cursor& cursor);
DamageRecord decode_damage(Cursor& cursor);
CondemnedRecord decode_condemned(Cursor& cursor);
WaitingRecord decode_waiting(Cursor& cursor);
DecisionRecord decode_decision(Cursor& cursor);

}  // namespace vault
