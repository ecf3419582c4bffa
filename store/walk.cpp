// An explicit stack of folders; the deepest 64 stay open.
#include "store/walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <map>
#include <memory>
#include <optional>

#include "store/base/error.h"
#include "store/base/file.h"
#include "store/base/text.h"
#include "store/format/limits.h"
#include "store/format/manifest_key.h"
#include "store/name_list.h"

namespace vault {

namespace {

constexpr std::size_t kOpenFoldersMax = 64;
// A folder on the way may be searchable without being readable, as /home often is: O_PATH asks for no more.
constexpr int kFolderFlags = O_PATH | O_DIRECTORY | O_NOFOLLOW;
constexpr int kListFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK;
constexpr std::size_t kNoRoot = kNoSource;

// The recorded paths of all source roots as a tree of names.
struct Wanted {
    std::map<std::string, Wanted, std::less<>> below;
    std::size_t root = kNoRoot;
};

struct Folder {
    UniqueFd fd;  // closed while it is far up the stack
    FolderIdentity identity;
    bool made_up = false;             // above --as: has no descriptor
    std::string key_prefix;           // of its children
    std::string path;                 // recorded, "" for the root
    const Wanted* wanted = nullptr;   // source roots below, if any
    std::size_t root = kNoRoot;       // the source root that it belongs to
    std::size_t root_path_bytes = 0;  // how much of `path` names the source root
    NameQueue subfolders;
};

class Walk {
  public:
    Walk(const std::vector<SourceRoot>& roots, Excludes& excludes, const std::vector<FolderIdentity>& not_entered,
         WalkVisitor& visitor)
        : roots_(roots), excludes_(excludes), not_entered_(not_entered), visitor_(visitor) {
        for (std::size_t i = 0; i < roots.size(); ++i) {
            Wanted* at = &wanted_;
            for (const std::string& component : roots[i].recorded) at = &at->below[component];
            at->root = i;
            if (roots[i].actual != roots[i].recorded_path()) recorded_elsewhere_ = true;
        }
    }

    void run() {
        start();
        while (!stack_.empty()) {
            std::string name;
            if (!stack_.back().subfolders.pop(name)) {
                stack_.pop_back();
                continue;
            }
            enter(name);
        }
    }

  private:
    // The manifest's root entry, and the first folder.
    void start() {
        Folder top;
        top.wanted = &wanted_;
        top.root = wanted_.root;
        const std::string actual = wanted_.root != kNoRoot ? roots_[wanted_.root].actual : "/";
        top.made_up = recorded_elsewhere_ && wanted_.root == kNoRoot;
        SourceStat stat = made_up_folder();
        if (!top.made_up) {
            top.fd = open_at(AT_FDCWD, actual, O_RDONLY | O_DIRECTORY);
            stat = stat_entry(top.fd.get(), "");
        }
        top.identity = {stat.filesystem, stat.inode};
        top.key_prefix = children_prefix({});
        visitor_.entry({std::string(), "/", top.fd ? top.fd.get() : -1, "", stat, top.root == kNoRoot, top.root});
        list(top);
        stack_.push_back(std::move(top));
    }

    static SourceStat made_up_folder() {
        SourceStat stat;
        stat.type = EntryType::Directory;
        stat.mode = 0755;
        return stat;
    }

    // Visits the entries of a folder and notes its subfolders.
    void list(Folder& folder) {
        if (std::find(not_entered_.begin(), not_entered_.end(), folder.identity) != not_entered_.end() &&
            !folder.made_up)
            return;
        SortedNames names;
        if (folder.root == kNoRoot || !read_names(folder, names)) {
            // Also below a folder that cannot be listed a source root was named.
            if (folder.wanted == nullptr) return;
            for (const auto& [name, wanted] : folder.wanted->below) visit(folder, name);
            return;
        }
        names.sort();
        std::string name;
        for (std::string_view next; names.next(next);) {
            name = next;
            visit(folder, name);
        }
    }

