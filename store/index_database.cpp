// RocksDB 7.8 with bounded memory. docs/decisions/0004-index-by-ingestion.md says why.
#include "store/index_database.h"

#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/universal_compaction.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "store/index_env.h"

namespace vault {

namespace {

constexpr const char* kColumnNames[kColumns] = {"default", "chunks", "copies", "packs", "directories"};
constexpr double kFilterBits = 10;
constexpr std::size_t kBlockBytes = 4096;
// So many sorted runs may a lookup have to ask before they are merged.
constexpr int kSortedRunsMax = 6;
// What a manifest comes to; RocksDB reserves 4 MiB at each opening for writing, which is truncated at once.
constexpr std::size_t kManifestBytes = 64 << 10;
// Never used, since nothing is written through memtables; RocksDB reserves a part of it for each column all the same.
constexpr std::size_t kMemtableBytes = 64 << 10;

rocksdb::Slice slice(std::string_view text) {
    return {text.data(), text.size()};
}

rocksdb::BlockBasedTableOptions table_options(Column column, std::shared_ptr<rocksdb::Cache> cache) {
    rocksdb::BlockBasedTableOptions table;
    table.block_size = kBlockBytes;
    table.format_version = 5;
    if (cache) table.block_cache = std::move(cache);
    else table.no_block_cache = true;
    table.cache_index_and_filter_blocks = !table.no_block_cache;
    table.cache_index_and_filter_blocks_with_high_priority = true;
    table.pin_top_level_index_and_filter = true;
    // Index and filter in blocks of their own, loaded one by one: what is resident does not grow with the index.
    table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
    table.metadata_block_size = kBlockBytes;
    if (column != Column::Chunks) return table;  // the others are asked for keys that exist, or scanned
    table.partition_filters = true;
    table.filter_policy.reset(rocksdb::NewRibbonFilterPolicy(kFilterBits));
    table.optimize_filters_for_memory = true;
    return table;
}

rocksdb::ColumnFamilyOptions column_options(Column column, IndexAccess access, std::shared_ptr<rocksdb::Cache> cache) {
    rocksdb::ColumnFamilyOptions options;
    options.compression = rocksdb::kNoCompression;  // ids do not compress
    options.write_buffer_size = kMemtableBytes;
    options.arena_block_size = kMemtableBytes / 8;
    options.level0_file_num_compaction_trigger = kSortedRunsMax;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table_options(column, std::move(cache))));
    if (access == IndexAccess::Fill) {
        // Leveled: the files of a large ingestion, which do not overlap, go side by side to the bottom level. A
        // bottom level is one sorted run to the universal compaction of later openings.
        options.compaction_style = rocksdb::kCompactionStyleLevel;
        options.level_compaction_dynamic_level_bytes = true;
        options.disable_auto_compactions = true;
    } else {
        // Universal: small ingestions are merged with their like, so that the cost of adding follows what is added.
        options.compaction_style = rocksdb::kCompactionStyleUniversal;
    }
    return options;
}

rocksdb::DBOptions database_options(rocksdb::Env* env, IndexAccess access) {
    rocksdb::DBOptions options;
    options.env = env;
    options.info_log = make_silent_logger();
    options.create_if_missing = options.create_missing_column_families = options.error_if_exists =
        access == IndexAccess::Fill;
    options.max_open_files = -1;
    options.max_file_opening_threads = 1;
    options.max_background_jobs = 2;  // a flush thread, which idles, and a compaction thread
    options.skip_stats_update_on_db_open = true;
    options.manifest_preallocation_size = kManifestBytes;
    options.stats_dump_period_sec = 0;
    options.stats_persist_period_sec = 0;
    options.avoid_flush_during_shutdown = true;
    options.atomic_flush = true;
    return options;
}

}  // namespace

IndexDatabase::IndexDatabase(const std::filesystem::path& folder, IndexAccess access, std::uint64_t cache_bytes)
    : env_(make_cache_env()) {
    const auto cache = rocksdb::NewLRUCache(cache_bytes);
    std::vector<rocksdb::ColumnFamilyDescriptor> columns;
    for (std::size_t i = 0; i < kColumns; ++i)
        columns.emplace_back(kColumnNames[i], column_options(static_cast<Column>(i), access, cache));
    const rocksdb::DBOptions options = database_options(env_.get(), access);
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* db = nullptr;
    const rocksdb::Status status =
        access == IndexAccess::Read ? rocksdb::DB::OpenForReadOnly(options, folder.string(), columns, &handles, &db)
                                    : rocksdb::DB::Open(options, folder.string(), columns, &handles, &db);
    require_ok(status, "cannot open the index");
    db_.reset(db);
    std::copy(handles.begin(), handles.end(), handles_.begin());
}

