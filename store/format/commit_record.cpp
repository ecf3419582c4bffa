// The snapshot object.
#include "store/format/commit_record.h"

#include <array>

#include "store/format/checks.h"
#include "store/format/limits.h"

namespace vault {

namespace {

constexpr std::string_view kWhat = "commit record";
constexpr std::uint64_t kShortTextMax = 255, kTagsMax = 1'024;
constexpr std::uint64_t kSourceRootsMax = 4'096, kPathBytesMax = 16'384;
constexpr std::uint64_t kPatternBytesMax = 4'096, kExcludesMax = 65'536, kOverridesMax = 4'096;
constexpr std::uint64_t kUnreadableMax = 65'536, kMessageBytesMax = 1'024;
constexpr std::uint64_t kFlagIncomplete = 1, kFlagChangedWhileRead = 2;

// In the order of the record; the field that a const or a mutable record gives.
template <class AnyTotals>
auto fields(AnyTotals& t) {
    return std::array{&t.files_new,     &t.files_changed,     &t.files_unmodified, &t.dirs_new,    &t.dirs_changed,
                      &t.dirs_unmodified, &t.others_new,      &t.others_changed,   &t.others_unmodified,
                      &t.content_bytes, &t.read_bytes,        &t.added_bytes,      &t.stored_bytes};
}

void check_sources(const CommitRecord& record) {
    const auto is_path = [](const std::string& path) {
        return path.size() <= kPathBytesMax && path.starts_with('/') && path.find('\0') == std::string::npos;
    };
    require(!record.source_roots.empty() && record.source_roots.size() <= kSourceRootsMax, kWhat,
            "no source root, or more than 4096");
    for (const std::string& path : record.source_roots) require(is_path(path), kWhat, "a source root that is no path");
    require(strictly_ascending(record.source_roots), kWhat, "source roots that do not ascend");
    require(record.recorded_as.empty() || is_path(record.recorded_as), kWhat, "recorded as what is no path");
    require(record.excludes.size() <= kExcludesMax, kWhat, "more than 65536 excludes");
    for (const std::string& rule : record.excludes) require(rule.size() <= kPatternBytesMax, kWhat, "a long exclude");
    require(record.class_overrides.size() <= kOverridesMax, kWhat, "more than 4096 class overrides");
    for (const ClassOverride& one : record.class_overrides)
        require(one.pattern.size() <= kPatternBytesMax && is_chunk_class(one.chunk_class), kWhat,
                "a class override with a long pattern or an unknown class");
}

void check_unreadable(const CommitRecord& record) {
    const auto& list = record.unreadable;
    require(list.size() <= kUnreadableMax && list.size() <= record.unreadable_count, kWhat,
            "more unreadable paths than are allowed or counted");
    for (const UnreadablePath& one : list)
        require(one.path.size() <= kPathBytesMax && is_record_text(one.message, 0, kMessageBytesMax), kWhat,
                "an unreadable path that is too long, or whose message is no text");
    require(strictly_ascending(list, [](const UnreadablePath& one) { return std::string_view(one.path); }), kWhat,
            "unreadable paths that do not ascend");
}

void check(const CommitRecord& record) {
    require(record.root_level <= kNodeLevelMax, kWhat, "a level above 31");
    require(is_name_number(record.config_generation), kWhat, "a config generation out of range");
    for (const Time& time : {record.time, record.started, record.ended}) require_time(time, kWhat);
    require(is_record_text(record.host, 1, kShortTextMax) && is_record_text(record.user, 0, kShortTextMax) &&
                is_record_text(record.series, 1, kShortTextMax) && is_record_text(record.program, 0, kShortTextMax),
            kWhat, "a host, user, series or program that is empty, too long or no text");
    require(record.tags.size() <= kTagsMax, kWhat, "more than 1024 tags");
    for (const std::string& tag : record.tags) require(is_record_text(tag, 1, kShortTextMax), kWhat, "a bad tag");
    require(strictly_ascending(record.tags), kWhat, "tags that do not ascend");
    check_sources(record);
    check_unreadable(record);
    require(record.sequence >= 1, kWhat, "sequence 0");
    require(record.sequence > 1 || record.previous.is_zero(), kWhat, "a snapshot before the writer's first");
}

void decode_sources(Cursor& in, CommitRecord& record) {
    record.tags.resize(in.count(kTagsMax, 2, "tags"));
    for (std::string& tag : record.tags) tag = in.text(kShortTextMax, "tag");
    record.source_roots.resize(in.count(kSourceRootsMax, 2, "source roots"));
    for (std::string& path : record.source_roots) path = in.byte_string(kPathBytesMax, "source root");
    record.recorded_as = in.byte_string(kPathBytesMax, "recorded as");
    record.excludes.resize(in.count(kExcludesMax, 1, "excludes"));
    for (std::string& rule : record.excludes) rule = in.byte_string(kPatternBytesMax, "exclude");
    record.class_overrides.resize(in.count(kOverridesMax, 2, "class overrides"));
    for (ClassOverride& one : record.class_overrides) {
        one.pattern = in.byte_string(kPatternBytesMax, "pattern");
        one.chunk_class = in.u8();
        if (!is_chunk_class(one.chunk_class)) in.unsupported("chunk class " + std::to_string(one.chunk_class));
    }
}

}  // namespace

Bytes encode(const CommitRecord& record) {
    check(record);
    Writer out(1'024);
    out.id(record.sid).id(record.original).id(record.parent).id(record.root).u8(record.root_level);
    out.varint(record.config_generation).time(record.time).time(record.started).time(record.ended);
    out.text(record.host).text(record.user).text(record.series);
    out.varint(record.tags.size());
    for (const std::string& tag : record.tags) out.text(tag);
    out.varint(record.source_roots.size());
    for (const std::string& path : record.source_roots) out.text(path);
    out.text(record.recorded_as).varint(record.excludes.size());
    for (const std::string& rule : record.excludes) out.text(rule);
    out.varint(record.class_overrides.size());
    for (const ClassOverride& one : record.class_overrides) out.text(one.pattern).u8(one.chunk_class);
    out.text(record.program);
    out.varint((record.incomplete ? kFlagIncomplete : 0) | (record.changed_while_read ? kFlagChangedWhileRead : 0));
    for (const std::uint64_t* field : fields(record.totals)) out.varint(*field);
    out.varint(record.unreadable_count).varint(record.unreadable.size());
    for (const UnreadablePath& one : record.unreadable) out.text(one.path).text(one.message);
    out.id(record.writer).varint(record.sequence).id(record.previous).extensions(record.extensions);
    return out.take();
}

CommitRecord decode_commit(Cursor& in) {
    CommitRecord record;
    record.sid = in.id<SessionId>();
    record.original = in.id<SessionId>();
    record.parent = in.id<SessionId>();
    record.root = in.id<ChunkId>();
    record.root_level = in.u8();
    record.config_generation = in.varint();
    record.time = in.time();
    record.started = in.time();
    record.ended = in.time();
    record.host = in.text(kShortTextMax, "host");
    record.user = in.text(kShortTextMax, "user");
    record.series = in.text(kShortTextMax, "series");
    decode_sources(in, record);
    record.program = in.text(kShortTextMax, "program");
    const std::uint64_t flags = in.varint();
    if ((flags & ~(kFlagIncomplete | kFlagChangedWhileRead)) != 0)
        in.unsupported("snapshot flags " + std::to_string(flags));
    record.incomplete = (flags & kFlagIncomplete) != 0;
    record.changed_while_read = (flags & kFlagChangedWhileRead) != 0;
    for (std::uint64_t* field : fields(record.totals)) *field = in.varint();
    record.unreadable_count = in.varint();
    record.unreadable.resize(in.count(kUnreadableMax, 2, "unreadable paths"));
    for (UnreadablePath& one : record.unreadable) {
        one.path = in.byte_string(kPathBytesMax, "unreadable path");
        one.message = in.text(kMessageBytesMax, "message");
    }
    record.writer = in.id<ControlId>();
    record.sequence = in.varint();
    record.previous = in.id<ObjectHash>();
    record.extensions = in.extensions();
    check(record);
    return record;
}

}  // namespace vault
