// Short looks at real files, for tests of what a restore made.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "store/base/error.h"

namespace vault {

std::string content_of(const std::string& path);
void write_file(const std::string& path, const std::string& content);
unsigned mode_of(const std::string& path);  // with the type; symlinks are not followed
std::uint64_t inode_of(const std::string& path);
std::vector<std::string> names_in(const std::string& folder);  // ascending

// The kind of what `work` throws. Fails the test if it throws nothing.
ErrorKind error_kind(const std::function<void()>& work);

}  // namespace vault
