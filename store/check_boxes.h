// Reads packs whole, forward, each once: SHA-256 over every byte is compared with their names, every box is opened and
// the id of each chunk recomputed, the padding is made again. oneTBB's pipeline; bounded memory.
#pragma once

#include <chrono>
#include <functional>

#include "store/check_chunks.h"
#include "store/damage_report.h"

namespace vault {

struct PackToRead {
    ObjectInfo info;
    PackId id;
    // Of a pack that the index does not have, since its own directory and its length do not fit: a copy by which what
    // is left of it can be read. Nothing: the index's, or none.
    std::optional<PackDirectory> copy;
};

struct ReadPacks {
    std::uint64_t packs = 0, bytes = 0, boxes = 0;
    bool stopped = false;  // by `stop`: the packs after those counted were not read
    std::map<PackId, DamagedPack> damaged;
    std::vector<PackId> gone;  // removed since they were listed
    // Of each pack that was read by a copy, which chunks are sound, in their order in it.
    std::map<PackId, std::vector<bool>> by_copy;
};

// `stop` is asked before each pack and each few MiB (true ends the run), `done(pack, sound)` and
// `progress(bytes)` are told; all from one thread at a time. Notes every chunk in `chunks` as bad or verified. Memory:
// 2 MiB, or one box if that is more, for each of 2 x threads + 2 pieces, and one opened box a thread.
struct ReadPacksRequest {
    const Repository& repository;
    CheckChunks& chunks;
    unsigned threads = 0;  // 0: as many as there are cores
    std::function<bool(bool between_packs)> stop;
    std::function<void(const PackId&, bool sound)> done;
    std::function<void(std::uint64_t bytes)> progress;
};
ReadPacks read_packs(const ReadPacksRequest& request, const std::vector<PackToRead>& packs);

}  // namespace vault
