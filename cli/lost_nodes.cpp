// Lines and objects about lost nodes.
#include "cli/lost_nodes.h"

#include "cli/terminal.h"
#include "store/base/text.h"
#include "store/finding.h"
#include "store/format/manifest_key.h"

namespace vault {

namespace {

std::string from_whence(const LostNode& node) {
    return node.after ? "behind " + escaped(path_of_key(*node.after)) : "from the beginning";
}

}  // namespace

void show_lost(const Invocation& invocation, const std::string& during, const LostNode& node) {
    const std::string last = path_of_key(node.last_key);
    if (!invocation.json()) {
        complain("lost: what stands " + from_whence(node) + " up to and with " + escaped(last) + " in the tree (" +
                 counted(node.totals.entries, "entry") + ", " + counted(node.totals.files, "file") + ", " +
                 human_bytes(node.totals.apparent) + "): " + node.error.what());
        return;
    }
    Json object = message("lost_node");
    object["during"] = during;
    object["node"] = node.id.hex();
    if (node.after) put_name(object, "after", path_of_key(*node.after));
    put_name(object, "last", last);
    object["entries"] = node.totals.entries;
    object["files"] = node.totals.files;
    object["bytes"] = node.totals.apparent;
    object["error"] = {{"message", node.error.what()}};
    complain_raw(json_line(object));
}

void LostNodeLines::note(const Error& error) {
    if (is_damaged_or_gone(error)) worst_ = ExitCode::Integrity;
    else if (worst_ == ExitCode::Ok) worst_ = ExitCode::Failed;
}

void LostNodeLines::tell(const LostNode& node) {
    if (!told_.insert(node.id).second) return;
    show_lost(invocation_, during_, node);
    note(node.error);
}

void LostNodeLines::tell_unknown(const std::string& path, const Error& error) {
    note(error);
    if (!invocation_.json()) {
        complain(escaped(path) + ": " + error.what());
        return;
    }
    Json object = message("error");
    object["during"] = during_;
    put_name(object, "item", path);
    object["error"] = {{"message", error.what()}};
    complain_raw(json_line(object));
}

ExitCode LostNodeLines::end() const {
    if (worst_ == ExitCode::Integrity && !invocation_.json()) complain(kAfterDamage);
    return worst_;
}

}  // namespace vault