IndexDatabase::~IndexDatabase() {
    for (rocksdb::ColumnFamilyHandle* handle : handles_) db_->DestroyColumnFamilyHandle(handle);
}

std::optional<rocksdb::PinnableSlice> IndexDatabase::get(Column which, std::string_view key) const {
    rocksdb::ReadOptions options;
    // A directory would push a hundred blocks of chunks out of the cache, to be read once.
    options.fill_cache = which != Column::Directories;
    rocksdb::PinnableSlice value;
    const rocksdb::Status status = db_->Get(options, column(which), slice(key), &value);
    if (status.IsNotFound()) return std::nullopt;
    require_ok(status, "cannot read the index");
    return value;
}

std::unique_ptr<rocksdb::Iterator> IndexDatabase::iterate(Column which) const {
    return std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(rocksdb::ReadOptions(), column(which)));
}

bool IndexDatabase::is_empty(Column which) const {
    const auto all = iterate(which);
    all->SeekToFirst();
    require_ok(all->status(), "cannot read the index");
    return !all->Valid();
}

void IndexDatabase::ingest(const SortedFiles& files) {
    std::vector<rocksdb::IngestExternalFileArg> parts;
    for (std::size_t i = 0; i < kColumns; ++i) {
        if (files[i].empty()) continue;
        rocksdb::IngestExternalFileArg part;
        part.column_family = handles_[i];
        part.external_files = files[i];
        part.options.move_files = true;
        part.options.write_global_seqno = false;
        parts.push_back(std::move(part));
    }
    if (!parts.empty()) require_ok(db_->IngestExternalFiles(parts), "cannot add to the index");
}

void IndexDatabase::settle() {
    using namespace std::chrono_literals;
    // A compaction that is due and does not start within this time is not waited for: the next writer will see to it.
    constexpr int kIdleRoundsMax = 500;
    for (int idle = 0; idle < kIdleRoundsMax;) {
        std::uint64_t running = 0;
        db_->GetIntProperty(handles_[0], rocksdb::DB::Properties::kNumRunningCompactions, &running);
        const bool due = std::any_of(handles_.begin(), handles_.end(),
                                     [&](auto* handle) { return sorted_runs(handle) > kSortedRunsMax; });
        if (running == 0 && !due) return;
        idle = running == 0 ? idle + 1 : 0;
        std::this_thread::sleep_for(1ms);
    }
}

// RocksDB's own "compaction pending" is no answer: with exactly kSortedRunsMax runs, which is where a long history
// stays, it says yes for ever and starts none.
std::uint64_t IndexDatabase::sorted_runs(rocksdb::ColumnFamilyHandle* handle) const {
    std::uint64_t runs = 0;
    for (int level = 0; level < db_->NumberLevels(handle); ++level) {
        std::string files;
        db_->GetProperty(handle, rocksdb::DB::Properties::kNumFilesAtLevelPrefix + std::to_string(level), &files);
        const std::uint64_t count = std::stoull(files);
        runs += level == 0 ? count : std::min<std::uint64_t>(count, 1);
    }
    return runs;
}

SortedFile::SortedFile(Column column, const std::filesystem::path& path)
    : column_(column), path_(path), env_(make_cache_env()) {
    rocksdb::Options options(database_options(env_.get(), IndexAccess::Change),
                             column_options(column, IndexAccess::Change, nullptr));
    writer_ = std::make_unique<rocksdb::SstFileWriter>(rocksdb::EnvOptions(options), options, nullptr, false);
    require_ok(writer_->Open(path_.string()), "cannot write the index");
}

SortedFile::~SortedFile() = default;

void SortedFile::put(std::string_view key, std::string_view value) {
    require_ok(writer_->Put(slice(key), slice(value)), "cannot write the index");
    ++keys_;
    bytes_ += key.size() + value.size();
}

void SortedFile::remove(std::string_view key) {
    require_ok(writer_->Delete(slice(key)), "cannot write the index");
    ++keys_;
    bytes_ += key.size();
}

std::uint64_t SortedFile::bytes() const {
    return bytes_;
}

void SortedFile::finish(SortedFiles& files) {
    if (keys_ == 0) return;
    require_ok(writer_->Finish(), "cannot write the index");
    files[static_cast<std::size_t>(column_)].push_back(path_.string());
}

}  // namespace vault
