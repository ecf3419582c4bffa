// Locking, throwing away, private folders.
#include "store/index_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <vector>

#include "store/base/error.h"
#include "store/base/file.h"
#include "store/base/text.h"

namespace vault {

namespace {

using namespace std::chrono_literals;

// A writer that syncs a new repository holds the lock for minutes; one that was stopped (SIGSTOP) holds it forever.
constexpr auto kLockWait = 10min;
constexpr auto kLockStep = 10ms;

void remove_tree(const std::filesystem::path& path) {
    std::error_code error;
    std::filesystem::remove_all(path, error);
    if (error) throw system_error("cannot remove " + escaped(path.string()), error.value());
}

bool is_same_file(int fd, const std::string& path) {
    struct stat opened {}, named {};
    if (::fstat(fd, &opened) != 0) throw system_error("cannot examine " + escaped(path), errno);
    if (::stat(path.c_str(), &named) != 0) return false;
    return opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

}  // namespace

UniqueFd IndexFolder::lock() const {
    const std::string path = (path_ / "lock").string();
    const auto give_up = std::chrono::steady_clock::now() + kLockWait;
    for (;;) {
        make_folders(path_.string());
        std::error_code absent;
        if (std::filesystem::is_directory(std::filesystem::symlink_status(path, absent))) remove_tree(path);
        UniqueFd fd = open_at(AT_FDCWD, path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
        while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
            if (errno != EWOULDBLOCK && errno != EINTR) throw system_error("cannot lock " + escaped(path), errno);
            if (std::chrono::steady_clock::now() > give_up)
                throw Error(ErrorKind::Busy, "another process has held " + escaped(path) + " for ten minutes");
            std::this_thread::sleep_for(kLockStep);
        }
        // The folder may have been deleted while we waited: a lock on a file without a name locks nobody out.
        if (!is_same_file(fd.get(), path)) continue;
        remove_tree(work());
        make_folders(work().string());
        return fd;
    }
}

bool IndexFolder::is_damaged(const IncarnationId& incarnation) const {
    return ::access((path_ / ("damaged-" + incarnation.hex())).c_str(), F_OK) == 0;
}

void IndexFolder::mark_damaged(const IncarnationId& incarnation) const noexcept {
    try {
        open_at(AT_FDCWD, (path_ / ("damaged-" + incarnation.hex())).string(), O_WRONLY | O_CREAT, 0600);
    } catch (const std::exception&) {
        // The next one meets the damage itself.
    }
}

void IndexFolder::throw_away() const {
    remove_tree(database());
    std::error_code error;
    std::vector<std::filesystem::path> marks;
    for (std::filesystem::directory_iterator item(path_, error), end; !error && item != end; item.increment(error))
        if (item->path().filename().string().starts_with("damaged-")) marks.push_back(item->path());
    if (error) throw system_error("cannot list " + escaped(path_.string()), error.value());
    for (const std::filesystem::path& mark : marks) remove_tree(mark);
}

bool IndexFolder::is_locked_by(const UniqueFd& lock) const {
    return is_same_file(lock.get(), (path_ / "lock").string());
}

PrivateFolder::PrivateFolder() {
    const char* base = std::getenv("TMPDIR");
    std::string pattern = std::string(base != nullptr && *base != '\0' ? base : "/tmp") + "/vault-index-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw system_error("cannot make " + escaped(pattern), errno);
    path_ = pattern;
}

PrivateFolder::~PrivateFolder() {
    std::error_code ignored;  // what stays behind is a cache in a folder for temporaries
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace vault
