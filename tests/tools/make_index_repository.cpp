// Makes a repository that only an index can read, as large as wanted, and measures an index over it: packs with true
// headers, directories and trailers around holes instead of boxes, named at random instead of by their hash. 10
// million chunks take 0.4 GB of disk.
//
//     make_index_repository make FOLDER CHUNKS [--per-pack N] [--no-copies]
//     make_index_repository sync FOLDER CACHE-FOLDER        builds the index if CACHE-FOLDER is empty
//     make_index_repository measure FOLDER CACHE-FOLDER     the same, then opening and lookups
//     make_index_repository session CACHE-FOLDER CHUNKS     the running session's own chunks
//
// Figures are lines of what, value and unit, separated by tabs. tests/bench/index_bench.py runs it for several sizes.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "store/backend/local.h"
#include "store/backend/object_names.h"
#include "store/base/file.h"
#include "store/index.h"
#include "store/seal/object.h"
#include "tests/support/pack_maker.h"

using namespace vault;

namespace {

constexpr std::uint32_t kChunkBytes = 32'768;
constexpr std::size_t kChunksPerBox = 16;
constexpr std::size_t kBatch = 256;  // ids of one find
constexpr std::size_t kLookups = 1'000'000;

class Watch {
  public:
    double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }

  private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// Of all threads; tells more than the clock on a shared machine.
double processor_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double peak_mib() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024;
}

void report(std::string_view what, double value, std::string_view unit) {
    fmt::print("{}\t{:.6g}\t{}\n", what, value, unit);
}

PackDirectory random_directory(std::mt19937_64& random, std::size_t chunks, const SessionId& session) {
    PackDirectory directory;
    directory.session = session;
    for (std::size_t done = 0; done < chunks;) {
        DirectoryBox box;
        for (; box.chunks.size() < kChunksPerBox && done < chunks; ++done) {
            DirectoryChunk chunk{{}, kChunkBytes};
            for (std::size_t at = 0; at < 32; at += 8) {
                const std::uint64_t word = random();
                std::memcpy(chunk.id.bytes.data() + at, &word, 8);
            }
            box.chunks.push_back(chunk);
        }
        box.codec = Codec::Zstd;
        box.sealed_bytes = static_cast<std::uint32_t>(box.plain_bytes() / 2);
        directory.boxes.push_back(std::move(box));
    }
    return directory;
}

// The pack without its boxes: what `make_pack` would write around them.
struct SparsePack {
    PackId id;
    std::uint64_t bytes = 0;
    Bytes header, tail;
    DirectoryCopy copy;
};

SparsePack sparse_pack(const Keys& keys, std::mt19937_64& random, const PackDirectory& directory) {
    SparsePack pack;
    PackSalt salt;
    for (std::uint8_t& byte : salt.bytes) byte = static_cast<std::uint8_t>(random());
    for (std::uint8_t& byte : pack.id.bytes) byte = static_cast<std::uint8_t>(random());
    const std::uint32_t generation = keys.newest_generation();
    pack.header = pack_header(generation, salt);
    pack.copy.directory = encode(directory);
    pack.tail = seal_pack_directory(keys, generation, salt, pack.copy.directory);
    PackTrailer trailer;
    trailer.boxes_end = directory.boxes_end();
    trailer.directory_sealed_bytes = static_cast<std::uint32_t>(pack.tail.size());
    pack.bytes = padme_bytes(trailer.boxes_end + pack.tail.size() + kPackTrailerBytes);
    trailer.directory_offset = pack.bytes - pack.tail.size() - kPackTrailerBytes;
    append(pack.tail, seal_pack_trailer(keys, generation, salt, trailer));
    pack.copy.pack = pack.id;
    pack.copy.pack_bytes = pack.bytes;
    std::copy(pack.header.begin(), pack.header.end(), pack.copy.header.begin());
    return pack;
}

void write_sparse(const std::filesystem::path& folder, const SparsePack& pack) {
    const std::string path = (folder / pack_name(pack.id)).string();
    const UniqueFd fd = open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL, 0400);
    if (::ftruncate(fd.get(), static_cast<off_t>(pack.bytes)) != 0) throw system_error("cannot extend " + path, errno);
    write_all_at(fd.get(), 0, pack.header, path);
    write_all_at(fd.get(), pack.bytes - pack.tail.size(), pack.tail, path);
}

