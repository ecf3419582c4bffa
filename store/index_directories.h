// Reads packs' directories from the store, from the packs themselves and from the second copies in dirs/. Nothing is
// kept. Thread-safe if the backend is. Throws what the backend, the seal house and the decoders throw.
#pragma once

#include <functional>

#include "store/backend/backend.h"
#include "store/format/pack_directory.h"
#include "store/seal/keys.h"

namespace vault {

struct FoundDirectory {
    PackId pack;
    std::uint64_t pack_bytes = 0;
    Bytes encoded;
    PackDirectory directory;
    std::array<std::uint8_t, kPackHeaderBytes> header{};  // the pack's first bytes
};

// Two or three range reads. Corrupt also where directory, trailer and length contradict each other.
FoundDirectory read_directory(Backend& backend, const Keys& keys, const ObjectInfo& pack, const PackId& id);

// The record of the dirs/ object `name`.
DirectoriesRecord read_directories(Backend& backend, const Keys& keys, const std::string& name);
// Corrupt where the directory does not fit the pack's length.
FoundDirectory decode_copy(DirectoryCopy copy);

// The second copies of the directories of packs that `wanted` accepts, in no order. What cannot be read is left out.
void for_each_copy(Backend& backend, const Keys& keys, const std::function<bool(const PackId&)>& wanted,
                   const std::function<void(const FoundDirectory&)>& take);

}  // namespace vault
