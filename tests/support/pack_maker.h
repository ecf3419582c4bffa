// Whole valid packs, made with the seal house from chunks in memory, and keys to seal them with. For tests that need a
// store with something in it; nothing of the program's own way of writing packs is used.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "store/backend/backend.h"
#include "store/format/pack_directory.h"
#include "store/seal/box.h"
#include "store/seal/keys.h"

namespace vault {

// Keys that follow from `seed` alone: two calls with one seed open each other's packs. The repository id does, too.
std::unique_ptr<Keys> fixed_keys(std::uint8_t seed = 1, std::uint32_t generations = 1);

struct PackRecipe {
    ChunkKind content = ChunkKind::Data;
    SessionId session{{1}};
    std::size_t chunks_per_box = 8;
    CompressionLevel level{};
};

struct MadePack {
    PackId id;  // the SHA-256 of `object`
    PackSalt salt;
    std::uint32_t generation = 1;
    PackDirectory directory;
    Bytes object;

    std::string name() const;
    std::vector<ChunkId> chunk_ids() const;  // in their order in the pack
};

// At least one chunk, none empty. Packs of the same chunks differ: the salt is random.
MadePack make_pack(const Keys& keys, std::span<const Bytes> chunks, const PackRecipe& recipe = {});

// A pack of `directory`'s boxes whose bytes are those of `boxes`, sealed or not: for packs that lie about themselves.
MadePack make_pack(const Keys& keys, PackDirectory directory, ByteView boxes);

// The dirs/ object with the second copies of these packs' directories; all of `session`.
std::string directories_name(const SessionId& session, std::uint64_t number);
Bytes make_directories(const Keys& keys, const SessionId& session, std::uint64_t number,
                       std::span<const MadePack> packs);

// `count` chunks of `bytes` each that no other seed gives.
std::vector<Bytes> seeded_chunks(std::uint64_t seed, std::size_t count, std::size_t bytes = 200);

}  // namespace vault
