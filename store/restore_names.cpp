// Listing, removing and replacing the names of one directory.
#include "store/restore_names.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <memory>

#include "store/base/error.h"
#include "store/base/file.h"
#include "store/base/text.h"

namespace vault {

namespace {

struct CloseDirectory {
    void operator()(DIR* directory) const { ::closedir(directory); }
};

}  // namespace

std::vector<std::string> directory_names(int fd, const std::string& what) {
    UniqueFd own = open_at(fd, ".", O_RDONLY | O_DIRECTORY);
    const std::unique_ptr<DIR, CloseDirectory> directory(::fdopendir(own.get()));
    if (!directory) throw system_error("cannot list " + escaped(what), errno);
    own.release();
    std::vector<std::string> names;
    for (;;) {
        errno = 0;
        const struct dirent* entry = ::readdir(directory.get());
        if (entry == nullptr) break;
        std::string name = entry->d_name;
        if (name != "." && name != "..") names.push_back(std::move(name));
    }
    if (errno != 0) throw system_error("cannot list " + escaped(what), errno);
    return names;
}

std::string temporary_name(const std::string& name) {
    std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a: two names of one directory at work at once must only differ
    for (const char c : name) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3;
    char digits[17];
    std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(hash));
    return std::string(".vault-restore-") + digits;
}

std::optional<unsigned> type_at(int directory_fd, const std::string& name) {
    struct ::stat stat;
    if (::fstatat(directory_fd, name.c_str(), &stat, AT_SYMLINK_NOFOLLOW) == 0) return stat.st_mode & S_IFMT;
    if (errno == ENOENT) return std::nullopt;
    throw system_error("cannot look at what is there", errno);
}

void remove_entry(int directory_fd, const std::string& name) {
    if (::unlinkat(directory_fd, name.c_str(), 0) != 0 && errno != ENOENT)
        throw system_error("cannot remove what is there", errno);
}

void put_in_place(int directory_fd, const std::string& temporary, const std::string& name) {
    if (::renameat(directory_fd, temporary.c_str(), directory_fd, name.c_str()) == 0) return;
    if (errno != EISDIR && errno != ENOTEMPTY && errno != EEXIST)
        throw system_error("cannot replace what is there", errno);
    if (::unlinkat(directory_fd, name.c_str(), AT_REMOVEDIR) != 0) {
        if (errno == ENOTEMPTY || errno == EEXIST)
            throw Error(ErrorKind::Exists, "a folder that is not empty stands in its place");
        throw system_error("cannot remove the folder in its place", errno);
    }
    if (::renameat(directory_fd, temporary.c_str(), directory_fd, name.c_str()) != 0)
        throw system_error("cannot put it in its place", errno);
}

}  // namespace vault
