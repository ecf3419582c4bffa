// Config and keyring generations.
#include "store/format/config_record.h"

#include "store/format/checks.h"
#include "store/format/limits.h"

namespace vault {

namespace {

constexpr std::uint8_t kNormalisationMax = 3;
constexpr std::uint64_t kClassAverageMin = 1'024, kClassAverageMax = 4'194'304;
constexpr std::uint64_t kNodeAverageMin = 4'096, kNodeAverageMax = 65'536;
constexpr std::uint64_t kNodeItemsMinLow = 2, kNodeItemsMinHigh = 4;
constexpr std::uint64_t kInlineAttributesBytesMax = 4'096;
constexpr std::size_t kMasterKeyBytes = 4 + 3 * 32 + 12;

bool is_power_of_two(std::uint64_t value) {
    return value != 0 && (value & (value - 1)) == 0;
}

bool is_power_between(std::uint64_t value, std::uint64_t low, std::uint64_t high) {
    return is_power_of_two(value) && value >= low && value <= high;
}

void check(const ShapeParameters& shape) {
    constexpr std::string_view kWhat = "config record";
    require(shape.normalisation <= kNormalisationMax, kWhat, "a normalisation above 3");
    require(shape.classes.size() == kChunkClassMax, kWhat, "not exactly the classes 1, 2 and 3");
    for (std::size_t i = 0; i < shape.classes.size(); ++i) {
        require(shape.classes[i].chunk_class == i + 1, kWhat, "chunk classes that do not ascend from 1");
        require(is_power_between(shape.classes[i].average, kClassAverageMin, kClassAverageMax), kWhat,
                "a chunk average that is not a power of two from 1024 to 4194304");
    }
    require(shape.inline_content_bytes <= kInlineContentBytesMax, kWhat, "an inline content limit above 4096");
    require(shape.extent_list_items >= 1 && shape.extent_list_items <= kExtentListMax, kWhat,
            "an extent list limit out of 1 to 128");
    require(shape.inline_attributes_bytes <= kInlineAttributesBytesMax, kWhat, "an inline attributes limit above 4096");
    require(is_power_between(shape.node_average_bytes, kNodeAverageMin, kNodeAverageMax), kWhat,
            "a node average that is not a power of two from 4096 to 65536");
    require(shape.node_items_min >= kNodeItemsMinLow && shape.node_items_min <= kNodeItemsMinHigh, kWhat,
            "node minimum items out of 2 to 4");
    require(shape.node_weight_max == kNodeWeightMax, kWhat, "a node maximum other than 262144");
}

// What both records start with.
template <class Record>
void check_generation(const Record& record, std::string_view what) {
    require(is_name_number(record.generation), what, "a generation that is no number from 1 to 2^32 - 1");
    require(record.generation > 1 || record.predecessor.is_zero(), what, "a predecessor of generation 1");
    require_time(record.created, what);
}

void check(const ConfigRecord& record) {
    check_generation(record, "config record");
    require(record.shape.id_algorithm == 1 && record.shape.chunker_version == 1 && record.shape.classifier_version == 1,
            "config record", "an algorithm that version 1 does not name");
    check(record.shape);
}

void check(const KeyringRecord& record) {
    constexpr std::string_view kWhat = "keyring record";
    check_generation(record, kWhat);
    require(!record.master_keys.empty() && record.master_keys.size() <= kMasterKeysMax, kWhat,
            "no master key, or more than 1024");
    require(record.master_keys.front().number != 0, kWhat, "a master key of number 0");
    require(strictly_ascending(record.master_keys, [](const auto& key) { return key.number; }), kWhat,
            "numbers of master keys that do not ascend");
    for (const auto& key : record.master_keys) require_time(key.created, kWhat);
    require(is_name_number(record.config_generation), kWhat, "a config generation out of range");
    require(record.config_record.size() <= kConfigObjectBytesMax, kWhat, "a config record that is too long");
}

ShapeParameters decode_shape(Cursor& in) {
    const auto version_1 = [&in](std::string_view field) {
        const std::uint8_t value = in.u8();
        if (value != 1) in.unsupported(std::string(field) + " " + std::to_string(value));
        return value;
    };
    ShapeParameters shape;
    shape.id_algorithm = version_1("id algorithm");
    shape.chunker_version = version_1("chunker version");
    shape.classifier_version = version_1("classifier version");
    shape.normalisation = in.u8();
    shape.classes.resize(in.count(255, 2, "chunk classes"));
    for (auto& one : shape.classes) {
        one.chunk_class = in.u8();
        if (!is_chunk_class(one.chunk_class)) in.unsupported("chunk class " + std::to_string(one.chunk_class));
        one.average = in.varint();
    }
    shape.inline_content_bytes = in.varint();
    shape.extent_list_items = in.varint();
    shape.inline_attributes_bytes = in.varint();
    shape.node_average_bytes = in.varint();
    shape.node_items_min = in.varint();
    shape.node_weight_max = in.varint();
    return shape;
}

}  // namespace

Bytes encode(const ConfigRecord& record) {
    check(record);
    const ShapeParameters& shape = record.shape;
    Writer out;
    out.id(record.repository).varint(record.generation).id(record.predecessor).time(record.created);
    out.varint(record.read_features).varint(record.write_features);
    out.u8(shape.id_algorithm).u8(shape.chunker_version).u8(shape.classifier_version).u8(shape.normalisation);
    out.varint(shape.classes.size());
    for (const auto& one : shape.classes) out.u8(one.chunk_class).varint(one.average);
    out.varint(shape.inline_content_bytes).varint(shape.extent_list_items).varint(shape.inline_attributes_bytes);
    out.varint(shape.node_average_bytes).varint(shape.node_items_min).varint(shape.node_weight_max);
    out.varint(record.store_properties).extensions(record.extensions);
    return out.take();
}

ConfigRecord decode_config(Cursor& in) {
    ConfigRecord record;
    record.repository = in.id<RepositoryId>();
    record.generation = in.varint();
    record.predecessor = in.id<ObjectHash>();
    record.created = in.time();
    record.read_features = in.varint();
    record.write_features = in.varint();
    record.shape = decode_shape(in);
    record.store_properties = in.varint();
    record.extensions = in.extensions();
    check(record);
    return record;
}

Bytes encode(const KeyringRecord& record) {
    check(record);
    // Reserved in full: a buffer that grew would leave copies of keys behind that nobody wipes.
    Writer out(256 + record.master_keys.size() * kMasterKeyBytes + record.config_record.size() + kExtensionBytesMax);
    out.id(record.repository).varint(record.generation).id(record.predecessor).time(record.created);
    out.raw(record.id_root).varint(record.master_keys.size());
    for (const auto& key : record.master_keys)
        out.u32(key.number).raw(key.key).raw(key.x25519_secret).raw(key.x25519_public).time(key.created);
    out.varint(record.config_generation).bytes(record.config_record).extensions(record.extensions);
    return out.take();
}

KeyringRecord decode_keyring(Cursor& in) {
    KeyringRecord record;
    record.repository = in.id<RepositoryId>();
    record.generation = in.varint();
    record.predecessor = in.id<ObjectHash>();
    record.created = in.time();
    record.id_root = in.array<32>();
    record.master_keys.resize(in.count(kMasterKeysMax, kMasterKeyBytes, "master keys"));
    for (auto& key : record.master_keys) {
        key.number = in.u32();
        key.key = in.array<32>();
        key.x25519_secret = in.array<32>();
        key.x25519_public = in.array<32>();
        key.created = in.time();
    }
    record.config_generation = in.varint();
    record.config_record = to_bytes(in.bytes(kConfigObjectBytesMax, "config record"));
    record.extensions = in.extensions();
    check(record);
    return record;
}

}  // namespace vault