void write_copies(const Keys& keys, const std::filesystem::path& folder, DirectoriesRecord& record) {
    if (record.copies.empty()) return;
    std::ranges::sort(record.copies, {}, &DirectoryCopy::pack);
    const std::string name = directories_name(record.session, record.number);
    const UniqueFd fd = open_at(AT_FDCWD, (folder / name).string(), O_WRONLY | O_CREAT | O_EXCL, 0400);
    write_all(fd.get(), seal_object(keys, ObjectKind::Directories, name, encode(record)), name);
    record.copies.clear();
    ++record.number;
}

void make(const std::filesystem::path& folder, std::uint64_t chunks, std::size_t per_pack, bool copies) {
    for (const std::string& name : object_folders()) std::filesystem::create_directories(folder / name);
    const auto keys = fixed_keys();
    std::mt19937_64 random(chunks);
    DirectoriesRecord record;
    record.session.bytes.fill(7);
    std::uint64_t record_bytes = 0, packs = 0;
    for (std::uint64_t done = 0; done < chunks; ++packs) {
        const std::size_t count = std::min<std::uint64_t>(per_pack, chunks - done);
        SparsePack pack = sparse_pack(*keys, random, random_directory(random, count, record.session));
        write_sparse(folder, pack);
        done += count;
        if (!copies) continue;
        // As a writer does: up to 64 directories or 8 MiB, less the seal and the padding.
        if (record.copies.size() == 64 || record_bytes + pack.copy.directory.size() > (std::size_t{8} << 20) - 65'536) {
            write_copies(*keys, folder, record);
            record_bytes = 0;
        }
        record_bytes += pack.copy.directory.size() + 256;
        record.copies.push_back(std::move(pack.copy));
    }
    write_copies(*keys, folder, record);
    fmt::print("{} chunks in {} packs, {} dirs objects\n", chunks, packs, record.number - 1);
}

enum class Ids { Known, Unknown };

void report_lookups(const Index& index, const PackSet& view, const std::vector<ChunkId>& ids, std::size_t batch,
                    Ids kind, const std::string& what) {
    const double before = processor_seconds();
    const Watch watch;
    std::size_t found = 0;
    for (std::size_t start = 0; start < ids.size(); start += batch) {
        const auto part = std::span(ids).subspan(start, std::min(batch, ids.size() - start));
        for (const auto& place : index.find(part, view)) found += place ? 1 : 0;
    }
    const auto count = static_cast<double>(ids.size());
    report("lookups: " + what, count / watch.seconds(), "/s");
    report("lookups: " + what, (processor_seconds() - before) * 1e6 / count, "us of processors each");
    if (found != (kind == Ids::Known ? ids.size() : 0))
        throw Error(ErrorKind::Corrupt, fmt::format("{}: {} of {} found", what, found, ids.size()));
}

// Chunks of some packs in a row, in the order in which they were stored.
std::vector<ChunkId> stored_ids(const Index& index, const PackSet& view) {
    std::vector<ChunkId> ids;
    for (const PackNumber number : view.numbers()) {
        for (const DirectoryBox& box : index.directory(number).boxes)
            for (const DirectoryChunk& chunk : box.chunks) ids.push_back(chunk.id);
        if (ids.size() >= kLookups) break;
    }
    return ids;
}

void sync(Backend& backend, const std::vector<ObjectInfo>& packs, const std::filesystem::path& cache) {
    IndexSyncReport done;
    const double before = processor_seconds();
    const Watch watch;
    Index::open(cache, *fixed_keys(), backend, packs, {}, done);
    const double seconds = watch.seconds();
    if (done.chunks_added == 0) return;
    report("chunks", static_cast<double>(done.chunks_added), "");
    report("packs", static_cast<double>(done.packs_added), "");
    report("directories read one by one", static_cast<double>(done.directories_read), "");
    report("sync", seconds, "s");
    report("sync", static_cast<double>(done.chunks_added) / seconds, "chunks/s");
    report("sync", processor_seconds() - before, "s of processors");
    report("sync: peak memory", peak_mib(), "MiB");
}

