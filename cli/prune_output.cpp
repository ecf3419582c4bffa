// Exact bytes everywhere: what was reclaimed is the command's result.
#include "cli/prune_output.h"

#include "cli/retention_output.h"
#include "cli/terminal.h"
#include "store/base/text.h"
#include "store/prune_seen.h"

namespace vault {

namespace {

std::string exact(std::uint64_t bytes) { return human_count(bytes) + (bytes == 1 ? " byte" : " bytes"); }

}  // namespace

void show_selected(Output& output, const ForgetPlan& plan, bool dry_run) {
    if (plan.considered() > 0) show_plan(output, plan);
    const std::size_t going = plan.remove().size();
    output.line(std::string("selecting: ") + (dry_run ? "would forget " : "forgot ") + counted(going, "snapshot") +
                ", kept " + human_count(plan.considered() - going));
}

Json prune_summary(const PruneReport& report, const std::optional<ForgetPlan>& selected, bool dry_run,
                   std::int64_t elapsed_ns) {
    const PrunePlan& plan = report.plan;
    Json summary = message("summary");
    summary["dry_run"] = dry_run;
    if (selected) {
        summary["kept"] = selected->considered() - selected->remove().size();
        summary["forgotten"] = selected->remove().size();
    }
    summary["snapshots"] = report.live_snapshots;
    summary["snapshots_forgotten"] = report.forgotten_snapshots;
    summary["snapshots_vanished"] = count_vanished(report.vanished, plan.vanished);
    summary["packs"] = plan.packs;
    summary["bytes"] = plan.bytes;
    summary["bytes_used"] = plan.used_bytes;
    summary["packs_to_delete"] = plan.dead.size();
    summary["bytes_to_delete"] = plan.dead_bytes();
    summary["packs_to_rewrite"] = plan.repacked.size();
    summary["bytes_to_rewrite"] = plan.repacked_bytes();
    summary["bytes_to_copy"] = plan.copied_bytes();
    summary["packs_of_running_sessions"] = plan.of_live_sessions;
    summary["packs_deleted"] = report.packs_removed;
    summary["bytes_deleted"] = report.bytes_removed;
    summary["packs_written"] = report.repacked.packs_written.size();
    summary["bytes_written"] = report.repacked.bytes_written;
    summary["packs_kept"] = report.packs_kept;
    summary["snapshots_removed"] = report.commits_removed;
    summary["sessions_fenced"] = report.sessions_fenced;
    summary["prunes_finished"] = report.lists_finished;
    summary["prunes_adopted"] = report.lists_adopted;
    summary["packs_waiting"] = report.packs_waiting;
    summary["waits_for"] = hex_list(report.waits_for);
    summary["no_room_to_rewrite"] = report.no_room_to_repack;
    summary["packs_quarantined"] = report.packs_quarantined;
    summary["boxes_damaged"] = report.boxes_damaged;
    summary["objects_bundled"] = report.objects_bundled;
    summary["packs_broken"] = plan.broken_packs;
    summary["damaged"] = plan.unreadable;
    for (const std::string& damaged : report.repacked.damaged) summary["damaged"].push_back(damaged);
    summary["total_duration"] = seconds_of(elapsed_ns);
    return summary;
}

void show_prune(Output& output, const PruneReport& report, bool dry_run) {
    const PrunePlan& plan = report.plan;
    if (report.sessions_fenced > 0) output.line("ended " + counted(report.sessions_fenced, "dead session"));
    if (report.lists_finished + report.lists_adopted > 0)
        output.line("went on with " + counted(report.lists_finished + report.lists_adopted, "prune") +
                    " that had been cut short");
    if (const std::string gone = describe(report.vanished, plan.vanished); !gone.empty()) output.line(gone);
    const bool planned = report.live_snapshots + plan.packs > 0 || dry_run;
    if (planned) {
        output.line(counted(report.live_snapshots, "snapshot") + " need" + (report.live_snapshots == 1 ? "s " : " ") +
                    exact(plan.used_bytes) + " of " + exact(plan.bytes) + " in " + counted(plan.packs, "pack"));
        const char* verb = dry_run ? "would delete " : "to delete: ";
        output.line(verb + counted(plan.dead.size(), "pack") + " that nothing needs, " + exact(plan.dead_bytes()));
        if (!plan.repacked.empty())
            output.line((dry_run ? "would rewrite " : "to rewrite: ") + counted(plan.repacked.size(), "pack") + " (" +
                        std::to_string(plan.sparse_packs) + " sparse, " + std::to_string(plan.small_packs) +
                        " small, " + std::to_string(plan.damaged_packs) + " damaged), " + exact(plan.repacked_bytes()) +
                        ", of which " + exact(plan.copied_bytes()) + " are copied");
        if (plan.broken_packs > 0)
            output.line("left alone: " + counted(plan.broken_packs, "pack") +
                        " with damage that a snapshot needs (vault repair)");
        if (plan.of_live_sessions > 0)
            output.line("left alone: " + counted(plan.of_live_sessions, "pack") + " of runs that are at work");
    }
    if (dry_run) return output.line("nothing was changed");
    if (!report.waits_for.empty()) {
        output.line("pending: " + counted(report.packs_waiting, "pack") + " wait for " +
                    counted(report.waits_for.size(), "run") + " at work, one of them " + report.waits_for[0].hex() +
                    "; the next prune goes on with them");
    }
    if (report.packs_kept > 0)
        output.line("kept after all: " + counted(report.packs_kept, "pack") + " that a snapshot came to need");
    if (report.no_room_to_repack)
        output.line("there was no room to rewrite packs; now that some is free, prune again to rewrite them");
    if (report.boxes_damaged > 0)
        output.line("damage was met; boxes put on record: " + human_count(report.boxes_damaged) +
                    " (vault check)");
    if (report.packs_quarantined > 0)
        output.line("in quarantine/: " + counted(report.packs_quarantined, "pack") + " that held what is lost");
    std::string text =
        "reclaiming: deleted " + counted(report.packs_removed, "pack") + ", " + exact(report.bytes_removed);
    if (!report.repacked.packs_written.empty())
        text += "; wrote " + counted(report.repacked.packs_written.size(), "pack") + ", " +
                exact(report.repacked.bytes_written);
    if (report.commits_removed > 0) text += "; removed " + counted(report.commits_removed, "forgotten snapshot");
    output.line(text);
}

}  // namespace vault
