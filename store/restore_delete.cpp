// Which entries of a target are extra, and their removal.
#include "store/restore_delete.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "store/base/file.h"
#include "store/base/text.h"
#include "store/format/manifest_key.h"
#include "store/restore_names.h"

namespace vault {

namespace {

constexpr unsigned kDepthMax = 16'384;

[[noreturn]] void refuse(const std::string& why) {
    throw Error(ErrorKind::Usage, "cannot delete what the snapshot does not have: " + why);
}

std::string joined(const std::string& directory, const std::string& name) {
    return directory == "/" ? "/" + name : directory + "/" + name;
}

bool is_at_or_below(std::string_view path, std::string_view root) {
    return root == "/" || path == root || (path.starts_with(root) && path[root.size()] == '/');
}

std::string child_key(const std::string& directory_key, const std::string& name) {
    std::vector<std::string> components = components_of_key(directory_key);
    components.push_back(name);
    return manifest_key(components);
}

struct ::stat stat_of(int fd) {
    struct ::stat stat;
    if (::fstat(fd, &stat) != 0) throw system_error("cannot stat a folder of the target", errno);
    return stat;
}

}  // namespace

ExtraRemover::ExtraRemover(RestoreShared& shared, const RestoreRange& range, const RestoreSource& source,
                           unsigned strip)
    : shared_(shared), range_(range), record_(source.record), untouched_(source.untouched),
      excludes_(record_.excludes, record_.source_roots),
      beneath_(shared.target.root_fd(), shared.open_directories_max), device_(stat_of(shared.target.root_fd()).st_dev) {
    const CommitRecord& record = record_;
    if (record.incomplete) refuse("the snapshot is incomplete");
    if (record.unreadable_count != record.unreadable.size()) refuse("too many paths were unreadable when it was made");
    const auto is_anchored = [](const std::string& pattern) {
        return pattern.starts_with('/') || pattern.starts_with("!/");
    };
    const bool names_paths = std::any_of(record.excludes.begin(), record.excludes.end(), is_anchored);
    if (!record.recorded_as.empty() && (names_paths || !record.unreadable.empty()))
        refuse("it was recorded as " + escaped(record.recorded_as) + ", and its rules name the paths of the source");
    if (strip > components_of_key(range.top_key()).size())
        refuse("stripped paths may stand for several of the snapshot");
    for (const UnreadablePath& unreadable : record.unreadable) unreadable_.insert(unreadable.path);
}

bool ExtraRemover::is_beneath_source_root(std::string_view path) const {
    return std::any_of(record_.source_roots.begin(), record_.source_roots.end(),
                       [&](const std::string& root) { return is_at_or_below(path, root); });
}

bool ExtraRemover::is_protected(const std::string& path, bool is_directory) {
    for (std::string_view at = path;; at = at.substr(0, at.rfind('/'))) {
        if (unreadable_.contains(at)) return true;
        if (at.find('/', 1) == std::string_view::npos) break;
    }
    if (excludes_.empty()) return false;
    for (std::size_t i = 0; i < record_.source_roots.size(); ++i) {
        const std::string& root = record_.source_roots[i];
        if (path == root || !is_at_or_below(path, root)) continue;
        const std::string_view below = std::string_view(path).substr(root == "/" ? 1 : root.size() + 1);
        // What lies below something that was excluded was never looked at.
        for (std::size_t slash = below.find('/'); slash != std::string_view::npos; slash = below.find('/', slash + 1))
            if (excludes_.excluded(i, below.substr(0, slash), true)) return true;
        if (excludes_.excluded(i, below, is_directory)) return true;
    }
    return false;
}

bool ExtraRemover::is_untouched(int directory_fd) const {
    const struct ::stat stat = stat_of(directory_fd);
    return std::find(untouched_.begin(), untouched_.end(), FolderIdentity{stat.st_dev, stat.st_ino}) !=
           untouched_.end();
}

void ExtraRemover::remove_all() {
    const auto clean_if_directory = [&](const ManifestCursor& at) {
        if (type_of_record(at.entry_bytes()) != EntryType::Directory || at.entry().implied) return;
        if (shared_.log.has_failed(at.key()) || !is_beneath_source_root(path_of_key(at.key()))) return;
        try {
            clean_directory(at.key());
        } catch (const Error& error) {
            shared_.log.failed(at.key(), with_context("cannot delete in it", error), RestoreLog::Source::System);
        }
    };
    const OnLostNode lost = [&](const LostNode& node) -> bool {
        if (range_.may_lose(node)) throw node.error;
        return false;
    };
    if (const ManifestCursor top = range_.top(lost); top.valid()) clean_if_directory(top);
    for (ManifestCursor at = range_.first_below(lost); at.valid() && range_.contains(at.key()); at.next(lost))
        clean_if_directory(at);
}

void ExtraRemover::clean_directory(const std::string& key) {
    const std::optional<Place> place = range_.place(key);
    if (!place) return;
    const std::string below = place->directory.empty() ? place->name : place->directory + "/" + place->name;
    const UniqueFd fd = open_at(beneath_.directory(place->name.empty() ? "" : below), ".", O_RDONLY | O_DIRECTORY);
    if (stat_of(fd.get()).st_dev != device_ || is_untouched(fd.get())) return;
    const std::string path = path_of_key(key);
    for (const std::string& name : directory_names(fd.get(), path)) {
        const std::string child = child_key(key, name);
        if (range_.reader().find(child)) continue;
        try {
            remove(fd.get(), name, joined(path, name), 0);
        } catch (const Error& error) {
            shared_.log.failed(child, with_context("cannot delete it", error), RestoreLog::Source::System);
        }
    }
}

bool ExtraRemover::make_way(const std::string& key, const Place& place) {
    const std::string path = path_of_key(key);
    return is_beneath_source_root(path) && remove(beneath_.directory(place.directory), place.name, path, 0);
}

bool ExtraRemover::remove(int directory_fd, const std::string& name, const std::string& path, unsigned depth) {
    const bool is_directory = type_at(directory_fd, name) == S_IFDIR;
    if (is_protected(path, is_directory)) return false;
    if (is_directory) {
        if (depth > kDepthMax) throw Error(ErrorKind::Io, "folders nest too deep in " + escaped(path));
        const UniqueFd fd = open_at(directory_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
        if (stat_of(fd.get()).st_dev != device_ || is_untouched(fd.get())) return false;
        bool all_gone = true;
        for (const std::string& entry : directory_names(fd.get(), path))
            all_gone = remove(fd.get(), entry, joined(path, entry), depth + 1) && all_gone;
        if (!all_gone) return false;
    }
    if (::unlinkat(directory_fd, name.c_str(), is_directory ? AT_REMOVEDIR : 0) != 0) {
        if (errno == ENOENT) return true;
        throw system_error("cannot remove " + escaped(path), errno);
    }
    shared_.log.deleted();
    return true;
}

}  // namespace vault
