// The running session's chunks: a table in memory, emptied into a RocksDB of the session's own whenever it is full.
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>
#include <rocksdb/universal_compaction.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <mutex>
#include <shared_mutex>

#include "store/base/file.h"
#include "store/format/cursor.h"
#include "store/index.h"
#include "store/index_env.h"
#include "store/index_folder.h"

namespace vault {

namespace {

constexpr std::size_t kCacheBytes = 8 << 20;
constexpr double kFilterBits = 10;
constexpr std::string_view kWhat = "the session's chunks";

struct OwnRow {
    ChunkId id;
    OwnChunk chunk;
};

// Open addressing over rows in order of arrival; its slots are chosen by eight bytes of the id. Not thread-safe.
class OwnTable {
  public:
    explicit OwnTable(std::size_t rows_max) : rows_max_(std::max<std::size_t>(rows_max, 1)) {}

    const OwnRow* find(const ChunkId& id) const {
        if (rows_.empty()) return nullptr;
        const std::uint32_t row = slots_[slot_of(id)];
        return row == 0 ? nullptr : &rows_[row - 1];
    }

    void put(const ChunkId& id, OwnChunk chunk) {
        if ((rows_.size() + 1) * 2 > slots_.size()) grow();
        std::uint32_t& slot = slots_[slot_of(id)];
        if (slot != 0) {
            rows_[slot - 1].chunk = chunk;
            return;
        }
        rows_.push_back({id, chunk});
        slot = static_cast<std::uint32_t>(rows_.size());
    }

    bool is_full() const { return rows_.size() >= rows_max_; }
    std::vector<OwnRow>& rows() { return rows_; }
    void clear() {
        rows_.clear();
        std::ranges::fill(slots_, 0);
    }

  private:
    // Where the id stands, or the free slot where it belongs.
    std::size_t slot_of(const ChunkId& id) const {
        const std::size_t mask = slots_.size() - 1;
        std::size_t slot = std::hash<ChunkId>()(id) & mask;
        while (slots_[slot] != 0 && rows_[slots_[slot] - 1].id != id) slot = (slot + 1) & mask;
        return slot;
    }

    void grow() {
        slots_.assign(std::max<std::size_t>(slots_.size() * 2, 64), 0);
        for (std::uint32_t row = 0; row < rows_.size(); ++row) slots_[slot_of(rows_[row].id)] = row + 1;
    }

    const std::size_t rows_max_;
    std::vector<OwnRow> rows_;
    std::vector<std::uint32_t> slots_;  // row + 1; 0 is free
};

rocksdb::Options spill_options(rocksdb::Env* env) {
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = rocksdb::NewLRUCache(kCacheBytes);
    table.cache_index_and_filter_blocks = true;
    table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
    table.partition_filters = true;
    // Not Ribbon: these filters are short-lived, and building them is on the way of the backup.
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kFilterBits));
    rocksdb::Options options;
    options.env = env;
    options.info_log = make_silent_logger();
    options.create_if_missing = true;
    options.error_if_exists = true;
    options.compression = rocksdb::kNoCompression;
    options.compaction_style = rocksdb::kCompactionStyleUniversal;
    options.max_open_files = -1;
    options.write_buffer_size = 64 << 10;
    options.stats_dump_period_sec = 0;
    options.stats_persist_period_sec = 0;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    return options;
}

// What did not stay in memory. Thread-safe for reading.
class SpilledChunks {
  public:
    explicit SpilledChunks(std::filesystem::path folder) : folder_(std::move(folder)), env_(make_cache_env()) {
        make_folders(folder_.string());
        rocksdb::DB* db = nullptr;
        require_ok(rocksdb::DB::Open(spill_options(env_.get()), (folder_ / "db").string(), &db), "cannot spill");
        db_.reset(db);
    }
    ~SpilledChunks() {
        db_.reset();
        std::error_code ignored;  // a dead session's folder is removed by remove_dead
        std::filesystem::remove_all(folder_, ignored);
    }
    SpilledChunks(const SpilledChunks&) = delete;
    SpilledChunks& operator=(const SpilledChunks&) = delete;