    bool read_names(Folder& folder, SortedNames& names) {
        const int fd = ::openat(folder.fd.get(), ".", kListFlags | O_CLOEXEC);
        const std::unique_ptr<DIR, int (*)(DIR*)> open(fd < 0 ? nullptr : ::fdopendir(fd), &::closedir);
        if (!open) {
            const Error error = system_error("cannot list the folder", errno);
            const bool is_root = folder.wanted != nullptr && folder.wanted->root != kNoRoot;
            if (error.kind() == ErrorKind::Busy || (is_root && roots_.size() == 1))
                throw with_context(escaped(shown(folder.path)), error);
            visitor_.unreadable(shown(folder.path), error.what());
            return false;
        }
        for (;;) {
            errno = 0;
            const dirent* found = ::readdir(open.get());
            if (found == nullptr) break;
            const std::string_view name = found->d_name;
            if (name != "." && name != "..") names.add(name);
        }
        // What was listed before an error is kept, and the error told: a part is worth more than nothing.
        if (errno != 0)
            visitor_.unreadable(shown(folder.path), system_error("cannot list the whole folder", errno).what());
        return true;
    }

    void visit(Folder& folder, const std::string& name) {
        const std::string path = folder.path + "/" + name;
        const auto below = folder.wanted == nullptr ? nullptr : find(*folder.wanted, name);
        const bool is_root = below != nullptr && below->root != kNoRoot;
        if (name.size() > kNameBytesMax || folder.key_prefix.size() + name.size() > kManifestKeyBytesMax) {
            visitor_.unreadable(path, "the name or path is longer than a snapshot can hold");
            return;
        }
        const std::string key = folder.key_prefix + name;
        if (is_root && recorded_elsewhere_) {
            visit_root_elsewhere(folder, key, path, name, below->root);
            return;
        }
        if (folder.made_up) {
            visitor_.entry({key, path, -1, "", made_up_folder(), true, kNoRoot});
            folder.subfolders.push(name);
            return;
        }
        SourceStat stat;
        try {
            stat = stat_entry(folder.fd.get(), name.c_str());
        } catch (const Error& error) {
            if (below != nullptr || error.kind() == ErrorKind::Busy) throw;
            // Gone since the folder was listed: as if it had never been there.
            if (error.kind() != ErrorKind::NotFound) visitor_.unreadable(path, error.what());
            return;
        }
        const bool is_folder = stat.type == EntryType::Directory;
        bool implied = folder.root == kNoRoot && !is_root;
        if (folder.root != kNoRoot && !is_root && !excludes_.empty() &&
            excludes_.excluded(folder.root, std::string_view(path).substr(folder.root_path_bytes + 1), is_folder)) {
            if (below == nullptr) return;
            implied = true;  // a source root lies below: named beats excluded
        }
        const std::size_t source = is_root ? below->root : implied ? kNoRoot : folder.root;
        visitor_.entry({key, path, folder.fd.get(), name.c_str(), stat, implied, source});
        if (is_folder) folder.subfolders.push((implied ? "i" : "s") + name);
    }

    void visit_root_elsewhere(Folder& folder, const std::string& key, const std::string& path, const std::string& name,
                              std::size_t number) {
        const SourceRoot& root = roots_[number];
        const std::size_t slash = root.actual.rfind('/');
        const std::string actual_name = root.actual.substr(slash + 1);
        const UniqueFd parent =
            open_at(AT_FDCWD, root.actual.substr(0, std::max<std::size_t>(slash, 1)),
                    actual_name.empty() ? O_RDONLY | O_DIRECTORY : kFolderFlags);
        const SourceStat stat = stat_entry(parent.get(), actual_name.c_str());
        visitor_.entry({key, path, parent.get(), actual_name.c_str(), stat, false, number});
        if (stat.type == EntryType::Directory) folder.subfolders.push(name);
    }

