// Runs, buckets and their divisions.
#include "store/index_sorter.h"

#include <fcntl.h>

#include <algorithm>
#include <bit>

#include "store/base/error.h"
#include "store/base/file.h"

namespace vault {

namespace {

// Rows wait in half of the memory; the other half is for the parts while they are sorted: a row and a key of 16 bytes
// each.
constexpr std::uint64_t kPartRowBytes = sizeof(ChunkRow) + 16;
constexpr std::size_t kGatherRows = 1024;

std::uint64_t leading_bytes(const ChunkId& id) {
    std::uint64_t value;
    std::memcpy(&value, id.bytes.data(), sizeof value);
    static_assert(std::endian::native == std::endian::little);
    return __builtin_bswap64(value);
}

}  // namespace

ChunkSorter::ChunkSorter(std::filesystem::path folder, std::uint64_t bytes, std::size_t lanes)
    : folder_(std::move(folder)), lane_rows_(std::max<std::uint64_t>(1, bytes / 2 / lanes / sizeof(ChunkRow))),
      part_rows_(std::max<std::uint64_t>(1, bytes / 2 / lanes / kPartRowBytes)), lanes_(lanes) {}

void ChunkSorter::add(std::size_t lane, const ChunkRow& row) {
    std::vector<ChunkRow>& rows = lanes_[lane];
    if (rows.capacity() == 0) rows.reserve(lane_rows_);  // pages are the system's until they are written
    rows.push_back(row);
    if (rows.size() == lane_rows_) spill(rows);
}

void ChunkSorter::spill(std::vector<ChunkRow>& rows) {
    Run run;
    for (const ChunkRow& row : rows) ++run.starts[row.id.bytes[0] + std::size_t{1}];
    for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) run.starts[bucket + 1] += run.starts[bucket];
    std::vector<std::uint32_t> order(rows.size());
    std::array<std::uint32_t, kBuckets + 1> next = run.starts;
    for (std::uint32_t i = 0; i < rows.size(); ++i) order[next[rows[i].id.bytes[0]]++] = i;
    {
        const std::lock_guard lock(mutex_);
        if (!file_) {
            const std::string path = (folder_ / "rows").string();
            file_ = open_at(AT_FDCWD, path, O_RDWR | O_CREAT | O_TRUNC, 0600);
            if (::unlink(path.c_str()) != 0) throw system_error("cannot remove " + path, errno);
        }
        run.offset = file_end_;
        file_end_ += rows.size() * sizeof(ChunkRow);
        runs_.push_back(run);
    }
    std::vector<ChunkRow> ordered(std::min(kGatherRows, rows.size()));
    for (std::size_t done = 0; done < rows.size();) {
        const std::size_t count = std::min(ordered.size(), rows.size() - done);
        for (std::size_t i = 0; i < count; ++i) ordered[i] = rows[order[done + i]];
        const ByteView bytes(reinterpret_cast<const std::uint8_t*>(ordered.data()), count * sizeof(ChunkRow));
        write_all_at(file_.get(), run.offset + done * sizeof(ChunkRow), bytes, "the index's rows");
        done += count;
    }
    rows.clear();
}

void ChunkSorter::finish() {
    if (runs_.empty()) {
        std::vector<ChunkRow>& first = lanes_[0];
        for (std::size_t lane = 1; lane < lanes_.size(); ++lane) {
            first.insert(first.end(), lanes_[lane].begin(), lanes_[lane].end());
            std::vector<ChunkRow>().swap(lanes_[lane]);
        }
        rows_ = first.size();
        parts_ = first.empty() ? 0 : 1;
        return;
    }
    for (std::vector<ChunkRow>& rows : lanes_) {
        if (!rows.empty()) spill(rows);
        std::vector<ChunkRow>().swap(rows);
    }
    std::array<std::uint64_t, kBuckets> sizes{};
    for (const Run& run : runs_)
        for (std::size_t bucket = 0; bucket < kBuckets; ++bucket)
            sizes[bucket] += run.starts[bucket + 1] - run.starts[bucket];
    for (const std::uint64_t size : sizes) rows_ += size;
    // A bucket that is still too large is read several times, for a range of the second byte each. A thousand million
    // rows need this.
    const std::uint64_t largest = *std::ranges::max_element(sizes);
    divisions_ = std::min<std::uint64_t>(std::bit_ceil((largest + part_rows_ - 1) / part_rows_), 256);
    parts_ = kBuckets * divisions_;
}

std::vector<ChunkRow> ChunkSorter::gather(std::size_t part) const {
    const std::size_t bucket = part / divisions_, division = part % divisions_;
    std::vector<ChunkRow> rows, read;
    for (const Run& run : runs_) {
        const std::size_t count = run.starts[bucket + 1] - run.starts[bucket];
        std::vector<ChunkRow>& target = divisions_ == 1 ? rows : read;
        const std::size_t before = divisions_ == 1 ? rows.size() : 0;
        target.resize(before + count);
        const MutableByteView bytes(reinterpret_cast<std::uint8_t*>(target.data() + before), count * sizeof(ChunkRow));
        const std::uint64_t offset = run.offset + run.starts[bucket] * sizeof(ChunkRow);
        if (read_up_to_at(file_.get(), offset, bytes, "the index's rows") != bytes.size())
            throw Error(ErrorKind::Io, "the index's rows: the temporary file is too short");
        if (divisions_ == 1) continue;
        for (const ChunkRow& row : read)
            if (row.id.bytes[1] * divisions_ / 256 == division) rows.push_back(row);
    }
    return rows;
}

void ChunkSorter::visit(std::size_t part, const std::function<void(const ChunkRow&)>& visit) const {
    std::vector<ChunkRow> gathered;
    if (!runs_.empty()) gathered = gather(part);
    const std::vector<ChunkRow>& rows = runs_.empty() ? lanes_[0] : gathered;
    struct Key {
        std::uint64_t leading;
        std::uint32_t row;
    };
    std::vector<Key> keys(rows.size());
    for (std::uint32_t i = 0; i < rows.size(); ++i) keys[i] = {leading_bytes(rows[i].id), i};
    std::ranges::sort(keys, [&](const Key& a, const Key& b) {
        if (a.leading != b.leading) return a.leading < b.leading;
        const ChunkRow &left = rows[a.row], &right = rows[b.row];
        return std::tie(left.id, left.at.pack, left.at.entry) < std::tie(right.id, right.at.pack, right.at.entry);
    });
    for (const Key& key : keys) visit(rows[key.row]);
}

}  // namespace vault
