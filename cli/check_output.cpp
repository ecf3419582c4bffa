// Lines for people are bounded, JSON is whole.
#include "cli/check_output.h"

#include <algorithm>
#include <ranges>

#include "cli/terminal.h"
#include "store/backend/object_names.h"
#include "store/base/text.h"

namespace vault {

namespace {

constexpr std::size_t kLinesShown = 20, kBoxesShown = 5, kSnapshotsNamed = 3;

const char* word(DirectoryFound found) {
    const char* words[] = {"own", "copy", "none"};
    return words[static_cast<std::size_t>(found)];
}

std::uint64_t lost_chunks(const CheckReport& report) {
    std::uint64_t lost = 0;
    for (const auto& [id, pack] : report.damage.packs) lost += pack.lost.size();
    return lost;
}

std::uint64_t lost_reached(const CheckReport& report) {
    std::uint64_t lost = 0;
    for (const auto& [id, pack] : report.damage.packs) lost += pack.lost_reached;
    return lost;
}

std::size_t lost_snapshots(const CheckReport& report) {
    const auto is_one = [&](const DamagedObject& object) {
        return object.name.starts_with("snapshots/") && !report.fences_gone.contains(session_of_name(object.name));
    };
    return static_cast<std::size_t>(std::ranges::count_if(report.damage.objects, is_one));
}

void show_pack(Output& output, const PackId& id, const DamagedPack& pack) {
    output.line("damaged: " + pack_name(id) + (pack.listed ? "" : " (not there)"));
    for (const std::string& why : pack.whys) output.line("  " + escaped(why));
    for (std::size_t i = 0; i < pack.boxes.size() && i < kBoxesShown; ++i)
        output.line("  box " + std::to_string(pack.boxes[i].box) + ": " + escaped(pack.boxes[i].why));
    if (pack.boxes.size() > kBoxesShown)
        output.line("  and " + counted(pack.boxes.size() - kBoxesShown, "more box"));
    if (pack.chunks == 0) {
        output.line("  none of its chunks is harmed");
        return;
    }
    std::string line = "  " + counted(pack.chunks, "chunk") + " harmed, " + human_count(pack.chunks_reached) +
                       " of them in snapshots; " + human_count(pack.lost.size()) + " lost, " +
                       human_count(pack.lost_reached) + " of them in snapshots";
    if (pack.salvageable > 0) line += "; " + human_count(pack.salvageable) + " can still be read by a repair";
    if (pack.lost.size() + pack.salvageable < pack.chunks) line += "; the others have sound copies";
    output.line(line);
}

Json chunk_object(const HarmfulChunk& chunk) {
    Json object;
    object["chunk"] = chunk.chunk.id.hex();
    object["kind"] = chunk.chunk.kind == ChunkKind::Data ? "data" : "tree";
    if (chunk.pack) object["pack"] = chunk.pack->hex();
    return object;
}

Json pack_object(const PackId& id, const DamagedPack& pack) {
    Json object = message("damaged_pack");
    object["pack"] = id.hex();
    object["listed"] = pack.listed;
    object["bytes"] = pack.bytes;
    object["directory"] = word(pack.directory);
    object["errors"] = Json::array();
    for (const std::string& why : pack.whys) object["errors"].push_back(escaped(why));
    object["boxes"] = Json::array();
    for (const DamagedBox& box : pack.boxes)
        object["boxes"].push_back({{"box", box.box}, {"error", escaped(box.why)}});
    object["chunks"] = pack.chunks;
    object["chunks_in_snapshots"] = pack.chunks_reached;
    object["chunks_salvageable"] = pack.salvageable;
    object["chunks_lost"] = pack.lost.size();
    object["chunks_lost_in_snapshots"] = pack.lost_reached;
    object["lost"] = Json::array();
    for (const auto& chunk : pack.lost)
        object["lost"].push_back(
            {{"chunk", chunk.id.hex()}, {"kind", chunk.kind == ChunkKind::Data ? "data" : "tree"}});
    return object;
}

}  // namespace

ProgressState shown(const CheckProgress& progress) {
    ProgressState state;
    state.phase = progress.phase.load();
    state.bytes_done = progress.bytes_done;
    if (progress.bytes_all > 0) state.bytes_all = progress.bytes_all;
    state.files_done = progress.entries_done;
    state.errors = progress.errors;
    return state;
}

void HarmOutput::take(const HarmedEntry& entry) {
    if (!json_) {
        std::string path = entry.path;
        if (entry.hidden_entries > 0)
            path = counted(entry.hidden_entries, "entry") + " after " +
                   (entry.path.empty() ? "the start" : entry.path) + " up to " + entry.last_path;
        if (by_path_.size() >= kPathsHeld && !by_path_.contains(path)) {
            ++not_held_;
            return;
        }
        Harm& harm = by_path_[path];
        ++harm.count;
        if (harm.snapshots.size() < kSnapshotsNamed) harm.snapshots.push_back(entry.snapshot);
        if (harm.pack.empty() && !entry.chunks.empty() && entry.chunks[0].pack)
            harm.pack = entry.chunks[0].pack->hex().substr(0, 12);
        return;
    }
    Json object = message("harmed");
    object["snapshot_id"] = entry.snapshot.hex();
    put_name(object, "path", entry.path);
    if (entry.hidden_entries > 0) {
        put_name(object, "last_path", entry.last_path);
        object["hidden_entries"] = entry.hidden_entries;
        object["hidden_files"] = entry.hidden_files;
    }
    object["attributes_only"] = entry.attributes_only;
    object["chunk_count"] = entry.chunk_count;
    object["chunks"] = Json::array();
    for (const HarmfulChunk& chunk : entry.chunks) object["chunks"].push_back(chunk_object(chunk));
    print(output_, object);
}

void HarmOutput::show() const {
    std::size_t shown_paths = 0;
    for (const auto& [path, harm] : by_path_) {
        if (++shown_paths > kPathsShown) break;
        std::string line = "harmed: " + escaped(path) + " in";
        for (std::size_t i = 0; i < harm.snapshots.size(); ++i)
            line += (i == 0 ? " " : ", ") + harm.snapshots[i].hex().substr(0, 8);
        if (harm.count > harm.snapshots.size())
            line += " and " + counted(harm.count - harm.snapshots.size(), "more snapshot");
        if (!harm.pack.empty()) line += ", by pack " + harm.pack;
        output_.line(line);
    }
    if (by_path_.size() + not_held_ > kPathsShown)
        output_.line("and " + human_count(by_path_.size() + not_held_ - kPathsShown) + " more; --json lists all");
}

void show_findings(Output& output, const CheckReport& report) {
    std::size_t lines = 0;
    for (const DamagedObject& object : report.damage.objects)
        if (++lines <= kLinesShown)
            output.line((object.kind == ErrorKind::NotFound ? "gone: " : "damaged: ") + object.name + ": " +
                        escaped(object.why));
    for (const auto& [id, pack] : report.damage.packs)
        if (++lines <= kLinesShown) show_pack(output, id, pack);
    for (const auto& wrong : report.wrong)
        for (const std::string& why : wrong.lines)
            if (++lines <= kLinesShown) output.line("wrong: snapshot " + wrong.snapshot.hex() + ": " + why);
    if (lines > kLinesShown) output.line("and " + human_count(lines - kLinesShown) + " more; --json lists all");
}

void print(Output& output, const DamagedObject& damaged) {
    Json object = message("damaged_object");
    object["name"] = damaged.name;
    object["kind"] = name(damaged.kind);
    object["error"] = escaped(damaged.why);
    print(output, object);
}

void print_findings(Output& output, const CheckReport& report) {
    for (const DamagedObject& damaged : report.damage.objects) print(output, damaged);
    for (const auto& [id, pack] : report.damage.packs) print(output, pack_object(id, pack));
    for (const auto& wrong : report.wrong) {
        Json object = message("wrong_snapshot");
        object["snapshot_id"] = wrong.snapshot.hex();
        object["errors"] = Json::array();
        for (const std::string& line : wrong.lines) object["errors"].push_back(line);
        print(output, object);
    }
}

std::string verdict(const CheckReport& report) {
    std::string text = "damage was found: " + counted(report.damage.objects.size(), "object") + ", " +
                       counted(report.damage.packs.size(), "pack");
    if (report.harmed_entries == 0) {
        // Of an object that is damaged itself, a snapshot's say, `vault repair` tells what it takes with it.
        if (lost_chunks(report) > 0) text += "; what is lost is in no snapshot that was checked";
        else if (const std::size_t snapshots = lost_snapshots(report); snapshots > 0)
            text += "; " + counted(snapshots, "snapshot") + " cannot be had";
        else text += report.damage.objects.empty() ? "; nothing is lost" : "; no content is lost";
    } else {
        text += "; " + counted(report.harmed_entries, "entry") + " in " +
                counted(report.harmed_snapshots.size(), "snapshot") + " cannot be restored whole";
    }
    if (!report.wrong.empty())
        text += "; " + counted(report.wrong.size(), "snapshot") +
                (report.wrong.size() == 1 ? " contradicts itself" : " contradict themselves");
    return text;
}

void complain_of_memory(const std::string& why) {
    if (!why.empty()) complain("what was deleted since the last check on this machine cannot be told: " + escaped(why));
}

void show_keys_gone(Output& output, const CheckReport& report) {
    for (const std::string& name : report.keys_gone)
        output.line("gone since the last check on this machine: " + name +
                    "; somebody ran `vault key remove` or `vault key passwd`, or deleted it");
}

void show_check(Output& output, const CheckReport& report, std::int64_t elapsed_ns) {
    output.line("checked " + counted(report.objects + report.directories, "object") + ", " +
                counted(report.packs, "pack") + " (" + human_bytes(report.packed_bytes) + "), " +
                counted(report.snapshots, "snapshot") + " with " + counted(report.entries, "distinct entry") +
                " in " + human_duration(elapsed_ns));
    if (report.read_data) {
        std::string line = "read " + counted(report.packs_read, "pack") + " (" + human_bytes(report.bytes_read) + ")";
        if (report.damage.packs.empty()) line += " and verified every byte";
        if (report.packs_verified_before > 0)
            line += "; this goes on from a run that verified " + human_count(report.packs_verified_before);
        if (report.packs_left > 0) line += "; " + human_count(report.packs_left) + " are left for the next run";
        output.line(line);
    }
    if (report.packs_without_copy > 0)
        output.line(counted(report.packs_without_copy, "pack") +
                    " without a second copy of the directory (runs that were killed leave such)");
    if (report.quarantined > 0) output.line(counted(report.quarantined, "object") + " in quarantine, not looked at");
    if (report.reserved > 0) output.line(counted(report.reserved, "object") + " of a later version, not looked at");
    if (report.snapshots_vanished > 0)
        output.line("at least " + counted(report.snapshots_vanished, "snapshot") +
                    " went without having been forgotten: somebody removed objects, or an older state was put back");
    show_keys_gone(output, report);
    if (report.records_put > 0)
        output.line("put " + counted(report.records_put, "record") +
                    " of damage: later snapshots store again what they can");
    if (report.sound()) output.line("no damage");
}

Json check_summary(const CheckReport& report, std::int64_t elapsed_ns) {
    Json object = message("summary");
    object["seconds_elapsed"] = seconds_of(elapsed_ns);
    object["num_errors"] = report.damage.objects.size() + report.damage.packs.size() + report.wrong.size();
    object["objects"] = report.objects;
    object["packs"] = report.packs;
    object["packed_bytes"] = report.packed_bytes;
    object["directories"] = report.directories;
    object["packs_without_copy"] = report.packs_without_copy;
    object["snapshots"] = report.snapshots;
    object["nodes"] = report.nodes;
    object["entries"] = report.entries;
    object["quarantined"] = report.quarantined;
    object["reserved"] = report.reserved;
    object["snapshots_vanished"] = report.snapshots_vanished;
    object["keys_gone"] = report.keys_gone;
    object["read_data"] = report.read_data;
    object["packs_read"] = report.packs_read;
    object["bytes_read"] = report.bytes_read;
    object["boxes_read"] = report.boxes_read;
    object["packs_verified_before"] = report.packs_verified_before;
    object["packs_left"] = report.packs_left;
    object["time_up"] = report.time_up;
    object["interrupted"] = report.interrupted;
    object["damaged_objects"] = report.damage.objects.size();
    object["broken_packs"] = hex_list(std::views::keys(report.damage.packs));
    object["chunks_missing"] = report.damage.missing.size();
    object["chunks_lost"] = lost_chunks(report);
    object["chunks_lost_in_snapshots"] = lost_reached(report);
    object["harmed_entries"] = report.harmed_entries;
    object["harmed_snapshots"] = hex_list(report.harmed_snapshots);
    object["records_put"] = report.records_put;
    return object;
}

}  // namespace vault
