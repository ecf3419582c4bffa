// A store of packs in memory for tests of the index, and the comparison of an index with what the packs say.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "store/index.h"
#include "tests/support/memory_backend.h"
#include "tests/support/pack_maker.h"

namespace vault {

struct PackStore {
    explicit PackStore(std::uint8_t key_seed = 1) : keys(fixed_keys(key_seed)) {}

    std::unique_ptr<Keys> keys;
    MemoryBackend backend;
    std::map<PackId, MadePack> packs;  // all that were ever put

    const MadePack& put(MadePack pack);
    const MadePack& put_seeded(std::uint64_t seed, std::size_t chunks = 20);
    void remove(const MadePack& pack) { backend.remove(pack.name()); }
    std::vector<ObjectInfo> list() { return backend.list("packs/"); }

    // Synced with the listing of now.
    std::unique_ptr<Index> open(const std::filesystem::path& folder, IndexSyncReport& report, IndexBudget budget = {});
    std::unique_ptr<Index> open(const std::filesystem::path& folder);
};

// What a run hands to Index::add.
NewPack as_new(const MadePack& pack);

// Empty where the index has exactly the packs of `expected`, finds each of their chunks where it is, alone and in
// batches, with all copies, and finds nothing else of `store`; otherwise what is wrong.
std::string contradiction(const Index& index, const PackStore& store, const std::vector<PackId>& expected);
// With what lies in the store now.
std::string contradiction(const Index& index, PackStore& store);

}  // namespace vault
