// The grammar of object names: docs/format.md, section 2.
#include "store/backend/object_names.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>
#include <stdexcept>

namespace vault {
namespace {

const std::string k16(16, '0'), k32(32, 'a'), k64 = "3f" + std::string(62, '9');

TEST_CASE("every name of the format is an object's name", "[names]") {
    const std::vector<std::string> names = {
        "config/1", "config/4294967295", "keyring/12", "keys/" + k64, "packs/3f/" + k64, "dirs/" + k32 + "-1",
        "sessions/" + k32, "sessions/" + k32 + ".17", "snapshots/" + k32, "tombstones/" + k32,
        "tombstones/bundle-" + k32, "marks/" + k32 + '-' + k16, "damaged/" + k64 + '-' + k16, "condemned/" + k32,
        "waiting/" + k32, "decision/" + k32, "quarantine/" + k64, "reserve/space", "reserve/inode-00",
        "reserve/inode-63", "tmp/" + k32 + "-0f.part_1", "refs/main", "parity/1", "checks/1"};
    for (const std::string& name : names) {
        CAPTURE(name);
        CHECK(is_object_name(name));
        const ObjectPlace place = place_of(name);
        CHECK(object_folders().at(place.folder) + '/' + place.leaf == name);
    }
}

TEST_CASE("a name beside the format's is nobody's", "[names]") {
    const std::string upper32(32, 'A'), long_text(256, 'a'), with_zero("config/1\0", 9);
    const std::vector<std::string> names = {
        // what counts: decimal, from 1, at most 2^32 - 1
        "config/0", "config/01", "config/4294967296", "config/99999999999999999999", "config/1 ", "config/-1",
        "config/+1", "config/1\n", with_zero, "dirs/" + k32 + "-0", "sessions/" + k32 + ".", "sessions/" + k32 + ".01",
        // folders and slashes
        "", "config", "config/", "/config/1", "config//1", "Config/1", "packs/" + k64, "packs/40/" + k64,
        "packs/3F/" + k64, "packs/../" + k64, "snapshots/" + k32 + "/x", "refs/", "refs/a/b", "refs/.", "lost+found",
        "lost+found/1", "tmp/" + k32 + "-a/b",
        // lengths, letters, separators
        "keys/" + k32, "keys/" + k64 + "0", "packs/3f/" + k32, "packs/3f/" + k64 + ".tmp", "dirs/" + k32,
        "dirs/" + k32 + ".1", "sessions/" + k32 + "-1", "snapshots/" + upper32, "snapshots/" + k32 + "~",
        "snapshots/." + k32, "tombstones/bundle-" + k64, "tombstones/bundle" + k32, "marks/" + k32,
        "marks/" + k32 + '-' + k32, "damaged/" + k32 + '-' + k16, "reserve/inode-64", "reserve/inode-6",
        "reserve/inode-6a", "reserve/other", "tmp/" + k32, "tmp/" + k32 + '-', "tmp/" + k32 + "-.x",
        "tmp/" + k32 + "-a b", "tmp/" + k32 + '-' + long_text};
    for (const std::string& name : names) {
        CAPTURE(name);
        CHECK_FALSE(is_object_name(name));
        CHECK_THROWS_AS(place_of(name), std::logic_error);
    }
}

TEST_CASE("there are 256 folders of packs and one of every other prefix, ascending", "[names]") {
    const std::vector<std::string>& folders = object_folders();
    CHECK(std::is_sorted(folders.begin(), folders.end()));
    CHECK(std::set<std::string>(folders.begin(), folders.end()).size() == folders.size());
    const auto is_packs = [](const std::string& folder) { return folder.starts_with("packs/"); };
    CHECK(std::count_if(folders.begin(), folders.end(), is_packs) == 256);
    CHECK(folders.size() == 256 + 18);
}

}  // namespace
}  // namespace vault

TEST_CASE("a pack's id stands in the name of a pack, and in no other", "[names]") {
    using namespace vault;
    const PackId id{{1, 2, 3}};
    CHECK(pack_of_name(pack_name(id)) == id);
    CHECK_FALSE(pack_of_name("quarantine/" + id.hex()));
    const std::string as_long = "keys/" + std::string(4, '0') + id.hex();
    REQUIRE(as_long.size() == pack_name(id).size());
    CHECK_FALSE(pack_of_name(as_long));
    const PackId other{{4}};
    CHECK(packs_of({{pack_name(id), 1, 0}, {"dirs/x", 1, 0}, {pack_name(other), 1, 0}}) == std::set<PackId>{id, other});
}
