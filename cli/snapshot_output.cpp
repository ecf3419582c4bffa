// Snapshot -> JSON.
#include "cli/snapshot_output.h"

#include "store/civil_time.h"
#include "store/base/text.h"

namespace vault {

std::string human_time(const Time& time) {
    std::string text = rfc3339(time);
    text.resize(text.find('.'));
    text[text.find('T')] = ' ';
    return text;
}

void put_totals(Json& object, const CommitRecord& record) {
    const SnapshotTotals& totals = record.totals;
    object["files_new"] = totals.files_new;
    object["files_changed"] = totals.files_changed;
    object["files_unmodified"] = totals.files_unmodified;
    object["dirs_new"] = totals.dirs_new;
    object["dirs_changed"] = totals.dirs_changed;
    object["dirs_unmodified"] = totals.dirs_unmodified;
    object["others_new"] = totals.others_new;
    object["others_changed"] = totals.others_changed;
    object["others_unmodified"] = totals.others_unmodified;
    object["data_added"] = totals.added_bytes;
    object["data_added_packed"] = totals.stored_bytes;
    object["data_read"] = totals.read_bytes;
    object["total_files_processed"] = totals.files();
    object["total_bytes_processed"] = totals.content_bytes;
}

Json snapshot_object(const Snapshot& snapshot) {
    const CommitRecord& record = snapshot.record;
    Json object = Json::object();
    object["id"] = snapshot.sid.hex();
    object["short_id"] = snapshot.short_id();
    object["time"] = rfc3339(record.time);
    if (!record.parent.is_zero()) object["parent"] = record.parent.hex();
    if (!record.original.is_zero() && record.original != snapshot.sid) object["original"] = record.original.hex();
    object["tree"] = record.root.hex();
    Json paths = Json::array(), paths_hex = Json::array();
    bool differ = false;
    for (const std::string& path : record.source_roots) {
        paths.push_back(with_replacement(path));
        paths_hex.push_back(to_hex(as_bytes(path)));
        differ = differ || !is_utf8(path);
    }
    object["paths"] = std::move(paths);
    if (differ) object["paths_hex"] = std::move(paths_hex);
    object["hostname"] = record.host;
    put_name(object, "username", record.user);
    object["series"] = record.series;
    object["tags"] = snapshot.tags;
    object["held"] = snapshot.held;
    if (!record.excludes.empty()) object["excludes"] = record.excludes;
    object["program_version"] = record.program;
    object["incomplete"] = record.incomplete;
    object["changed_while_read"] = record.changed_while_read;
    object["unreadable"] = record.unreadable_count;
    Json summary = Json::object();
    summary["backup_start"] = rfc3339(record.started);
    summary["backup_end"] = rfc3339(record.ended);
    put_totals(summary, record);
    object["summary"] = std::move(summary);
    return object;
}

}  // namespace vault
