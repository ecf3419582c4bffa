// The version of the library that the index runs with.
#pragma once

#include <string>

namespace vault {

std::string rocksdb_version();

}  // namespace vault
