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

// "" where there is none, or it cannot be read; `why` says so then.
std::string read_remembered(const std::string& path, std::string& why);
std::string read_remembered(const std::string& path);
// Why it could not be written; empty: it was.
std::string write_remembered(const std::string& path, const std::string& text);

}  // namespace vault
