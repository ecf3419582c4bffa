// Control records, config and snapshots as fields.
#include "store/inspect_parts.h"

namespace vault {

namespace {

Description describe(const ProcessIdentity& process) {
    Description fields;
    fields.add("host", process.host).id("machine", process.machine).id("boot", process.boot);
    fields.number("pid_namespace", process.pid_namespace)
        .number("pid", process.pid)
        .number("start_ticks", process.start_ticks);
    return fields;
}

std::string_view reason_name(FenceReason reason) {
    switch (reason) {
        case FenceReason::RunFailed: return "the run failed";
        case FenceReason::ProcessGone: return "its process is gone";
        case FenceReason::NoHeartbeat: return "no heartbeat";
    }
    return "unknown";
}

std::string_view subject_name(MarkSubject subject) {
    switch (subject) {
        case MarkSubject::Tag: return "tag";
        case MarkSubject::Hold: return "hold";
        case MarkSubject::Comment: return "comment";
    }
    return "unknown";
}

template <class AnyId>
std::vector<Description> ids_of(const std::vector<AnyId>& ids, const char* field) {
    std::vector<Description> list;
    for (const AnyId& id : ids) list.push_back(Description().id(field, id));
    return list;
}

std::vector<Description> names_of(const std::vector<std::string>& names, const char* field) {
    std::vector<Description> list;
    for (const std::string& name : names) list.push_back(Description().add(field, RawName{name}));
    return list;
}

Description describe(const ShapeParameters& shape) {
    Description fields;
    fields.number("id_algorithm", shape.id_algorithm).number("chunker_version", shape.chunker_version);
    fields.number("classifier_version", shape.classifier_version).number("normalisation", shape.normalisation);
    std::vector<Description> classes;
    for (const auto& size : shape.classes)
        classes.push_back(Description()
                              .add("class", std::string(class_name(size.chunk_class)))
                              .number("average_bytes", size.average));
    fields.add("chunk_classes", std::move(classes));
    fields.number("inline_content_bytes", shape.inline_content_bytes)
        .number("extent_list_items", shape.extent_list_items);
    fields.number("inline_attributes_bytes", shape.inline_attributes_bytes);
    fields.number("node_average_bytes", shape.node_average_bytes).number("node_items_min", shape.node_items_min);
    fields.number("node_weight_max", shape.node_weight_max);
    return fields;
}

Description describe(const SnapshotTotals& totals) {
    Description fields;
    fields.number("files_new", totals.files_new).number("files_changed", totals.files_changed);
    fields.number("files_unmodified", totals.files_unmodified).number("dirs_new", totals.dirs_new);
    fields.number("dirs_changed", totals.dirs_changed).number("dirs_unmodified", totals.dirs_unmodified);
    fields.number("others_new", totals.others_new).number("others_changed", totals.others_changed);
    fields.number("others_unmodified", totals.others_unmodified).number("content_bytes", totals.content_bytes);
    fields.number("read_bytes", totals.read_bytes).number("added_bytes", totals.added_bytes);
    fields.number("stored_bytes", totals.stored_bytes);
    return fields;
}

}  // namespace

std::string_view kind_name(ObjectKind kind) {
    switch (kind) {
        case ObjectKind::Config: return "config";
        case ObjectKind::Keyring: return "keyring";
        case ObjectKind::Slot: return "slot";
        case ObjectKind::Pack: return "pack";
        case ObjectKind::Directories: return "directories";
        case ObjectKind::Session: return "session";
        case ObjectKind::Heartbeat: return "heartbeat";
        case ObjectKind::Commit: return "commit";
        case ObjectKind::Fence: return "fence";
        case ObjectKind::Tombstone: return "tombstone";
        case ObjectKind::Bundle: return "bundle";
        case ObjectKind::Mark: return "mark";
        case ObjectKind::Damage: return "damage";
        case ObjectKind::Condemned: return "condemned";
        case ObjectKind::Waiting: return "waiting";
        case ObjectKind::Decision: return "decision";
    }
    return "unknown";
}

std::string_view class_name(std::uint8_t chunk_class) {
    constexpr std::string_view kNames[] = {"", "general", "database", "media", "grid"};
    return chunk_class < std::size(kNames) ? kNames[chunk_class] : "unknown";
}

void describe(Description& into, const Extensions& extensions) {
    std::vector<Description> list;
    for (const Extension& one : extensions)
        list.push_back(Description().number("tag", one.tag).add("value", to_hex(one.value)));
    if (!list.empty()) into.add("extensions", std::move(list));
}

Description describe(const ConfigRecord& record) {
    Description fields;
    fields.id("repository", record.repository)
        .number("generation", record.generation)
        .id("predecessor", record.predecessor);
    fields.add("created", record.created).number("read_features", record.read_features);
    fields.number("write_features", record.write_features).add("shape", describe(record.shape));
    fields.number("store_properties", record.store_properties);
    describe(fields, record.extensions);
    return fields;
}

Description describe(const CommitRecord& record) {
    Description fields;
    fields.id("sid", record.sid).id("original", record.original).id("parent", record.parent).id("root", record.root);
    fields.number("root_level", record.root_level).number("config_generation", record.config_generation);
    fields.add("time", record.time).add("started", record.started).add("ended", record.ended);
    fields.add("host", record.host).add("user", RawName{record.user}).add("series", record.series);
    fields.add("tags", names_of(record.tags, "tag")).add("source_roots", names_of(record.source_roots, "path"));
    fields.add("recorded_as", RawName{record.recorded_as}).add("excludes", names_of(record.excludes, "pattern"));
    std::vector<Description> overrides;
    for (const ClassOverride& one : record.class_overrides)
        overrides.push_back(
            Description().add("pattern", RawName{one.pattern}).add("class", std::string(class_name(one.chunk_class))));
    fields.add("class_overrides", std::move(overrides)).add("program", record.program);
    fields.add("incomplete", record.incomplete).add("changed_while_read", record.changed_while_read);
    fields.add("totals", describe(record.totals)).number("unreadable_count", record.unreadable_count);
    std::vector<Description> unreadable;
    for (const UnreadablePath& one : record.unreadable)
        unreadable.push_back(Description().add("path", RawName{one.path}).add("message", one.message));
    fields.add("unreadable", std::move(unreadable)).id("writer", record.writer).number("sequence", record.sequence);
    fields.id("previous", record.previous);
    describe(fields, record.extensions);
    return fields;
}

Description describe(const SessionRecord& record) {
    Description fields;
    fields.id("sid", record.sid).add("process", describe(record.process)).add("started", record.started);
    fields.add("program", record.program);
    describe(fields, record.extensions);
    return fields;
}

Description describe(const HeartbeatRecord& record) {
    Description fields;
    fields.id("sid", record.sid).number("number", record.number).add("time", record.time);
    describe(fields, record.extensions);
    return fields;
}

Description describe(const FenceRecord& record) {
    Description fields;
    fields.id("sid", record.sid).add("reason", std::string(reason_name(record.reason))).add("by", describe(record.by));
    fields.add("time", record.time);
    describe(fields, record.extensions);
    return fields;
}

Description describe(const TombstoneRecord& record) {
    Description fields;
    fields.id("sid", record.sid).add("by", describe(record.by)).add("time", record.time);
    describe(fields, record.extensions);
    return fields;
}

Description describe(const BundleRecord& record) {
    Description fields;
    std::vector<Description> items;
    for (const auto& item : record.items) items.push_back(Description().id("sid", item.sid).add("time", item.time));
    fields.id("number", record.number).add("items", std::move(items));
    describe(fields, record.extensions);
    return fields;
}

Description describe(const MarkRecord& record) {
    Description fields;
    fields.id("sid", record.sid).id("random", record.random);
    fields.add("action", std::string(record.action == MarkAction::Add ? "add" : "remove"));
    fields.add("subject", std::string(subject_name(record.subject))).add("text", RawName{record.text});
    fields.number("sequence", record.sequence).add("time", record.time);
    describe(fields, record.extensions);
    return fields;
}

Description describe(const DamageRecord& record) {
    Description fields;
    fields.id("pack", record.pack).id("random", record.random);
    fields.add("action", std::string(record.action == DamageAction::Found ? "found" : "withdrawn"));
    std::vector<Description> boxes, lost;
    for (const std::uint64_t box : record.boxes) boxes.push_back(Description().number("box", box));
    for (const auto& chunk : record.lost)
        lost.push_back(
            Description().add("kind", std::string(chunk.kind == ChunkKind::Data ? "data" : "tree")).id("id", chunk.id));
    fields.add("boxes", std::move(boxes)).add("lost", std::move(lost));
    fields.number("sequence", record.sequence).add("time", record.time);
    describe(fields, record.extensions);
    return fields;
}

Description describe(const CondemnedRecord& record) {
    Description fields;
    fields.id("number", record.number).add("by", describe(record.by)).add("time", record.time);
    fields.add("packs", ids_of(record.packs, "pack"));
    describe(fields, record.extensions);
    return fields;
}

Description describe(const WaitingRecord& record) {
    Description fields;
    fields.id("number", record.number).add("time", record.time).add("sessions", ids_of(record.sessions, "sid"));
    describe(fields, record.extensions);
    return fields;
}

Description describe(const DecisionRecord& record) {
    Description fields;
    std::vector<Description> goes;
    for (const bool one : record.goes) goes.push_back(Description().add("goes", one));
    fields.id("number", record.number).add("time", record.time).add("packs", std::move(goes));
    describe(fields, record.extensions);
    return fields;
}

}  // namespace vault
