// init of a local place: survey, layout, probe.
#include "store/backend/local_probe.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "store/backend/local_place.h"
#include "store/backend/local_writer.h"
#include "store/backend/object_names.h"
#include "store/base/error.h"
#include "store/base/file.h"
#include "store/base/text.h"

namespace vault {

namespace {

constexpr unsigned kFolderMode = 0700;
constexpr std::size_t kProbeSessionBytes = 16;
constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

// make_folders of store/base, and each new name durable in the folder above it.
void make_folders_durably(const std::string& path) {
    for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
        const std::string folder = path.substr(0, slash);
        if (::mkdir(folder.c_str(), kFolderMode) == 0) {
            const std::string above = folder + "/..";
            sync_fd(open_at(AT_FDCWD, above, O_RDONLY | O_DIRECTORY).get(), escaped(above));
        } else if (errno != EEXIST) {
            throw system_error("cannot make the folder " + escaped(folder), errno);
        }
        if (slash == std::string::npos) return;
    }
}

UniqueFd lock_against_other_inits(const std::string& path) {
    UniqueFd lock = open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
    if (errno == EWOULDBLOCK)
        throw Error(ErrorKind::Busy, "another init is at work in " + escaped(path) + "; wait for it");
    throw system_error("cannot lock " + escaped(path), errno);
}

bool is_layout_folder(const std::string& name) {
    const std::vector<std::string>& folders = object_folders();
    return name == "packs" || std::binary_search(folders.begin(), folders.end(), name);
}

// A repository without config/1 holds nothing of value in these.
bool may_be_left_by_init(const std::string& object) {
    for (const char* folder : {"keyring/", "keys/", "reserve/", "tmp/"})
        if (object.starts_with(folder) && is_object_name(object)) return true;
    return false;
}

[[noreturn]] void refuse_content(const std::string& location, const std::string& name) {
    if (name.starts_with("config/") && is_object_name(name))
        throw Error(ErrorKind::Exists, location + " holds a repository already");
    throw Error(ErrorKind::Exists, location + " is not empty: it holds " + escaped(name) +
                                       "; a repository needs a folder of its own");
}

// The objects that an init which was killed left in the folder. Throws Exists if anything else is there.
std::vector<std::string> left_by_init(int root_fd, const std::string& location) {
    std::vector<std::string> left;
    std::vector<std::string> folders = {""};
    while (!folders.empty()) {
        const std::string folder = std::move(folders.back());
        folders.pop_back();
        const UniqueFd fd = open_at(root_fd, folder.empty() ? "." : folder, kFolderFlags);
        for (const std::string& leaf : names_in(fd.get(), location + '/' + escaped(folder))) {
            const std::string name = folder.empty() ? leaf : folder + '/' + leaf;
            struct stat found = {};
            if (::fstatat(fd.get(), leaf.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0)
                throw system_error("cannot look at " + location + '/' + escaped(name), errno);
            if (S_ISDIR(found.st_mode) && name == "lost+found") continue;
            if (S_ISDIR(found.st_mode) && is_layout_folder(name)) {
                folders.push_back(name);
            } else if (S_ISREG(found.st_mode) && may_be_left_by_init(name)) {
                left.push_back(name);
            } else {
                refuse_content(location, name);
            }
        }
    }
    return left;
}

void make_folder(int root_fd, const std::string& folder, const std::string& location) {
    if (::mkdirat(root_fd, folder.c_str(), kFolderMode) != 0 && errno != EEXIST)
        throw system_error("cannot make the folder " + location + '/' + folder, errno);
}

// Removes what the probe made, however it ends.
class ProbeFile {
  public:
    ProbeFile(int folder_fd, std::string name) : folder_fd_(folder_fd), name_(std::move(name)) {}
    ProbeFile(const ProbeFile&) = delete;
    ProbeFile& operator=(const ProbeFile&) = delete;
    ~ProbeFile() { ::unlinkat(folder_fd_, name_.c_str(), 0); }

    void create() const {
        const UniqueFd file = open_at(folder_fd_, name_, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
        write_all(file.get(), as_bytes(name_), name_);
        sync_fd(file.get(), name_);
    }
    // Renames to `target` without replacing; whether it was done.
    bool rename_to(const ProbeFile& target) const {
        if (::renameat2(folder_fd_, name_.c_str(), target.folder_fd_, target.name_.c_str(), RENAME_NOREPLACE) == 0)
            return true;
        if (errno == EEXIST) return false;
        throw system_error("rename without replacing", errno);
    }
    bool holds_the_bytes_of(const ProbeFile& creator) const {
        const UniqueFd file = open_at(folder_fd_, name_, O_RDONLY | O_NOFOLLOW);
        Bytes contents(creator.name_.size() + 1);
        contents.resize(read_up_to(file.get(), contents, name_));
        return equal(contents, as_bytes(creator.name_));
    }
    bool exists() const {
        struct stat found = {};
        if (::fstatat(folder_fd_, name_.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0) return true;
        if (errno == ENOENT) return false;
        throw system_error("stat", errno);
    }

  private:
    int folder_fd_;
    std::string name_;
};

[[noreturn]] void refuse_place(const std::string& location, const std::string& why) {
    throw Error(ErrorKind::Unsupported,
                location + " cannot hold a repository, its file system fails at what vault relies on: " + why);
}

void try_what_vault_relies_on(int root_fd, const std::string& location) {
    const UniqueFd temporaries = open_at(root_fd, "tmp", kFolderFlags);
    const UniqueFd reserve = open_at(root_fd, "reserve", kFolderFlags);
    const std::string session = random_hex(kProbeSessionBytes);
    const ProbeFile first(temporaries.get(), session + "-first");
    const ProbeFile second(temporaries.get(), session + "-second");
    const ProbeFile target(reserve.get(), "inode-00");
    first.create();
    second.create();
    if (!first.rename_to(target)) refuse_place(location, "renaming to a free name was refused");
    if (first.exists()) refuse_place(location, "a renamed file kept its old name");
    if (!target.holds_the_bytes_of(first)) refuse_place(location, "a renamed file lost its bytes");
    if (second.rename_to(target)) refuse_place(location, "a rename that must not replace replaced a file");
    if (!target.holds_the_bytes_of(first) || !second.holds_the_bytes_of(second))
        refuse_place(location, "a refused rename changed a file");
    sync_fd(temporaries.get(), "the folder tmp");
    sync_fd(reserve.get(), "the folder reserve");
}

}  // namespace

void probe_local(int root_fd, const std::string& location) {
    try {
        try_what_vault_relies_on(root_fd, location);
    } catch (const Error& error) {
        // A call that the file system does not know; full, read-only and forbidden places have kinds of their own.
        if (error.kind() == ErrorKind::Io) refuse_place(location, error.what());
        throw;
    }
}

std::unique_ptr<LocalBackend> init_local(const std::string& path) {
    const std::string location = escaped(path);
    struct stat found = {};
    if (::stat(path.c_str(), &found) == 0 && !S_ISDIR(found.st_mode))
        throw Error(ErrorKind::Exists, location + " is there already and is not a folder");
    make_folders_durably(path);
    auto backend = std::make_unique<LocalBackend>(path);
    refuse_shared_file_system(backend->root(), location);
    backend->hold(lock_against_other_inits(path));
    const std::vector<std::string> left = left_by_init(backend->root(), location);
    make_folder(backend->root(), "packs", location);
    for (const std::string& folder : object_folders()) make_folder(backend->root(), folder, location);
    for (const std::string& object : left) backend->remove(object);
    probe_local(backend->root(), location);
    backend->sync();
    return backend;
}

}  // namespace vault
