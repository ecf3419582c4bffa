// Asks RocksDB.
#include "store/index_version.h"

#include <rocksdb/version.h>

namespace vault {

std::string rocksdb_version() {
    return rocksdb::GetRocksVersionAsString();
}

}  // namespace vault
