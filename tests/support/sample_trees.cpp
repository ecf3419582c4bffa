// Random manifests and contents, and the plain builder.
#include "tests/support/sample_trees.h"

namespace vault {

namespace {

std::string sample_key(Random& random) {
    std::string key;
    for (std::uint64_t depth = below(random, 4); depth > 0; --depth)
        key += "folder" + std::to_string(below(random, 3)) + '\0';
    return key + '\0' + "name" + std::to_string(below(random, 100'000));
}

// One item as the format's text speaks of it.
struct PlainItem {
    std::string key;
    Bytes value;
    std::uint64_t repeat = 1;
    Totals totals;  // of one occurrence
    Child child;    // of inner items
    Extent extent;  // of extents leaves
};
using PlainItems = std::vector<PlainItem>;

// floor(2^64 x weight / average) for weight < average, by long division.
std::uint64_t plain_threshold(std::uint64_t weight, std::uint64_t average) {
    std::uint64_t quotient = 0, rest = weight;
    for (int bit = 0; bit < 64; ++bit) {
        rest *= 2;
        quotient = quotient * 2 + (rest >= average ? 1 : 0);
        if (rest >= average) rest -= average;
    }
    return quotient;
}

std::vector<PlainItems> plain_nodes(const MemoryNodes& nodes, TreeKind tree, std::uint8_t level, NodeShape shape,
                                    const PlainItems& items) {
    std::vector<PlainItems> all(1);
    std::uint64_t weight = 0;
    const auto end_node = [&] {
        all.emplace_back();
        weight = 0;
    };
    for (const PlainItem& item : items) {
        const std::uint64_t more = item.key.size() + item.value.size();
        if (!all.back().empty() && weight + more > shape.weight_max) end_node();
        all.back().push_back(item);
        weight += more;
        if (all.back().size() < shape.items_min || weight < shape.average_bytes / 4) continue;
        const ByteView hashed = tree == TreeKind::Manifest ? as_bytes(item.key) : ByteView(item.value);
        if (more >= shape.average_bytes ||
            nodes.boundary_hash(level, hashed) < plain_threshold(more, shape.average_bytes))
            end_node();
    }
    if (all.back().empty()) all.pop_back();
    return all;
}

Node plain_node(TreeKind tree, std::uint8_t level, const PlainItems& items) {
    std::vector<ManifestLeafItem> entries;
    std::vector<ManifestInnerItem> children;
    std::vector<ExtentsLeafItem> extents;
    std::vector<ExtentsInnerItem> extents_children;
    for (const PlainItem& item : items) {
        entries.push_back({item.key, item.value});
        children.push_back({item.key, item.child});
        extents.push_back({item.repeat, item.extent});
        extents_children.push_back({item.repeat, item.child});
    }
    Node node{tree, level, {}, {}};
    if (tree == TreeKind::Manifest && level == 0) node.items = entries;
    if (tree == TreeKind::Manifest && level > 0) node.items = children;
    if (tree == TreeKind::Extents && level == 0) node.items = extents;
    if (tree == TreeKind::Extents && level > 0) node.items = extents_children;
    return node;
}

TreeRoot plain_tree(MemoryNodes& nodes, TreeKind tree, NodeShape shape, PlainItems items) {
    for (std::uint8_t level = 0;; ++level) {
        const std::vector<PlainItems> split = plain_nodes(nodes, tree, level, shape, items);
        PlainItems above;
        for (const PlainItems& node_items : split) {
            PlainItem item;
            for (const PlainItem& below_it : node_items) item.totals += below_it.totals.times(below_it.repeat);
            item.key = node_items.back().key;
            item.child = {nodes.put(plain_node(tree, level, node_items)), item.totals};
            item.value = encode_child(item.child);
            if (tree == TreeKind::Extents && !above.empty() && above.back().child.id == item.child.id) {
                ++above.back().repeat;
            } else {
                above.push_back(item);
            }
        }
        if (split.size() == 1) return {above.front().child.id, level};
        items = above;
    }
}

}  // namespace

std::uint64_t below(Random& random, std::uint64_t limit) {
    return random() % limit;
}

Bytes sample_entry(Random& random, std::uint64_t size_max) {
    constexpr EntryType kTypes[] = {EntryType::Regular, EntryType::Regular, EntryType::Directory, EntryType::Fifo};
    Entry entry;
    entry.type = kTypes[below(random, std::size(kTypes))];
    entry.mode = static_cast<std::uint32_t>(below(random, 07777));
    entry.uid = static_cast<std::uint32_t>(below(random, 100'000));
    entry.user = std::string(below(random, 9), 'u');
    entry.mtime.seconds = static_cast<std::int64_t>(random());
    if (below(random, 2) == 0) entry.btime = Time{1, 2};
    entry.inode = random();
    entry.size = below(random, size_max);
    entry.allocated = below(random, size_max);
    if (entry.type == EntryType::Regular && entry.size > 0) entry.content = ExtentList{1, {{entry.size, std::nullopt}}};
    return encode(entry);
}

SampleManifest sample_manifest(Random& random, std::size_t count) {
    SampleManifest manifest{{"", sample_entry(random)}};
    for (std::size_t i = 0; i < count; ++i) manifest.insert_or_assign(sample_key(random), sample_entry(random));
    return manifest;
}

SampleManifest edited(const SampleManifest& from, Random& random, std::size_t edits) {
    SampleManifest to = from;
    for (std::size_t i = 0; i < edits; ++i) {
        const auto what = below(random, 3);
        const auto some = std::next(to.begin(), static_cast<std::ptrdiff_t>(below(random, to.size())));
        if (what == 0) to.insert_or_assign(sample_key(random), sample_entry(random));
        if (what == 1) some->second = sample_entry(random);
        if (what == 2 && to.size() > 1) to.erase(some);
    }
    return to;
}

Extent sample_chunk(std::uint64_t number, std::uint64_t length) {
    ChunkId id;
    for (std::size_t i = 0; i < 8; ++i) id.bytes[i] = static_cast<std::uint8_t>(number >> (8 * i));
    return {length, id};
}

std::vector<Extent> sample_extents(Random& random, std::size_t count) {
    std::vector<Extent> extents;
    while (extents.size() < count) {
        const auto what = below(random, 8);
        if (what == 0 && (extents.empty() || extents.back().chunk)) {
            extents.push_back({1 + below(random, 1'000'000), std::nullopt});
        } else if (what == 1) {
            extents.insert(extents.end(), 1 + below(random, 20), sample_chunk(below(random, 3)));
        } else if (what == 2) {
            const std::uint64_t period = 1 + below(random, 30), repeats = below(random, 40);
            for (std::uint64_t i = 0; i < period * repeats; ++i) extents.push_back(sample_chunk(100 + i % period));
        } else {
            extents.push_back(sample_chunk(random(), 1 + below(random, 100'000)));
        }
    }
    extents.resize(count);
    return extents;
}

BuiltTree build(NodeSink& sink, NodeShape shape, const SampleManifest& manifest) {
    ManifestBuilder builder(sink, shape);
    for (const auto& [key, entry] : manifest) builder.add(key, entry);
    return builder.finish();
}

BuiltTree build(NodeSink& sink, NodeShape shape, const std::vector<Extent>& extents) {
    ExtentsBuilder builder(sink, shape);
    for (const Extent& extent : extents) builder.add(extent);
    return builder.finish();
}

TreeRoot plain_tree(MemoryNodes& nodes, NodeShape shape, const SampleManifest& manifest) {
    PlainItems items;
    for (const auto& [key, entry] : manifest)
        items.push_back({key, entry, 1, totals_of(decode_entry(entry)), {}, {}});
    return plain_tree(nodes, TreeKind::Manifest, shape, std::move(items));
}

TreeRoot plain_tree(MemoryNodes& nodes, NodeShape shape, const std::vector<Extent>& extents) {
    PlainItems items;
    for (const Extent& extent : extents) {
        if (!items.empty() && items.back().extent == extent) {
            ++items.back().repeat;
            continue;
        }
        Writer value;
        encode(value, extent);
        items.push_back({"", value.take(), 1, totals_of(extent), {}, extent});
    }
    return plain_tree(nodes, TreeKind::Extents, shape, std::move(items));
}

}  // namespace vault
