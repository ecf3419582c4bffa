// Who is alive is known by flock, which ends with its process.
#include "store/locked_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <string>

#include "store/base/error.h"
#include "store/base/text.h"
#include "store/seal/primitives.h"

namespace vault {

namespace {

namespace fs = std::filesystem;

UniqueFd open_folder(const fs::path& path) {
    return UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

void remove_dead(const fs::path& parent, std::string_view prefix) {
    std::error_code error;
    for (fs::directory_iterator item(parent, error), end; !error && item != end; item.increment(error)) {
        if (!item->path().filename().string().starts_with(prefix)) continue;
        const UniqueFd fd = open_folder(item->path());
        std::error_code ignored;  // it costs room, nothing else
        if (fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) fs::remove_all(item->path(), ignored);
    }
}

}  // namespace

LockedFolder::LockedFolder(const fs::path& parent, std::string_view prefix) {
    remove_dead(parent, prefix);
    do {
        std::array<std::uint8_t, 8> random{};
        fill_random(random);
        path_ = parent / (std::string(prefix) + to_hex(random));
    } while (!make_and_lock());
}

// False where another run took the folder for a dead one's before it was locked.
bool LockedFolder::make_and_lock() {
    const std::string shown = escaped(path_.string());
    if (::mkdir(path_.c_str(), 0700) != 0) throw system_error("cannot make the folder " + shown, errno);
    lock_ = open_folder(path_);
    if (!lock_) {
        if (errno == ENOENT) return false;
        throw system_error("cannot open the folder " + shown, errno);
    }
    // Where a file system has no locks, nobody can take one and remove the folder either.
    if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) return errno != EWOULDBLOCK;
    struct stat found = {};
    return ::fstat(lock_.get(), &found) == 0 && found.st_nlink > 0 && fs::exists(path_);
}

LockedFolder::~LockedFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

}  // namespace vault
