// The cryptographic and compression libraries that this program runs with.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace vault {

// Name and version as each library itself says at run time.
std::vector<std::pair<std::string, std::string>> seal_library_versions();

}  // namespace vault