    // `rows` ascend.
    void add(const std::vector<OwnRow>& rows) {
        const std::string path = (folder_ / "rows").string();
        const rocksdb::Options options = db_->GetOptions();
        rocksdb::SstFileWriter file(rocksdb::EnvOptions(options), options, nullptr, false);
        require_ok(file.Open(path), "cannot spill");
        for (const OwnRow& row : rows) {
            Writer value;
            value.u32(row.chunk.pack).u32(row.chunk.length);
            require_ok(file.Put(key(row.id), {reinterpret_cast<const char*>(value.view().data()), value.size()}),
                       "cannot spill");
        }
        require_ok(file.Finish(), "cannot spill");
        rocksdb::IngestExternalFileOptions ingest;
        ingest.move_files = true;
        ingest.write_global_seqno = false;
        require_ok(db_->IngestExternalFile({path}, ingest), "cannot spill");
    }

    std::optional<OwnChunk> find(const ChunkId& id) const {
        rocksdb::PinnableSlice value;
        const rocksdb::Status status = db_->Get(rocksdb::ReadOptions(), db_->DefaultColumnFamily(), key(id), &value);
        if (status.IsNotFound()) return std::nullopt;
        // A cache that cannot be read is not damage of the repository.
        if (!status.ok()) throw Error(ErrorKind::Io, to_error(status, "cannot read the session's chunks").what());
        Cursor in(as_bytes(value.ToStringView()), kWhat);
        OwnChunk chunk;
        chunk.pack = in.u32();
        chunk.length = in.u32();
        return chunk;
    }

  private:
    static rocksdb::Slice key(const ChunkId& id) {
        return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
    }

    const std::filesystem::path folder_;
    const std::unique_ptr<rocksdb::Env> env_;
    std::unique_ptr<rocksdb::DB> db_;
};

}  // namespace

struct SessionChunks::Impl {
    Impl(std::filesystem::path f, std::size_t chunks_in_memory) : folder(std::move(f)), table(chunks_in_memory) {}

    // With the lock, although it writes: nothing may be found in neither place meanwhile.
    void spill() {
        std::ranges::sort(table.rows(), {}, &OwnRow::id);
        try {
            write();
        } catch (...) {
            // Sorting moved the rows under their slots: a table that cannot be spilled must still find what it holds.
            std::vector<OwnRow> rows = std::move(table.rows());
            table.clear();
            for (const OwnRow& row : rows) table.put(row.id, row.chunk);
            throw;
        }
        table.clear();
    }

    void write() {
        if (!spilled) {
            try {
                spilled = std::make_shared<SpilledChunks>(folder);
            } catch (const Error&) {
                private_folder = std::make_unique<PrivateFolder>();
                spilled = std::make_shared<SpilledChunks>(private_folder->path() / "spill");
            }
        }
        spilled->add(table.rows());
    }

    const std::filesystem::path folder;
    std::atomic<std::uint64_t> size = 0;
    mutable std::shared_mutex mutex;  // guards the rest
    OwnTable table;
    std::unique_ptr<PrivateFolder> private_folder;
    std::shared_ptr<SpilledChunks> spilled;
};

SessionChunks::SessionChunks(std::filesystem::path folder, const SessionId& sid, std::size_t chunks_in_memory)
    : impl_(std::make_unique<Impl>(folder / "spill" / sid.hex(), chunks_in_memory)) {}

SessionChunks::~SessionChunks() = default;

std::optional<OwnChunk> SessionChunks::find(const ChunkId& id) const {
    std::shared_ptr<const SpilledChunks> spilled;
    {
        const std::shared_lock lock(impl_->mutex);
        if (const OwnRow* row = impl_->table.find(id)) return row->chunk;
        spilled = impl_->spilled;
    }
    return spilled ? spilled->find(id) : std::nullopt;
}

void SessionChunks::add(const ChunkId& id, OwnChunk chunk) {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->table.is_full()) impl_->spill();
    impl_->table.put(id, chunk);
    ++impl_->size;
}

std::uint64_t SessionChunks::size() const {
    return impl_->size;
}

void SessionChunks::remove_dead(const std::filesystem::path& folder,
                                const std::function<bool(const SessionId&)>& ended) {
    std::error_code absent;
    for (const auto& item : std::filesystem::directory_iterator(folder / "spill", absent)) {
        std::optional<SessionId> sid;
        try {
            sid = SessionId::from_hex(item.path().filename().string());
        } catch (const Error&) {
            continue;  // no session's
        }
        if (!ended(*sid)) continue;
        std::error_code ignored;  // the next one tries again
        std::filesystem::remove_all(item.path(), ignored);
    }
}

}  // namespace vault
