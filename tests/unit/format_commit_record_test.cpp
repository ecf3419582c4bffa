// The snapshot object: docs/format.md, section 9.
#include <catch2/catch.hpp>

#include "store/format/commit_record.h"
#include "tests/support/codec_laws.h"
#include "tests/support/format_values.h"

namespace vault {
namespace {

const auto kCommit = cursor_codec(decode_commit);

template <class Change>
std::optional<ErrorKind> error_after(Change change) {
    CommitRecord record = sample_commit();
    change(record);
    return error_of([&] { kCommit.decode(encode(record)); });
}

std::optional<ErrorKind> error_of_decoding(std::string_view was, std::string_view is) {
    return error_of([&] { kCommit.decode(patched(encode(sample_commit()), was, is)); });
}

}  // namespace

TEST_CASE("a commit keeps the laws of records", "[format][commit]") {
    check_codec_laws(kCommit, sample_commit());
    check_extension_laws(kCommit, encode(sample_commit()));
}

TEST_CASE("host, series and tags are 1 to 255 bytes of text, user and program may be empty", "[format][commit]") {
    for (const auto field : {&CommitRecord::host, &CommitRecord::series}) {
        CHECK(error_after([&](auto& r) { r.*field = std::string(255, 'x'); }) == std::nullopt);
        CHECK(error_after([&](auto& r) { r.*field = std::string(256, 'x'); }) == ErrorKind::Corrupt);
        CHECK(error_after([&](auto& r) { r.*field = ""; }) == ErrorKind::Corrupt);
        CHECK(error_after([&](auto& r) { r.*field = "a\nb"; }) == ErrorKind::Corrupt);
    }
    for (const auto field : {&CommitRecord::user, &CommitRecord::program}) {
        CHECK(error_after([&](auto& r) { r.*field = ""; }) == std::nullopt);
        CHECK(error_after([&](auto& r) { r.*field = "\xFF"; }) == ErrorKind::Corrupt);
        CHECK(error_after([&](auto& r) { r.*field = std::string(256, 'x'); }) == ErrorKind::Corrupt);
    }
    CHECK(error_after([](auto& r) { r.tags = {}; }) == std::nullopt);
    CHECK(error_after([](auto& r) { r.tags = {""}; }) == ErrorKind::Corrupt);
    CHECK(error_after([](auto& r) { r.tags = {"\x7F"}; }) == ErrorKind::Corrupt);
    CHECK(error_of_decoding("03616e6e", "03610a6e") == ErrorKind::Corrupt);
}

TEST_CASE("tags, source roots and unreadable paths ascend", "[format][commit]") {
    CHECK(error_after([](auto& r) { std::swap(r.tags[0], r.tags[1]); }) == ErrorKind::Corrupt);
    CHECK(error_after([](auto& r) { r.tags[0] = r.tags[1]; }) == ErrorKind::Corrupt);
    CHECK(error_after([](auto& r) { std::swap(r.source_roots[0], r.source_roots[1]); }) == ErrorKind::Corrupt);
    CHECK(error_after([](auto& r) { std::swap(r.unreadable[0], r.unreadable[1]); }) == ErrorKind::Corrupt);
    CHECK(error_after([](auto& r) { r.unreadable[0].path = r.unreadable[1].path; }) == ErrorKind::Corrupt);
    CHECK(error_of_decoding("056461696c79", "057a61696c79") == ErrorKind::Corrupt);  // "daily" becomes "zaily"
    CHECK(error_of_decoding("042f737276", "042f617276") == ErrorKind::Corrupt);      // "/srv" becomes "/arv"
    CHECK(error_of_decoding("2f61" "11" "70", "2f7a" "11" "70") == ErrorKind::Corrupt);  // "…/a" becomes "…/z"
}

TEST_CASE("excludes and overrides keep their order and may repeat", "[format][commit]") {
    CHECK(error_after([](auto& r) { r.excludes = {"b", "a", "a", "\xFF\xFE", ""}; }) == std::nullopt);
    CHECK(error_after([](auto& r) { r.class_overrides = {{"b", 1}, {"a", 3}, {"a", 3}}; }) == std::nullopt);
}

TEST_CASE("source roots are 1 to 4,096 absolute paths", "[format][commit]") {
    CHECK(error_after([](auto& r) { r.source_roots = {"/"}; }) == std::nullopt);
    CHECK(error_after([](auto& r) { r.source_roots = {}; }) == ErrorKind::Corrupt);
    CHECK(error_after([](auto& r) { r.source_roots = {"home"}; }) == ErrorKind::Corrupt);
    CHECK(error_after([](auto& r) { r.source_roots = {std::string("/a\0b", 4)}; }) == ErrorKind::Corrupt);
    CHECK(error_after([](auto& r) { r.source_roots = {"/" + std::string(16'383, 'x')}; }) == std::nullopt);
    CHECK(error_after([](auto& r) { r.source_roots = {"/" + std::string(16'384, 'x')}; }) == ErrorKind::Corrupt);
    const auto with_roots = [](std::size_t count) {
        return error_after([&](auto& r) {
            r.source_roots.clear();
            for (std::size_t i = 0; i < count; ++i) r.source_roots.push_back("/" + std::to_string(10'000 + i));
        });
    };
    CHECK(with_roots(4'096) == std::nullopt);
    CHECK(with_roots(4'097) == ErrorKind::Corrupt);
    CHECK(error_after([](auto& r) { r.recorded_as = ""; }) == std::nullopt);
    CHECK(error_after([](auto& r) { r.recorded_as = "x"; }) == ErrorKind::Corrupt);
}

TEST_CASE("lists and strings above their limits are Corrupt", "[format][commit]") {
    CHECK(error_after([](auto& r) { r.excludes.assign(65'536, "x"); }) == std::nullopt);
    CHECK(error_after([](auto& r) { r.excludes.assign(65'537, "x"); }) == ErrorKind::Corrupt);
    CHECK(error_after([](auto& r) { r.excludes = {std::string(4'097, 'x')}; }) == ErrorKind::Corrupt);
    CHECK(error_after([](auto& r) { r.class_overrides.assign(4'096, {"x", 1}); }) == std::nullopt);
    CHECK(error_after([](auto& r) { r.class_overrides.assign(4'097, {"x", 1}); }) == ErrorKind::Corrupt);
    CHECK(error_after([](auto& r) { r.class_overrides = {{std::string(4'097, 'x'), 1}}; }) == ErrorKind::Corrupt);
    CHECK(error_after([](auto& r) { r.unreadable[0].message = std::string(1'025, 'x'); }) == ErrorKind::Corrupt);
    CHECK(error_after([](auto& r) { r.unreadable[1].path = std::string(16'385, 'x'); }) == ErrorKind::Corrupt);
    CHECK(error_after([](auto& r) { r.root_level = 32; }) == ErrorKind::Corrupt);
}

TEST_CASE("no more unreadable paths are listed than counted", "[format][commit]") {
    CHECK(error_after([](auto& r) { r.unreadable_count = 2; }) == std::nullopt);
    CHECK(error_after([](auto& r) { r.unreadable_count = 1; }) == ErrorKind::Corrupt);
    CHECK(error_of_decoding("ac02" "020b", "01" "020b") == ErrorKind::Corrupt);
}

TEST_CASE("an unknown flag or chunk class is Unsupported", "[format][commit]") {
    CHECK(error_of_decoding("302e312e30" "03", "302e312e30" "04") == ErrorKind::Unsupported);  // behind "0.1.0"
    CHECK(error_of_decoding("2e73716c" "02", "2e73716c" "04") == ErrorKind::Unsupported);      // behind ".sql"
    CHECK(error_after([](auto& r) { r.class_overrides[0].chunk_class = 4; }) == ErrorKind::Corrupt);
}

TEST_CASE("a writer's first snapshot has sequence 1 and names none before it", "[format][commit]") {
    CHECK(error_after([](auto& r) { r.sequence = 0; }) == ErrorKind::Corrupt);
    CHECK(error_after([](auto& r) { r.sequence = 1; }) == ErrorKind::Corrupt);
    CHECK(error_after([](auto& r) {
              r.sequence = 1;
              r.previous = {};
          }) == std::nullopt);
    CHECK(error_of_decoding("6565" "0c" "6666", "6565" "01" "6666") == ErrorKind::Corrupt);
}

TEST_CASE("a config generation is from 1 to 2^32 - 1", "[format][commit]") {
    CHECK(error_after([](auto& r) { r.config_generation = 4'294'967'295; }) == std::nullopt);
    CHECK(error_after([](auto& r) { r.config_generation = 4'294'967'296; }) == ErrorKind::Corrupt);
    CHECK(error_after([](auto& r) { r.config_generation = 0; }) == ErrorKind::Corrupt);
}

}  // namespace vault
