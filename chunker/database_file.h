// Files that a database changes in place, page by page, and uncompressed dumps that are not text.
#pragma once

#include "chunker/head.h"

namespace vault {

// Classifier version 1. SQLite (database, write-ahead log, rollback journal), PostgreSQL (relation files; custom dumps
// that are not compressed), InnoDB tablespaces, MyISAM and Aria indexes, LMDB, libmdbx, Bolt, WiredTiger, Berkeley DB,
// GDBM, TDB, Jet and ACE, ESE. Log-structured tables (LevelDB, RocksDB) never change in place: they do not count.
bool is_database_file(const Head& head);

}  // namespace vault
