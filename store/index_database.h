// The index's RocksDB: options, columns, and the one way in. Everything is written as sorted files that one ingestion
// makes visible at once in all columns: there is no memtable and no log, so that a kill leaves the state before or
// after it, never between.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/sst_file_writer.h>

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vault {

enum class Column : std::size_t { Meta, Chunks, Copies, Packs, Directories };
constexpr std::size_t kColumns = 5;

enum class IndexAccess {
    Read,    // what was visible when it was opened, with all files open: it lives on whatever others do to the folder
    Fill,    // a new database for one large ingestion of keys that do not overlap
    Change,  // an existing one, with compaction in one background thread
};

// Files for one ingestion, by column; each has at least one key, and the files of one column do not overlap.
using SortedFiles = std::array<std::vector<std::string>, kColumns>;

// Thread-safe for reading.
class IndexDatabase {
  public:
    // Throws NotFound, Corrupt, NoSpace or Io. `Fill` throws Io where a database exists already.
    IndexDatabase(const std::filesystem::path& folder, IndexAccess access, std::uint64_t cache_bytes);
    IndexDatabase(const IndexDatabase&) = delete;
    IndexDatabase& operator=(const IndexDatabase&) = delete;
    ~IndexDatabase();

    rocksdb::DB& db() const { return *db_; }
    rocksdb::ColumnFamilyHandle* column(Column column) const { return handles_[static_cast<std::size_t>(column)]; }

    // The value stays where RocksDB read it; it must not outlive the database.
    std::optional<rocksdb::PinnableSlice> get(Column column, std::string_view key) const;
    std::unique_ptr<rocksdb::Iterator> iterate(Column column) const;
    bool is_empty(Column column) const;

    // All files at once or, after a failure or a kill, none. The files are gone afterwards.
    void ingest(const SortedFiles& files);
    // Returns when no compaction is due. How many files a reader must ask depends on it.
    void settle();

  private:
    std::uint64_t sorted_runs(rocksdb::ColumnFamilyHandle* handle) const;

    std::unique_ptr<rocksdb::Env> env_;
    std::unique_ptr<rocksdb::DB> db_;
    std::array<rocksdb::ColumnFamilyHandle*, kColumns> handles_{};  // owned by db_; released before it
};

// A sorted file in the making. Keys strictly ascending. Not thread-safe.
class SortedFile {
  public:
    SortedFile(Column column, const std::filesystem::path& path);
    ~SortedFile();
    void put(std::string_view key, std::string_view value);
    void remove(std::string_view key);
    std::uint64_t bytes() const;  // written so far, about
    // Adds the file to `files`, unless it has no key: then it is dropped.
    void finish(SortedFiles& files);

  private:
    Column column_;
    std::filesystem::path path_;
    std::uint64_t keys_ = 0, bytes_ = 0;
    std::unique_ptr<rocksdb::Env> env_;
    std::unique_ptr<rocksdb::SstFileWriter> writer_;
};

}  // namespace vault