    // `marked` is a name as visit() noted it.
    void enter(const std::string& marked) {
        Folder& parent = stack_.back();
        Folder folder;
        const bool real = !parent.made_up;
        const bool implied = real && marked[0] == 'i';
        const std::string name = real ? marked.substr(1) : marked;
        folder.path = parent.path + "/" + name;
        folder.key_prefix = parent.key_prefix.substr(0, parent.key_prefix.size() - 1) + name + std::string(2, '\0');
        folder.wanted = parent.wanted == nullptr ? nullptr : find(*parent.wanted, name);
        const bool is_root = folder.wanted != nullptr && folder.wanted->root != kNoRoot;
        folder.root = is_root ? folder.wanted->root : implied ? kNoRoot : parent.root;
        folder.root_path_bytes = is_root ? folder.path.size() : parent.root_path_bytes;
        try {
            if (is_root && recorded_elsewhere_) {
                folder.fd = open_at(AT_FDCWD, roots_[folder.root].actual, kFolderFlags);
            } else if (real) {
                reopen(parent);
                folder.fd = open_at(parent.fd.get(), name, kFolderFlags);
            } else {
                folder.made_up = true;
            }
            if (folder.fd) {
                const SourceStat stat = stat_entry(folder.fd.get(), "");
                folder.identity = {stat.filesystem, stat.inode};
            }
        } catch (const Error& error) {
            // Of several source roots the others are worth a snapshot.
            const bool may_go_on = folder.wanted == nullptr ||
                                   (is_root && folder.wanted->below.empty() && roots_.size() > 1);
            if (!may_go_on || error.kind() == ErrorKind::Busy) throw;
            visitor_.unreadable(folder.path, error.what());
            return;
        }
        list(folder);
        stack_.push_back(std::move(folder));
        if (stack_.size() > kOpenFoldersMax) stack_[stack_.size() - 1 - kOpenFoldersMax].fd.reset();
    }

    // Opens a folder again that was closed for want of descriptors: by its names from the top, and only if it is the
    // same one.
    void reopen(Folder& folder) {
        if (folder.fd) return;
        std::string actual = "/";
        std::string_view rest = folder.path;
        if (recorded_elsewhere_) {
            actual = roots_[folder.root].actual;
            rest = rest.substr(folder.root_path_bytes);
        }
        UniqueFd at = open_at(AT_FDCWD, actual, kFolderFlags);
        for (rest.remove_prefix(std::min<std::size_t>(1, rest.size())); !rest.empty();) {
            const std::size_t slash = std::min(rest.find('/'), rest.size());
            at = open_at(at.get(), std::string(rest.substr(0, slash)), kFolderFlags);
            rest.remove_prefix(std::min(slash + 1, rest.size()));
        }
        const SourceStat stat = stat_entry(at.get(), "");
        if (FolderIdentity{stat.filesystem, stat.inode} != folder.identity)
            throw Error(ErrorKind::NotFound, "the folder " + escaped(folder.path) + " was moved while it was read");
        folder.fd = std::move(at);
    }

    static const Wanted* find(const Wanted& wanted, const std::string& name) {
        const auto found = wanted.below.find(name);
        return found == wanted.below.end() ? nullptr : &found->second;
    }

    static std::string shown(const std::string& path) { return path.empty() ? "/" : path; }

    const std::vector<SourceRoot>& roots_;
    Excludes& excludes_;
    const std::vector<FolderIdentity>& not_entered_;
    WalkVisitor& visitor_;
    Wanted wanted_;
    bool recorded_elsewhere_ = false;
    std::deque<Folder> stack_;
};

}  // namespace

void walk(const std::vector<SourceRoot>& roots, Excludes& excludes, const std::vector<FolderIdentity>& not_entered,
          WalkVisitor& visitor) {
    Walk(roots, excludes, not_entered, visitor).run();
}

}  // namespace vault
