// One name after the other.
#include "fuse/diagnostics.h"

#include "store/civil_time.h"
#include "store/format/manifest_key.h"
#include "store/inspect_parts.h"

namespace vault {

namespace {

struct ExtentCounts {
    std::uint64_t chunks = 0, holes = 0;
};

ExtentCounts counts_of(const Content& content, LiveChunks& chunks) {
    ExtentCounts counts;
    const auto count = [&](const Extent& extent) { ++(extent.chunk ? counts.chunks : counts.holes); };
    if (const auto* list = std::get_if<ExtentList>(&content)) {
        for (const Extent& extent : list->extents) count(extent);
    } else if (const auto* tree = std::get_if<ExtentsRoot>(&content)) {
        const ExtentsReader reader(chunks, {tree->root, tree->level});
        if (reader.totals().allocated == reader.totals().apparent) return {reader.totals().entries, 0};
        for (ExtentsCursor cursor = reader.begin(); cursor.valid(); cursor.next()) count(cursor.extent());
    }
    return counts;
}

std::optional<std::string> class_of(const Content& content) {
    if (const auto* list = std::get_if<ExtentList>(&content)) return std::string(class_name(list->chunk_class));
    if (const auto* tree = std::get_if<ExtentsRoot>(&content)) return std::string(class_name(tree->chunk_class));
    return std::nullopt;
}

}  // namespace

std::optional<std::string> diagnostic(std::string_view name, const MountedSnapshot& shown, const RankedEntry& ranked,
                                      LiveChunks& chunks) {
    constexpr std::string_view kPrefix = "user.vault.";
    if (!name.starts_with(kPrefix)) return std::nullopt;
    const std::string_view what = name.substr(kPrefix.size());
    const Entry& entry = ranked.entry;
    if (what == "snapshot") return shown.snapshot.sid.hex();
    if (what == "series") return shown.snapshot.record.series;
    if (what == "time") return rfc3339(shown.snapshot.record.time);
    if (what == "path") return path_of_key(ranked.key);
    if (what == "inode") return std::to_string(entry.inode);
    if (what == "btime" && entry.btime) return rfc3339(*entry.btime);
    if (entry.type != EntryType::Regular) return std::nullopt;
    if (what == "chunks") return std::to_string(counts_of(entry.content, chunks).chunks);
    if (what == "holes") return std::to_string(counts_of(entry.content, chunks).holes);
    if (what == "class") return class_of(entry.content);
    return std::nullopt;
}

}  // namespace vault
