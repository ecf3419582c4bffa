// The names that objects of a repository can have (docs/format.md, "Objects"), and the folders in which a store with
// folders keeps them. Pure; says nothing about what an object holds.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "store/backend/backend.h"
#include "store/format/id.h"

namespace vault {

// Whether docs/format.md knows objects of this name. Everything else that lies in a repository's folder (lost+found,
// .snapshot, a stranger's file) is not an object and is left alone.
bool is_object_name(std::string_view name);

// A session's name: 32 lower-case hexadecimal digits.
bool is_session_name(std::string_view name);

// `name` itself. Throws std::logic_error if it is no object's name: names come from the program, not from the store.
const std::string& require_object_name(const std::string& name);

// "packs/3f/3f09…"
std::string pack_name(const PackId& id);
// The pack's id in a listed name; nothing for a name that is no pack's.
std::optional<PackId> pack_of_name(const std::string& name);
// Those of all packs in a listing.
std::set<PackId> packs_of(const std::vector<ObjectInfo>& listed);

// The session in the name of one of its objects: "snapshots/<sid>", "marks/<sid>-…", "sessions/<sid>.3". Throws Corrupt
// for a name that has none there.
SessionId session_of_name(std::string_view name);

// The k of "config/<k>" or "keyring/<k>".
std::uint64_t generation_number(const std::string& name, std::string_view folder);

// Every folder that holds objects, without a slash at its end, ascending: "checks" … "packs/00" … "waiting". A
// repository in a file system has all of them from init on, so that one that is missing is damage, not emptiness.
const std::vector<std::string>& object_folders();

// Where in `object_folders` the object's folder stands, and its name in there. `name` must be an object's.
struct ObjectPlace {
    std::size_t folder = 0;
    std::string leaf;
};
ObjectPlace place_of(const std::string& name);

}  // namespace vault
