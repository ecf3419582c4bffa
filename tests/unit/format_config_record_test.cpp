// Config and keyring generations: docs/format.md, section 6.
#include <catch2/catch.hpp>

#include "store/format/config_record.h"
#include "store/format/limits.h"
#include "tests/support/codec_laws.h"
#include "tests/support/format_values.h"

namespace vault {
namespace {

const auto kConfig = cursor_codec(decode_config);
const auto kKeyring = cursor_codec(decode_keyring);

// Whether a config of that shape is refused by its encoder as Corrupt.
template <class Change>
bool refused(Change change) {
    ConfigRecord record = sample_config();
    change(record.shape);
    return error_of([&] { encode(record); }) == ErrorKind::Corrupt;
}

// The error of decoding the sample with one place changed. The parameters begin with the algorithms, 01 01 01, and
// normalisation 3.
std::optional<ErrorKind> error_with(std::string_view was, std::string_view is) {
    return error_of([&] { kConfig.decode(patched(encode(sample_config()), was, is)); });
}

}  // namespace

TEST_CASE("a config record keeps the laws of records", "[format][config]") {
    check_codec_laws(kConfig, sample_config());
    check_extension_laws(kConfig, encode(sample_config()));
}

TEST_CASE("the config of a new repository is accepted", "[format][config]") {
    ConfigRecord record;
    CHECK(kConfig.decode(encode(record)) == record);
}

TEST_CASE("unknown algorithms, chunkers, classifiers and classes are Unsupported", "[format][config]") {
    CHECK(error_with("01010103", "02010103") == ErrorKind::Unsupported);
    CHECK(error_with("01010103", "01020103") == ErrorKind::Unsupported);
    CHECK(error_with("01010103", "01010203") == ErrorKind::Unsupported);
    CHECK(error_with("0301808008", "0300808008") == ErrorKind::Unsupported);  // class 0 in place of 1
    CHECK(error_with("0380808001", "0480808001") == ErrorKind::Unsupported);  // class 4 in place of 3
}

TEST_CASE("feature bits and store properties are kept whatever they are", "[format][config]") {
    ConfigRecord record = sample_config();
    record.read_features = record.write_features = record.store_properties = ~0ull;
    CHECK(kConfig.decode(encode(record)) == record);
}

TEST_CASE("chunk classes are exactly 1, 2 and 3, each average a power of two in bounds", "[format][config]") {
    CHECK_FALSE(refused([](auto& shape) { shape.classes[0].average = 1'024; }));
    CHECK_FALSE(refused([](auto& shape) { shape.classes[0].average = 4'194'304; }));
    CHECK(refused([](auto& shape) { shape.classes[0].average = 512; }));
    CHECK(refused([](auto& shape) { shape.classes[0].average = 8'388'608; }));
    CHECK(refused([](auto& shape) { shape.classes[0].average = 65'537; }));
    CHECK(refused([](auto& shape) { shape.classes.pop_back(); }));
    CHECK(refused([](auto& shape) { std::swap(shape.classes[0], shape.classes[1]); }));
    CHECK(refused([](auto& shape) { shape.classes.push_back({4, 4'096}); }));
    // The reader: class 3 left out.
    CHECK(error_with("0301808008" "028040" "0380808001", "0201808008" "028040") == ErrorKind::Corrupt);
    CHECK(error_with("01808008" "028040", "028040" "01808008") == ErrorKind::Corrupt);
}

TEST_CASE("parameters out of bounds are Corrupt, for writers and for readers", "[format][config]") {
    CHECK(refused([](auto& shape) { shape.normalisation = 4; }));
    CHECK_FALSE(refused([](auto& shape) { shape.inline_content_bytes = 4'096; }));
    CHECK(refused([](auto& shape) { shape.inline_content_bytes = 4'097; }));
    CHECK_FALSE(refused([](auto& shape) { shape.extent_list_items = 128; }));
    CHECK(refused([](auto& shape) { shape.extent_list_items = 129; }));
    CHECK(refused([](auto& shape) { shape.extent_list_items = 0; }));
    CHECK_FALSE(refused([](auto& shape) { shape.inline_attributes_bytes = 4'096; }));
    CHECK(refused([](auto& shape) { shape.inline_attributes_bytes = 4'097; }));
    for (const std::uint64_t average : {4'096u, 65'536u})
        CHECK_FALSE(refused([&](auto& shape) { shape.node_average_bytes = average; }));
    for (const std::uint64_t average : {2'048u, 131'072u, 5'000u, 0u})
        CHECK(refused([&](auto& shape) { shape.node_average_bytes = average; }));
    CHECK(refused([](auto& shape) { shape.node_items_min = 1; }));
    CHECK(refused([](auto& shape) { shape.node_items_min = 5; }));
    CHECK(refused([](auto& shape) { shape.node_weight_max = 262'143; }));
    CHECK(refused([](auto& shape) { shape.node_weight_max = 262'145; }));

    // 300, 31, 2000, 16384, 3, 262144 as they stand in the sample.
    const std::string was = "ac02" "1f" "d00f" "808001" "03" "808010";
    CHECK(error_with(was, was) == std::nullopt);
    CHECK(error_with(was, "8120" "1f" "d00f" "808001" "03" "808010") == ErrorKind::Corrupt);
    CHECK(error_with(was, "ac02" "00" "d00f" "808001" "03" "808010") == ErrorKind::Corrupt);
    CHECK(error_with(was, "ac02" "1f" "8120" "808001" "03" "808010") == ErrorKind::Corrupt);
    CHECK(error_with(was, "ac02" "1f" "d00f" "818001" "03" "808010") == ErrorKind::Corrupt);
    CHECK(error_with(was, "ac02" "1f" "d00f" "808001" "01" "808010") == ErrorKind::Corrupt);
    CHECK(error_with(was, "ac02" "1f" "d00f" "808001" "03" "808020") == ErrorKind::Corrupt);
    CHECK(error_with("01010103", "01010104") == ErrorKind::Corrupt);
}

TEST_CASE("a generation is from 1 to 2^32 - 1, and the first has no predecessor", "[format][config]") {
    ConfigRecord record = sample_config();
    record.generation = 4'294'967'295;
    CHECK(kConfig.decode(encode(record)) == record);
    for (const std::uint64_t generation : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 32}) {
        record.generation = generation;  // 1: the sample has a predecessor
        CHECK(error_of([&] { encode(record); }) == ErrorKind::Corrupt);
    }
    CHECK(error_with("1111c80112", "11110112") == ErrorKind::Corrupt);  // 200 becomes 1
}

TEST_CASE("a keyring record keeps the laws of records", "[format][config]") {
    check_codec_laws(kKeyring, sample_keyring());
    check_extension_laws(kKeyring, encode(sample_keyring()));
}

TEST_CASE("master keys ascend from 1 on; gaps are allowed", "[format][config]") {
    KeyringRecord record = sample_keyring();
    CHECK(kKeyring.decode(encode(record)) == record);
    const auto refused_with = [&](std::uint32_t first, std::uint32_t second) {
        record.master_keys[0].number = first;
        record.master_keys[1].number = second;
        return error_of([&] { encode(record); }) == ErrorKind::Corrupt;
    };
    CHECK(refused_with(0, 4));
    CHECK(refused_with(4, 4));
    CHECK(refused_with(4, 1));
    // The reader: numbers 1 and 4 stand before keys of 41 and 44.
    const Bytes bytes = encode(sample_keyring());
    CHECK(error_of([&] { kKeyring.decode(patched(bytes, "0400000044", "0100000044")); }) == ErrorKind::Corrupt);
    CHECK(error_of([&] { kKeyring.decode(patched(bytes, "0100000041", "0000000041")); }) == ErrorKind::Corrupt);
}

TEST_CASE("a keyring has 1 to 1,024 master keys and a config record of at most 64 KiB", "[format][config]") {
    KeyringRecord record = sample_keyring();
    record.master_keys.clear();
    CHECK(error_of([&] { encode(record); }) == ErrorKind::Corrupt);
    for (std::uint32_t number = 1; number <= 1'024; ++number) record.master_keys.push_back({number, {}, {}, {}, {}});
    CHECK(kKeyring.decode(encode(record)) == record);
    record.master_keys.push_back({1'025, {}, {}, {}, {}});
    CHECK(error_of([&] { encode(record); }) == ErrorKind::Corrupt);

    record = sample_keyring();
    record.config_record = Bytes(kConfigObjectBytesMax, 1);
    CHECK(kKeyring.decode(encode(record)) == record);
    record.config_record.push_back(1);
    CHECK(error_of([&] { encode(record); }) == ErrorKind::Corrupt);
}

}  // namespace vault
