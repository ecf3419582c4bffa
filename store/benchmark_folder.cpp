// A local store of its own, and plain files beside it.
#include "store/benchmark_folder.h"

#include <fcntl.h>
#include <stdio.h>

#include <atomic>
#include <cerrno>
#include <utility>

#include "store/backend/local_probe.h"
#include "store/backend/object_names.h"
#include "store/base/file.h"
#include "store/base/text.h"
#include "store/benchmark_sample.h"
#include "store/box_gatherer.h"
#include "store/seal/primitives.h"

namespace vault {

namespace {

namespace fs = std::filesystem;
constexpr std::string_view kPrefix = ".vault-benchmark-";
constexpr std::size_t kPacksKept = 2;         // a thread
constexpr std::size_t kPieceBytes = 1 << 20;  // of one append
constexpr std::size_t kSmallBytes = 4096;

const fs::path& require_folder(const fs::path& path) {
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) return path;
    throw Error(ErrorKind::Usage, escaped(path.string()) + " is not a folder; name one that is there");
}

template <class AnyId>
AnyId random_id() {
    AnyId id;
    fill_random(id.bytes);
    return id;
}

void rename_file(const std::string& from, const std::string& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) throw system_error("cannot rename " + escaped(from), errno);
}

std::chrono::nanoseconds duration_of(const Measured& measured) {
    return std::chrono::nanoseconds(static_cast<std::int64_t>(measured.seconds * 1e9));
}

}  // namespace

BenchmarkFolder::BenchmarkFolder(const fs::path& parent, MeasuredSpan span)
    : span_(std::move(span)), folder_(require_folder(parent), kPrefix), backend_(init_local(store_path().string())) {}

BenchmarkFolder::~BenchmarkFolder() = default;

double BenchmarkFolder::bytes_written(unsigned threads) {
    for (const std::string& name : packs_) backend_->remove(name);
    packs_.clear();
    const Bytes piece = sample_random(kPieceBytes);  // nothing that a file system could make smaller
    const std::string session = random_id<SessionId>().hex();
    std::vector<std::vector<std::string>> kept(threads);
    const Measured measured = measure(threads, span_, [&](unsigned thread) {
        const std::string name = pack_name(random_id<PackId>());
        const std::unique_ptr<ObjectWriter> object = backend_->begin_object(session);
        for (std::uint64_t done = 0; done < kBenchmarkPackBytes; done += piece.size()) object->append(piece);
        object->publish(name);
        std::vector<std::string>& names = kept[thread];
        names.push_back(name);
        if (names.size() == kPacksKept) {
            backend_->remove(names.front());
            names.erase(names.begin());
        }
        return static_cast<double>(kBenchmarkPackBytes);
    });
    for (const std::vector<std::string>& names : kept) packs_.insert(packs_.end(), names.begin(), names.end());
    return measured.per_second();
}

void BenchmarkFolder::drop_cached_pages() const {
    for (const std::string& name : packs_) {
        const std::string path = (store_path() / name).string();
        const int failed = ::posix_fadvise(open_at(AT_FDCWD, path, O_RDONLY).get(), 0, 0, POSIX_FADV_DONTNEED);
        if (failed != 0) throw system_error("cannot drop the cached pages of " + escaped(path), failed);
    }
}

double BenchmarkFolder::bytes_read(unsigned threads) {
    constexpr std::uint64_t kBoxesOfPack = kBenchmarkPackBytes / kBoxBytes;
    const std::uint64_t boxes = kBoxesOfPack * packs_.size();
    Measured all;
    MeasuredSpan rest = span_;
    // In rounds over all packs, since dropping their pages does not count.
    for (; rest.least.count() > 0; rest.least = span_.least - duration_of(all)) {
        drop_cached_pages();
        std::atomic<std::uint64_t> next = 0;
        const Measured round = measure(threads, rest, [&](unsigned) {
            const std::uint64_t box = next++;
            if (box >= boxes) return 0.0;
            const ByteRange range{box % kBoxesOfPack * kBoxBytes, kBoxBytes};
            return static_cast<double>(backend_->get(packs_[box / kBoxesOfPack], range).size());
        });
        all.units += round.units;
        all.seconds += round.seconds;
    }
    return all.per_second();
}

double BenchmarkFolder::small_objects(unsigned threads) {
    const Bytes contents = sample_random(kSmallBytes);
    return measure(threads, span_, [&](unsigned) {
               const std::string name = "snapshots/" + random_id<SessionId>().hex();
               backend_->put_new(name, contents);
               backend_->remove(name);
               return 1.0;
           }).per_second();
}

std::string BenchmarkFolder::file_of(unsigned thread) const {
    return (folder_.path() / ("file-" + std::to_string(thread))).string();
}

double BenchmarkFolder::fsyncs(unsigned threads) {
    std::vector<UniqueFd> files;
    for (unsigned thread = 0; thread < threads; ++thread)
        files.push_back(open_at(AT_FDCWD, file_of(thread), O_WRONLY | O_CREAT, 0600));
    const Bytes page = sample_random(kSmallBytes);
    return measure(threads, span_, [&](unsigned thread) {
               write_all_at(files[thread].get(), 0, page, file_of(thread));
               sync_fd(files[thread].get(), file_of(thread));
               return 1.0;
           }).per_second();
}

double BenchmarkFolder::renames(unsigned threads) {
    for (unsigned thread = 0; thread < threads; ++thread)
        open_at(AT_FDCWD, file_of(thread), O_WRONLY | O_CREAT, 0600);
    return measure(threads, span_, [&](unsigned thread) {
               const std::string name = file_of(thread), other = name + "-renamed";
               rename_file(name, other);
               rename_file(other, name);
               return 2.0;
           }).per_second();
}

}  // namespace vault
