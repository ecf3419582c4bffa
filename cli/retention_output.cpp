// Plans -> tables and JSON.
#include "cli/retention_output.h"

#include "cli/snapshot_output.h"
#include "cli/terminal.h"
#include "store/base/text.h"

namespace vault {

namespace {

std::string reasons_of(const RetentionDecision& decision) {
    std::string text;
    for (const Kept& kept : decision.reasons) text += (text.empty() ? "" : ", ") + escaped(to_text(kept));
    return text;
}

Json group_object(const RetentionGroup& group) {
    // What the snapshots of a series have beside its name may differ; the newest speaks for them.
    const Json newest = snapshot_object(*group.decisions.front().snapshot);
    Json object = message("group");
    object["series"] = group.series;
    object["host"] = newest["hostname"];
    object["paths"] = newest["paths"];
    object["tags"] = Json::array();
    Json keep = Json::array(), remove = Json::array(), reasons = Json::array();
    for (const RetentionDecision& decision : group.decisions) {
        Json snapshot = snapshot_object(*decision.snapshot);
        if (!decision.keep()) {
            remove.push_back(std::move(snapshot));
            continue;
        }
        Json matches = Json::array();
        for (const Kept& kept : decision.reasons) matches.push_back(to_text(kept));
        reasons.push_back({{"snapshot", snapshot}, {"matches", std::move(matches)}});
        keep.push_back(std::move(snapshot));
    }
    object["keep"] = std::move(keep);
    object["remove"] = std::move(remove);
    object["reasons"] = std::move(reasons);
    return object;
}

}  // namespace

void show_plan(Output& output, const ForgetPlan& plan) {
    for (const RetentionGroup& group : plan.groups) {
        output.line("series " + escaped(group.series));
        Table table({{""}, {"ID"}, {"TIME"}, {"WHY", Align::Left, 20}});
        for (const RetentionDecision& decision : group.decisions)
            table.row({decision.keep() ? "keep" : "forget", decision.snapshot->short_id(),
                       human_time(decision.snapshot->record.time), reasons_of(decision)});
        print(output, table);
        output.line("");
    }
}

void print_groups(Output& output, const ForgetPlan& plan) {
    for (const RetentionGroup& group : plan.groups) print(output, group_object(group));
}

}  // namespace vault
