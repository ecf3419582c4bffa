// lstat, reading and writing of whole small files.
#include "tests/support/restored_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace vault {

namespace {

struct ::stat stat_of(const std::string& path) {
    struct ::stat stat;
    if (::lstat(path.c_str(), &stat) != 0) throw std::runtime_error("there is no " + path);
    return stat;
}

}  // namespace

std::string content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot open " + path);
    std::ostringstream content;
    content << file.rdbuf();
    return content.str();
}

void write_file(const std::string& path, const std::string& content) {
    std::ofstream file(path, std::ios::binary);
    if (!(file << content) && !content.empty()) throw std::runtime_error("cannot write " + path);
}

unsigned mode_of(const std::string& path) {
    return stat_of(path).st_mode;
}

std::uint64_t inode_of(const std::string& path) {
    return stat_of(path).st_ino;
}

std::vector<std::string> names_in(const std::string& folder) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
}

ErrorKind error_kind(const std::function<void()>& work) {
    try {
        work();
    } catch (const Error& error) {
        return error.kind();
    }
    throw std::runtime_error("nothing was thrown");
}

}  // namespace vault
