// Building the manifest of many files, and seeking in it, one thread: with every node decoded at each visit, and with
// decoded nodes kept, as the caches of a mount keep them.
#include <benchmark/benchmark.h>

#include <random>
#include <unordered_map>

#include "store/format/manifest_key.h"
#include "store/tree_builder.h"
#include "store/tree_reader.h"
#include "tests/support/memory_nodes.h"

using namespace vault;

namespace {

constexpr std::size_t kFolders = 1'000, kFilesOfFolder = 200;
constexpr std::size_t kAsked = 4'096;  // keys and ranks, in turn

struct ManifestItem {
    std::string key;
    Bytes entry;
};

Bytes sample_entry(std::mt19937_64& random, EntryType type) {
    Entry entry;
    entry.type = type;
    entry.mode = type == EntryType::Directory ? 0755 : 0644;
    entry.user = "somebody";
    entry.group = "users";
    entry.mtime.seconds = 1'700'000'000 + static_cast<std::int64_t>(random() % 100'000'000);
    entry.ctime = entry.mtime;
    entry.inode = random() >> 32;
    if (type == EntryType::Regular) {
        entry.size = 1 + random() % 60'000;
        entry.allocated = (entry.size + 4095) / 4096 * 4096;
        ChunkId id;
        for (std::uint8_t& byte : id.bytes) byte = static_cast<std::uint8_t>(random());
        entry.content = ExtentList{1, {{entry.size, id}}};
    }
    return encode(entry);
}

std::string numbered(const char* what, std::size_t number) {
    const std::string digits = std::to_string(number);
    return what + std::string(5 - digits.size(), '0') + digits;
}

// A thousand folders of two hundred files, in the order of their keys.
const std::vector<ManifestItem>& manifest() {
    static const std::vector<ManifestItem> made = [] {
        std::mt19937_64 random(1);
        std::vector<ManifestItem> items{{manifest_key({}), sample_entry(random, EntryType::Directory)}};
        for (std::size_t folder = 0; folder < kFolders; ++folder)
            items.push_back({manifest_key({numbered("folder", folder)}), sample_entry(random, EntryType::Directory)});
        for (std::size_t folder = 0; folder < kFolders; ++folder)
            for (std::size_t file = 0; file < kFilesOfFolder; ++file)
                items.push_back({manifest_key({numbered("folder", folder), numbered("file", file)}),
                                 sample_entry(random, EntryType::Regular)});
        return items;
    }();
    return made;
}

BuiltTree build(NodeSink& sink) {
    ManifestBuilder builder(sink, NodeShape{});
    for (const ManifestItem& item : manifest()) builder.add(item.key, item.entry);
    return builder.finish();
}

// Names nodes and drops them: what a builder costs, without what keeps them.
class ForgottenNodes : public NodeSink {
  public:
    ChunkId put_node(Bytes plaintext, std::uint8_t) override {
        ChunkId id;
        ids_({plaintext}, id.bytes);
        return id;
    }
    std::uint64_t boundary_hash(std::uint8_t level, ByteView item) const override {
        return shapes_.boundary_hash(level, item);
    }

  private:
    const KeyedHash ids_{Bytes(32, 0x11), 32};
    const MemoryNodes shapes_;
};

class KeptNodes : public NodeSource {
  public:
    explicit KeptNodes(NodeSource& source) : source_(source) {}
    std::shared_ptr<const TreeNode> node(const ChunkId& id) override {
        std::shared_ptr<const TreeNode>& kept = nodes_[id];
        if (!kept) kept = source_.node(id);
        return kept;
    }

  private:
    NodeSource& source_;
    std::unordered_map<ChunkId, std::shared_ptr<const TreeNode>> nodes_;
};

enum class Nodes { DecodedAtEachVisit, Kept };
enum class Place { Key, Rank };

void tree_build(benchmark::State& state) {
    const auto items = static_cast<std::int64_t>(manifest().size());
    ForgottenNodes nodes;
    for (auto _ : state) benchmark::DoNotOptimize(build(nodes));
    state.SetItemsProcessed(state.iterations() * items);
}

void tree_seek(benchmark::State& state, Place place, Nodes kind) {
    static MemoryNodes nodes;
    static const BuiltTree tree = build(nodes);
    KeptNodes kept(nodes);
    NodeSource& source = kind == Nodes::Kept ? static_cast<NodeSource&>(kept) : nodes;
    const ManifestReader reader(source, tree.root);
    if (kind == Nodes::Kept)
        for (ManifestCursor at = reader.begin(); at.valid(); at.next()) benchmark::DoNotOptimize(at.rank());
    std::mt19937_64 random(2);
    std::vector<std::size_t> asked(kAsked);
    for (std::size_t& item : asked) item = random() % manifest().size();
    std::size_t round = 0;
    for (auto _ : state) {
        const std::size_t rank = asked[round++ % kAsked];
        const ManifestItem& item = manifest()[rank];
        const ManifestCursor at = place == Place::Key ? reader.seek(item.key) : reader.seek_rank(rank);
        if (!at.valid() || at.rank() != rank || at.key() != item.key) state.SkipWithError("a seek goes wrong");
    }
    state.SetItemsProcessed(state.iterations());
}

void tree_scan(benchmark::State& state) {
    MemoryNodes nodes;
    const ManifestReader reader(nodes, build(nodes).root);
    for (auto _ : state) {
        std::size_t entries = 0;
        for (ManifestCursor at = reader.begin(); at.valid(); at.next()) ++entries;
        if (entries != manifest().size()) state.SkipWithError("a scan misses entries");
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(manifest().size()));
}

}  // namespace

BENCHMARK(tree_build)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(tree_seek, key_decoded_at_each_visit, Place::Key, Nodes::DecodedAtEachVisit);
BENCHMARK_CAPTURE(tree_seek, key_nodes_kept, Place::Key, Nodes::Kept);
BENCHMARK_CAPTURE(tree_seek, rank_decoded_at_each_visit, Place::Rank, Nodes::DecodedAtEachVisit);
BENCHMARK_CAPTURE(tree_seek, rank_nodes_kept, Place::Rank, Nodes::Kept);
BENCHMARK(tree_scan)->Unit(benchmark::kMillisecond);
