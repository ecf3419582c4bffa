// Nodes of prolly trees: bytes <-> values.
#include "store/format/node.h"

#include <bit>
#include <cstring>
#include <limits>

#include "store/format/checks.h"
#include "store/format/limits.h"

namespace vault {

namespace {

constexpr std::string_view kWhat = "tree node";
constexpr std::size_t kChildBytesMin = 32 + 4;
constexpr std::size_t kChildBytesMax = 32 + 4 * 10;
constexpr std::uint64_t kRepeatMax = (1ull << 63) - 1;

std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b) {
    return a + b < a ? std::numeric_limits<std::uint64_t>::max() : a + b;
}

std::uint64_t saturating_multiply(std::uint64_t a, std::uint64_t b) {
    std::uint64_t product;
    return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<std::uint64_t>::max() : product;
}

// Paths of one directory share dozens of bytes: eight at a time.
std::size_t common_prefix(std::string_view a, std::string_view b) {
    const std::size_t bytes = std::min(a.size(), b.size());
    std::size_t i = 0;
    if constexpr (std::endian::native == std::endian::little) {
        for (; i + 8 <= bytes; i += 8) {
            std::uint64_t x, y;
            std::memcpy(&x, a.data() + i, 8);
            std::memcpy(&y, b.data() + i, 8);
            if (x != y) return i + static_cast<std::size_t>(std::countr_zero(x ^ y)) / 8;
        }
    }
    while (i < bytes && a[i] == b[i]) ++i;
    return i;
}

void encode(Writer& out, const Child& child) {
    const Totals& totals = child.totals;
    out.id(child.id).varint(totals.entries).varint(totals.files).varint(totals.apparent).varint(totals.allocated);
}

Child decode_child(Cursor& in) {
    Child child;
    child.id = in.id<ChunkId>();
    child.totals.entries = in.varint();
    child.totals.files = in.varint();
    child.totals.apparent = in.varint();
    child.totals.allocated = in.varint();
    return child;
}

// An extents tree holds no files. docs/format.md 8.4, last row of the table.
void check(const ExtentsInnerItem& item) {
    require(item.child.totals.files == 0, kWhat, "files below a node of extents");
}

void check(const ExtentsLeafItem& item) {
    require(item.extent.chunk || item.repeat == 1, kWhat, "a hole that repeats");
}

bool may_follow(const ExtentsLeafItem& item, const ExtentsLeafItem& previous) {
    return item.extent != previous.extent && (item.extent.chunk || previous.extent.chunk);
}

bool may_follow(const ExtentsInnerItem& item, const ExtentsInnerItem& previous) {
    return item.child != previous.child;
}

// The four kinds of items have these in common: `key_of` for manifests, `encode_value` and `decode_value` for all.
const std::string& key_of(const ManifestLeafItem& item) { return item.key; }
const std::string& key_of(const ManifestInnerItem& item) { return item.last_key; }
std::string& key_of(ManifestLeafItem& item) { return item.key; }
std::string& key_of(ManifestInnerItem& item) { return item.last_key; }

void encode_value(Writer& out, const ManifestLeafItem& item) { out.raw(item.entry); }
void encode_value(Writer& out, const ManifestInnerItem& item) { encode(out, item.child); }
void encode_value(Writer& out, const ExtentsLeafItem& item) { encode(out, item.extent); }
void encode_value(Writer& out, const ExtentsInnerItem& item) { encode(out, item.child); }

// Each returns the bytes of the value for the node's weight.
std::uint64_t decode_value(Cursor& in, ManifestLeafItem& item) {
    const ByteView entry = in.bytes(kEntryBytesMax, "length of an entry");
    item.entry.resize(entry.size());
    if (!entry.empty()) std::memcpy(item.entry.data(), entry.data(), entry.size());
    return entry.size();
}
std::uint64_t decode_value(Cursor& in, ManifestInnerItem& item) {
    const std::uint64_t before = in.remaining();
    item.child = decode_child(in);
    return before - in.remaining();
}
std::uint64_t decode_value(Cursor& in, ExtentsLeafItem& item) {
    const std::uint64_t before = in.remaining();
    item.extent = decode_extent(in);
    return before - in.remaining();
}
std::uint64_t decode_value(Cursor& in, ExtentsInnerItem& item) {
    const std::uint64_t before = in.remaining();
    item.child = decode_child(in);
    return before - in.remaining();
}

constexpr std::size_t bytes_min(const ManifestLeafItem*) { return 3; }
constexpr std::size_t bytes_min(const ManifestInnerItem*) { return 2 + kChildBytesMin; }
constexpr std::size_t bytes_min(const ExtentsLeafItem*) { return 3; }
constexpr std::size_t bytes_min(const ExtentsInnerItem*) { return 1 + kChildBytesMin; }

template <class Item>
constexpr bool kIsManifest = std::is_same_v<Item, ManifestLeafItem> || std::is_same_v<Item, ManifestInnerItem>;

// Manifest items: keys ascend, and what a key shares with the one before it is left out.
template <class Item>
std::uint64_t encode_items(Writer& out, const std::vector<Item>& items) requires kIsManifest<Item> {
    std::uint64_t weight = 0;
    std::string_view previous;
    for (std::size_t i = 0; i < items.size(); ++i) {
        const std::string_view key = key_of(items[i]);
        const std::size_t shared = common_prefix(key, previous);
        const std::string_view suffix = key.substr(shared);
        require(i == 0 || (!suffix.empty() && (shared == previous.size() ||
                                               static_cast<unsigned char>(suffix[0]) >
                                                   static_cast<unsigned char>(previous[shared]))),
                kWhat, "keys that do not ascend");
        require(key.size() <= kManifestKeyBytesMax, kWhat, "a key above 16 KiB");
        out.varint(shared).text(suffix);
        if constexpr (std::is_same_v<Item, ManifestLeafItem>) {
            require(items[i].entry.size() <= kEntryBytesMax, kWhat, "an entry above 32 KiB");
            out.varint(items[i].entry.size());
        }
        const std::size_t before = out.size();
        encode_value(out, items[i]);
        weight += key.size() + (out.size() - before);
        previous = key;
    }
    return weight;
}

// Extents items: a maximal run of equal values is one item with a repeat.
template <class Item>
std::uint64_t encode_items(Writer& out, const std::vector<Item>& items) requires(!kIsManifest<Item>) {
    std::uint64_t weight = 0;
    for (std::size_t i = 0; i < items.size(); ++i) {
        check(items[i]);
        require(items[i].repeat >= 1 && items[i].repeat <= kRepeatMax, kWhat, "a repeat out of 1 to 2^63 - 1");
        require(i == 0 || may_follow(items[i], items[i - 1]), kWhat, "neighbours that should be one item");
        out.varint(items[i].repeat);
        const std::size_t before = out.size();
        encode_value(out, items[i]);
        weight += out.size() - before;
    }
    return weight;
}

template <class Item>
std::uint64_t decode_item(Cursor& in, Item& item, const Item* previous) requires kIsManifest<Item> {
    const std::string_view before = previous ? std::string_view(key_of(*previous)) : std::string_view();
    const std::uint64_t shared = in.varint_at_most(before.size(), "shared bytes of a key");
    const ByteView suffix = in.bytes(kManifestKeyBytesMax - shared, "rest of a key");
    // One comparison holds the order and that `shared` is as large as can be.
    if (previous && (suffix.empty() ||
                     (shared < before.size() && suffix[0] <= static_cast<unsigned char>(before[shared]))))
        in.corrupt("keys that do not ascend, or share more than they say");
    std::string& key = key_of(item);
    key.reserve(shared + suffix.size());
    key.assign(before.substr(0, shared)).append(as_text(suffix));
    return key.size() + decode_value(in, item);
}

template <class Item>
std::uint64_t decode_item(Cursor& in, Item& item, const Item* previous) requires(!kIsManifest<Item>) {
    item.repeat = in.varint_at_most(kRepeatMax, "repeat");
    if (item.repeat == 0) in.corrupt("a repeat of 0");
    const std::uint64_t weight = decode_value(in, item);
    check(item);
    if (previous && !may_follow(item, *previous)) in.corrupt("neighbours that should be one item");
    return weight;
}

template <class Item>
std::vector<Item> decode_items(Cursor& in) {
    const std::uint64_t count = in.count(kNodeItemsMax, bytes_min(static_cast<const Item*>(nullptr)), "items");
    if (count == 0) in.corrupt("no items");
    std::vector<Item> items(count);
    std::uint64_t weight = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        weight += decode_item(in, items[i], i == 0 ? nullptr : &items[i - 1]);
        if (weight > kNodeWeightMax) in.corrupt("a weight above 256 KiB");
    }
    return items;
}

