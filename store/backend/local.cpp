// Objects as files: read, list, remove. Writing is local_writer.cpp.
#include "store/backend/local.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <stdexcept>

#include "store/backend/local_place.h"
#include "store/backend/local_reserve.h"
#include "store/backend/local_writer.h"
#include "store/backend/object_names.h"
#include "store/base/error.h"
#include "store/base/file.h"
#include "store/base/text.h"

namespace vault {

namespace {

constexpr std::size_t kSessionBytes = 16;
constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

struct stat look_at(int fd, const std::string& location) {
    struct stat found = {};
    if (::fstat(fd, &found) != 0) throw system_error("cannot look at " + location, errno);
    return found;
}

Error not_a_file(const std::string& location) {
    return Error(ErrorKind::Corrupt, location + " is not a regular file");
}

}  // namespace

LocalBackend::LocalBackend(const std::string& path) : folders_(path), session_(random_hex(kSessionBytes)) {}

void LocalBackend::name_temporaries_after(const std::string& session) {
    if (!is_session_name(session)) throw std::logic_error("not a session's name: " + escaped(session));
    session_ = session;
}

void LocalBackend::require_writable_place() {
    std::call_once(place_checked_, [&] { refuse_shared_file_system(folders_.root(), location()); });
}

void LocalBackend::put_new(const std::string& name, ByteView contents) {
    require_object_name(name);
    require_writable_place();
    LocalWriter writer(folders_, session_);
    writer.append(contents);
    writer.publish(name);
}

std::unique_ptr<ObjectWriter> LocalBackend::begin_object(const std::string& session) {
    require_writable_place();
    return std::make_unique<LocalWriter>(folders_, session);
}

UniqueFd LocalBackend::open_object(const std::string& name) {
    const ObjectPlace place = place_of(name);
    const std::string what = location() + '/' + name;
    // O_NONBLOCK: a FIFO put there by someone hostile must not hang the reader.
    constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    UniqueFd file(::openat(folders_.folder(place.folder), place.leaf.c_str(), kFlags));
    if (!file && (errno == ELOOP || errno == ENXIO)) throw not_a_file(what);
    if (!file) throw system_error("cannot read " + what, errno);
    if (!S_ISREG(look_at(file.get(), what).st_mode)) throw not_a_file(what);
    return file;
}

LocalOpenObjects::Handle LocalBackend::opened_for_ranges(const std::string& name) {
    if (LocalOpenObjects::Handle kept = open_objects_.find(name)) {
        // Removed meanwhile, perhaps by another process: what is gone must not be read from memory of it.
        if (look_at(kept->get(), name).st_nlink > 0) return kept;
        open_objects_.drop(name);
    }
    auto opened = std::make_shared<const UniqueFd>(open_object(name));
    open_objects_.keep(name, opened);
    return opened;
}

Bytes LocalBackend::get(const std::string& name, std::optional<ByteRange> range) {
    require_object_name(name);
    const LocalOpenObjects::Handle file =
        range ? opened_for_ranges(name) : std::make_shared<const UniqueFd>(open_object(name));
    const std::string what = location() + '/' + name;
    const auto size = static_cast<std::uint64_t>(look_at(file->get(), what).st_size);
    if (!range && size > kObjectBytesMax)
        throw Error(ErrorKind::Corrupt, what + " has " + std::to_string(size) + " bytes, more than any object may");
    const ByteRange wanted = range.value_or(ByteRange{0, size});
    if (wanted.offset > size || wanted.size > size - wanted.offset)
        throw Error(ErrorKind::Corrupt, what + " has " + std::to_string(size) + " bytes, but " +
                                            std::to_string(wanted.size) + " are needed from offset " +
                                            std::to_string(wanted.offset));
    Bytes contents(wanted.size);
    if (read_up_to_at(file->get(), wanted.offset, contents, what) != wanted.size)
        throw Error(ErrorKind::Corrupt, what + " was cut short while it was read");
    return contents;
}

std::vector<ObjectInfo> LocalBackend::list_folder(std::size_t index, const std::string& prefix) {
    const std::string folder = object_folders()[index] + '/';
    const int folder_fd = folders_.folder(index);
    // A folder that was removed under its open descriptor lists as empty: a store that is gone must not look like one
    // that holds nothing.
    if (look_at(folder_fd, location() + '/' + folder).st_nlink == 0)
        throw Error(ErrorKind::Io, "the folder " + location() + '/' + folder + " was removed while it was in use");
    std::vector<ObjectInfo> objects;
    for (const std::string& leaf : names_in(folder_fd, location() + '/' + folder)) {
        const std::string name = folder + leaf;
        if (name.compare(0, prefix.size(), prefix) != 0 || !is_object_name(name)) continue;
        struct stat found = {};
        if (::fstatat(folder_fd, leaf.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) {
            if (errno == ENOENT) continue;  // removed since the folder was read
            throw system_error("cannot look at " + location() + '/' + name, errno);
        }
        // What is no regular file is listed all the same: get() calls it Corrupt, and one such name harms only itself.
        objects.push_back({name, static_cast<std::uint64_t>(found.st_size),
                           found.st_mtim.tv_sec * kNanosecondsPerSecond + found.st_mtim.tv_nsec});
    }
    return objects;
}

std::vector<ObjectInfo> LocalBackend::list(const std::string& prefix) {
    std::vector<ObjectInfo> objects;
    for (std::size_t index = 0; index < object_folders().size(); ++index) {
        const std::string folder = object_folders()[index] + '/';
        const std::size_t common = std::min(folder.size(), prefix.size());
        if (folder.compare(0, common, prefix, 0, common) != 0) continue;
        std::vector<ObjectInfo> more = list_folder(index, prefix);
        std::move(more.begin(), more.end(), std::back_inserter(objects));
    }
    std::sort(objects.begin(), objects.end(),
              [](const ObjectInfo& a, const ObjectInfo& b) { return a.name < b.name; });
    return objects;
}

void LocalBackend::remove(const std::string& name) {
    const ObjectPlace place = place_of(name);
    require_writable_place();
    open_objects_.drop(name);
    if (::unlinkat(folders_.folder(place.folder), place.leaf.c_str(), 0) != 0 && errno != ENOENT)
        throw refused_write("cannot remove " + location() + '/' + name, errno);
}

void LocalBackend::sync() { folders_.sync_all(); }

bool LocalBackend::release_reserve() noexcept { return vault::release_reserve(folders_.root()); }

void LocalBackend::restore_reserve() {
    require_writable_place();
    make_reserve(folders_.root());
}

std::unique_ptr<LocalBackend> open_local(const std::string& path) {
    const auto none = [&](const std::string& why) {
        return Error(ErrorKind::NoRepository, "there is no repository at " + escaped(path) + ": " + why);
    };
    std::unique_ptr<LocalBackend> backend;
    try {
        backend = std::make_unique<LocalBackend>(path);
    } catch (const Error& error) {
        struct stat found = {};
        if (error.kind() == ErrorKind::NotFound) throw none("nothing has that name");
        if (::stat(path.c_str(), &found) == 0 && !S_ISDIR(found.st_mode)) throw none("it is not a folder");
        throw;
    }
    struct stat config = {};
    const bool has_folder = ::stat((path + "/config").c_str(), &config) == 0;
    if (!has_folder && errno != ENOENT) throw system_error("cannot look at " + escaped(path) + "/config", errno);
    if (has_folder && !backend->list("config/").empty()) return backend;
    // With snapshots it is a repository that lost its config, and can be read by the keyring's copy. With keys alone it
    // is what a killed init left, which the next init takes up.
    if (::stat((path + "/snapshots").c_str(), &config) == 0 && !backend->list("snapshots/").empty()) return backend;
    throw none(has_folder ? "its folder config/ is empty" : "it has no folder config/");
}

}  // namespace vault
