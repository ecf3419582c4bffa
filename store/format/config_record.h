// Config and keyring generations. docs/format.md, section 6. The keyring's secrets are plain bytes here: seal/ keeps
// the decoded form in locked memory and wipes the rest.
#pragma once

#include <vector>

#include "store/format/cursor.h"

namespace vault {

// The parameters that shape bytes; fixed at init.
struct ShapeParameters {
    std::uint8_t id_algorithm = 1;
    std::uint8_t chunker_version = 1;
    std::uint8_t classifier_version = 1;
    std::uint8_t normalisation = 2;
    struct ClassSize {
        std::uint8_t chunk_class = 0;
        std::uint64_t average = 0;
        bool operator==(const ClassSize&) const = default;
    };
    std::vector<ClassSize> classes{{1, 65'536}, {2, 4'096}, {3, 1'048'576}};
    std::uint64_t inline_content_bytes = 256;
    std::uint64_t extent_list_items = 32;
    std::uint64_t inline_attributes_bytes = 1'024;
    std::uint64_t node_average_bytes = 32'768;
    std::uint64_t node_items_min = 4;
    std::uint64_t node_weight_max = 262'144;
    bool operator==(const ShapeParameters&) const = default;
};

struct ConfigRecord {
    RepositoryId repository;
    std::uint64_t generation = 1;
    ObjectHash predecessor;
    Time created;
    std::uint64_t read_features = 0;   // decoded as they are: who opens decides (Unsupported)
    std::uint64_t write_features = 0;
    ShapeParameters shape;
    std::uint64_t store_properties = 0;
    Extensions extensions;
    bool operator==(const ConfigRecord&) const = default;
};

struct KeyringRecord {
    struct MasterKey {
        std::uint32_t number = 0;
        std::array<std::uint8_t, 32> key{}, x25519_secret{}, x25519_public{};
        Time created;
        bool operator==(const MasterKey&) const = default;
    };
    RepositoryId repository;
    std::uint64_t generation = 1;
    ObjectHash predecessor;
    Time created;
    std::array<std::uint8_t, 32> id_root{};
    std::vector<MasterKey> master_keys;  // numbers ascending
    std::uint64_t config_generation = 1;
    Bytes config_record;
    Extensions extensions;
    bool operator==(const KeyringRecord&) const = default;
};

// Each decoder takes bytes that may go on behind the record (padding) and leaves the cursor behind it.
Bytes encode(const ConfigRecord& record);
ConfigRecord decode_config(Cursor& cursor);
Bytes encode(const KeyringRecord& record);
KeyringRecord decode_keyring(Cursor& cursor);

}  // namespace vault