std::size_t expected_bytes(const std::vector<ManifestLeafItem>& items) {
    std::size_t bytes = 16;
    for (const ManifestLeafItem& item : items) bytes += 8 + item.key.size() + item.entry.size();
    return bytes;
}
std::size_t expected_bytes(const std::vector<ManifestInnerItem>& items) {
    std::size_t bytes = 16;
    for (const ManifestInnerItem& item : items) bytes += 6 + item.last_key.size() + kChildBytesMax;
    return bytes;
}
std::size_t expected_bytes(const std::vector<ExtentsLeafItem>& items) { return 16 + items.size() * 40; }
std::size_t expected_bytes(const std::vector<ExtentsInnerItem>& items) { return 16 + items.size() * kChildBytesMax; }

// Which alternative of Node::items this tree and level have.
std::size_t alternative(TreeKind tree, std::uint8_t level) {
    return (tree == TreeKind::Manifest ? 0u : 2u) + (level == 0 ? 0u : 1u);
}

}  // namespace

Totals& Totals::operator+=(const Totals& more) {
    entries = saturating_add(entries, more.entries);
    files = saturating_add(files, more.files);
    apparent = saturating_add(apparent, more.apparent);
    allocated = saturating_add(allocated, more.allocated);
    return *this;
}

Totals Totals::times(std::uint64_t repeat) const {
    return {saturating_multiply(entries, repeat), saturating_multiply(files, repeat),
            saturating_multiply(apparent, repeat), saturating_multiply(allocated, repeat)};
}

