// The file system as RocksDB gets it for caches: nothing is flushed to the medium and no log files are written. A
// cache has nothing to lose: a kill loses no written byte, and what a power cut tears is found by RocksDB's own
// checks (file lengths when it opens, checksums when it reads) and rebuilt. Opening for writing would otherwise wait
// for a dozen flushes. Nor does RocksDB find a place for its OPTIONS files, which it goes on without
// (fail_if_options_file_error): it would write all options as text and parse them again whenever it opens for writing
// and for each column that it makes, several milliseconds each, and nobody here reads them. Nor is there a write-ahead
// log, since nothing is written but by ingestion: RocksDB would leave an empty one behind at each opening for writing,
// and read all of them at the next.
#pragma once

#include <rocksdb/env.h>

#include <memory>
#include <string>

#include "store/base/error.h"

namespace vault {

std::unique_ptr<rocksdb::Env> make_cache_env();

// Swallows RocksDB's log: what matters of it is in the Status of each call.
std::shared_ptr<rocksdb::Logger> make_silent_logger();

// The Error of a failed call: Corrupt, NotFound, NoSpace or Io.
Error to_error(const rocksdb::Status& status, const std::string& what);
// Throws it unless the status is ok.
void require_ok(const rocksdb::Status& status, const std::string& what);

}  // namespace vault
