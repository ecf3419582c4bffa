// SQL as text: the dumps of PostgreSQL, MySQL, MariaDB and SQLite, and what other programs export.
#pragma once

#include "chunker/head.h"

namespace vault {

// Classifier version 1. True for text (no zero byte) where, after blanks, `--` lines, `/* */` comments and psql's
// `\connect` and `\restrict` lines,
// - a comment line is the title that a dump program writes, or
// - the first statement begins as SQL statements do, keywords in capitals as every dump program writes them, or is
//   `insert into NAME` or `create table NAME` in any case, with what must follow the name.
// Other languages with such comments (C, Lua, Haskell, VHDL, CSS) do not pass, nor do Dockerfiles with COPY.
bool is_sql_text(const Head& head);

}  // namespace vault