Totals totals_of(const Entry& entry) {
    return {1, entry.type == EntryType::Regular ? 1u : 0u, entry.size, entry.allocated};
}

Totals totals_of(const Extent& extent) {
    return {1, 0, extent.length, extent.chunk ? extent.length : 0};
}

Bytes encode(const Node& node) {
    require(node.tree == TreeKind::Manifest || node.tree == TreeKind::Extents, kWhat, "an unknown tree");
    require(node.level <= kNodeLevelMax, kWhat, "a level above 31");
    require(node.items.index() == alternative(node.tree, node.level), kWhat, "items of another tree or level");
    return std::visit(
        [&node](const auto& items) {
            require(!items.empty() && items.size() <= kNodeItemsMax, kWhat, "no items, or more than 65536");
            Writer out(expected_bytes(items));
            out.u8(static_cast<std::uint8_t>(node.tree)).u8(node.level).varint(items.size());
            require(encode_items(out, items) <= kNodeWeightMax, kWhat, "a weight above 256 KiB");
            out.extensions(node.extensions);
            require(out.size() <= kNodeBytesMax, kWhat, "above 512 KiB");
            return out.take();
        },
        node.items);
}

Node decode_node(ByteView plaintext) {
    Cursor in(plaintext, kWhat);
    if (plaintext.size() > kNodeBytesMax) in.corrupt("above 512 KiB");
    Node node;
    const std::uint8_t tree = in.u8();
    if (tree != static_cast<std::uint8_t>(TreeKind::Manifest) && tree != static_cast<std::uint8_t>(TreeKind::Extents))
        in.unsupported("trees of kind " + std::to_string(tree));
    node.tree = static_cast<TreeKind>(tree);
    node.level = in.u8();
    if (node.level > kNodeLevelMax) in.corrupt("a level above 31");
    switch (alternative(node.tree, node.level)) {
        case 0: node.items = decode_items<ManifestLeafItem>(in); break;
        case 1: node.items = decode_items<ManifestInnerItem>(in); break;
        case 2: node.items = decode_items<ExtentsLeafItem>(in); break;
        default: node.items = decode_items<ExtentsInnerItem>(in); break;
    }
    node.extensions = in.extensions();
    in.expect_end();
    return node;
}

Bytes encode_child(const Child& child) {
    Writer out(kChildBytesMax);
    encode(out, child);
    return out.take();
}

}  // namespace vault
