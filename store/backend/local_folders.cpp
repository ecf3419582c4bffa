// Lazily opened folders and the fsync of all of them.
#include "store/backend/local_folders.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <atomic>
#include <cerrno>
#include <exception>
#include <memory>
#include <string_view>
#include <thread>

#include "store/backend/object_names.h"
#include "store/base/error.h"
#include "store/base/file.h"
#include "store/base/text.h"

namespace vault {

namespace {

// Measured, all 276 folders clean, a virtual disk on a busy machine: 1,324 ms with one thread, 98 with two, 28 with
// four, 4 with eight, since flushes that are asked for together are carried out as one.
constexpr std::size_t kSyncThreads = 8;
constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

struct CloseDirectory {
    void operator()(DIR* directory) const { ::closedir(directory); }
};
using UniqueDirectory = std::unique_ptr<DIR, CloseDirectory>;

// A folder of the repository; with advice where it cannot be.
UniqueFd open_below(int root, const std::string& name, const std::string& location) {
    try {
        return open_at(root, name, kFolderFlags);
    } catch (const Error& error) {
        const std::string shown = "the folder " + location + '/' + name;
        struct stat found {};
        if (::fstatat(root, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(found.st_mode))
            throw Error(ErrorKind::Io, shown + " is a symbolic link, behind which nothing is written; a bind mount in"
                                               " its place will do");
        if (error.kind() != ErrorKind::NotFound) throw with_context(location, error);
        throw Error(ErrorKind::Corrupt, shown + " is missing; if the repository was copied without its empty folders,"
                                                " make it again, else restore it from where it was lost");
    }
}

}  // namespace

LocalFolders::LocalFolders(const std::string& path)
    : location_(escaped(path)),
      root_(open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY)),
      folders_(object_folders().size()) {}

std::string LocalFolders::folder_location(std::size_t index) const { return location_ + '/' + object_folders()[index]; }

int LocalFolders::folder(std::size_t index) {
    {
        const std::lock_guard lock(mutex_);
        if (folders_.at(index)) return folders_[index].get();
    }
    UniqueFd opened = open_below(root_.get(), object_folders()[index], location_);
    const std::lock_guard lock(mutex_);
    if (!folders_[index]) folders_[index] = std::move(opened);
    return folders_[index].get();
}

void LocalFolders::sync_open_folder(int fd, const std::string& folder) {
    try {
        sync_fd(fd, folder);
    } catch (const Error&) {
        const std::lock_guard lock(mutex_);
        failed_.insert(folder);
        throw;
    }
}

void LocalFolders::sync(std::size_t index) { sync_open_folder(folder(index), folder_location(index)); }

void LocalFolders::sync_all() {
    if (flushed_ahead_.valid()) flushed_ahead_.get();
    {
        const std::lock_guard lock(mutex_);
        if (!failed_.empty())
            throw Error(ErrorKind::Io, "an earlier fsync of " + *failed_.begin() +
                                           " failed, so what was visible then may not be durable; look at the disk");
    }
    std::atomic<std::size_t> next = 0;
    std::mutex first_mutex;
    std::exception_ptr first_failure;  // guarded by first_mutex
    const auto work = [&] {
        for (std::size_t index = next++; index < object_folders().size(); index = next++) {
            try {
                sync(index);
            } catch (...) {
                const std::lock_guard lock(first_mutex);
                if (!first_failure) first_failure = std::current_exception();
            }
        }
    };
    {
        std::vector<std::jthread> others;
        for (std::size_t i = 1; i < kSyncThreads; ++i) others.emplace_back(work);
        work();
    }
    if (first_failure) std::rethrow_exception(first_failure);
    const UniqueFd packs = open_below(root_.get(), "packs", location_);
    sync_open_folder(packs.get(), location_ + "/packs");
    sync_open_folder(root_.get(), location_);
}

void LocalFolders::flush_ahead() noexcept {
    if (flushed_ahead_.valid()) return;
    try {
        flushed_ahead_ = std::async(std::launch::async, [this] { sync_fd(root_.get(), location_); });
    } catch (const std::exception&) {
        // No thread, or no memory: the first fsync takes longer.
    }
}

std::vector<std::string> names_in(int folder_fd, const std::string& what) {
    // A descriptor of its own: readers that share one would share the position in it.
    UniqueFd own = open_at(folder_fd, ".", O_RDONLY | O_DIRECTORY);
    const UniqueDirectory directory(::fdopendir(own.get()));
    if (!directory) throw system_error("cannot list " + what, errno);
    own.release();
    std::vector<std::string> names;
    while (true) {
        errno = 0;
        const dirent* entry = ::readdir(directory.get());
        if (!entry && errno != 0) throw system_error("cannot list " + what, errno);
        if (!entry) return names;
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") names.emplace_back(name);
    }
}

}  // namespace vault