// The best of some: what a short command waits for.
void report_opening(Backend& backend, const std::vector<ObjectInfo>& packs, const std::filesystem::path& cache,
                    const ChunkId& id) {
    const auto keys = fixed_keys();
    double opened = 1, found = 1;
    for (int round = 0; round < 20; ++round) {
        IndexSyncReport done;
        const Watch watch;
        const auto index = Index::open(cache, *keys, backend, packs, {}, done);
        opened = std::min(opened, watch.seconds());
        const PackSet view = index->numbers_of(packs);
        if (!index->find(std::span(&id, 1), view)[0]) throw Error(ErrorKind::Corrupt, "a stored chunk is not found");
        found = std::min(found, watch.seconds());
    }
    report("open", opened * 1e3, "ms");
    report("open and find one", found * 1e3, "ms");
}

void measure(const std::filesystem::path& folder, const std::filesystem::path& cache, bool lookups) {
    LocalBackend backend(folder.string());
    const auto keys = fixed_keys();
    const std::vector<ObjectInfo> packs = backend.list("packs/");
    sync(backend, packs, cache);
    if (!lookups) return;
    IndexSyncReport done;
    for (const bool locality : {true, false}) {
        IndexBudget budget;
        if (!locality) budget.locality_bytes = 0;
        const auto index = Index::open(cache, *keys, backend, packs, budget, done);
        const PackSet view = index->numbers_of(packs);
        std::vector<ChunkId> ids = stored_ids(*index, view);
        if (locality) report_opening(backend, packs, cache, ids[ids.size() / 2]);
        const std::string with = locality ? "with locality" : "without locality";
        report_lookups(*index, view, ids, kBatch, Ids::Known, "known, in stored order, " + with);
        report_lookups(*index, view, ids, 1, Ids::Known, "the same one by one, " + with);
        std::ranges::shuffle(ids, std::mt19937_64(1));
        report_lookups(*index, view, ids, kBatch, Ids::Known, "known, shuffled, " + with);
        std::mt19937_64 random(2);
        for (ChunkId& id : ids)
            for (std::uint8_t& byte : id.bytes) byte = static_cast<std::uint8_t>(random());
        report_lookups(*index, view, ids, kBatch, Ids::Unknown, "unknown, " + with);
    }
    report("peak memory", peak_mib(), "MiB");
}

void measure_session(const std::filesystem::path& cache, std::uint64_t count) {
    SessionChunks chunks(cache, SessionId{{9}});
    std::mt19937_64 random(3);
    const double before = processor_seconds();
    const Watch watch;
    for (std::uint64_t i = 0; i < count; ++i) {
        ChunkId id;
        for (std::size_t at = 0; at < 32; at += 8) {
            const std::uint64_t word = random();
            std::memcpy(id.bytes.data() + at, &word, 8);
        }
        if (chunks.find(id)) throw Error(ErrorKind::Corrupt, "a random id was found");
        chunks.add(id, {static_cast<std::uint32_t>(i >> 11), kChunkBytes});
    }
    report("own chunks", static_cast<double>(count), "");
    report("own chunks: find and add", static_cast<double>(count) / watch.seconds(), "/s");
    report("own chunks: find and add", (processor_seconds() - before) * 1e6 / static_cast<double>(count),
           "us of processors each");
    report("own chunks: peak memory", peak_mib(), "MiB");
}

int run(const std::vector<std::string>& words) {
    const auto has = [&](const std::string& word) { return std::ranges::find(words, word) != words.end(); };
    if (words.size() >= 3 && words[0] == "make") {
        const auto per_pack = std::ranges::find(words, "--per-pack");
        const bool given = per_pack != words.end() && per_pack + 1 != words.end();
        make(words[1], std::stoull(words[2]), given ? std::stoul(per_pack[1]) : 2048, !has("--no-copies"));
    } else if (words.size() == 3 && (words[0] == "sync" || words[0] == "measure")) {
        measure(words[1], words[2], words[0] == "measure");
    } else if (words.size() == 3 && words[0] == "session") {
        measure_session(words[1], std::stoull(words[2]));
    } else {
        fmt::print(stderr, "make FOLDER CHUNKS [--per-pack N] [--no-copies] | sync FOLDER CACHE | "
                           "measure FOLDER CACHE | session CACHE CHUNKS\n");
        return 2;
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run({argv + 1, argv + argc});
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 1;
    }
}
