// Small text files of the state folder: what this client remembers of a repository between runs. A courtesy: what
// cannot be read counts as nothing, and what cannot be written is forgotten.
#pragma once

#include <string>

#include "store/repository.h"

namespace vault {

// The path of one; `…_of_place` of one that is kept apart for each place where the repository lies, since copies of it
// may be older.
std::string remembered_file(const Repository& repository, const std::string& name);
std::string remembered_file_of_place(const Repository& repository, const std::string& name);

std::string read_remembered(const std::string& path);
// False where it cannot be written.
bool write_remembered(const std::string& path, const std::string& text);

}  // namespace vault
