// An explicit stack of folders.
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

constexpr int kListFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK;
constexpr std::size_t kNoRoot = kNoSource;

// The recorded paths of all source roots as a tree of names.
struct Wanted {
    std::map<std::string, Wanted, std::less<>> below;
    std::size_t root = kNoRoot;
};

struct Folder {
    std::shared_ptr<SourceFolder> place;  // null: made up, above --as
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
         OpenFolders& open, WalkVisitor& visitor)
        : roots_(roots), excludes_(excludes), not_entered_(not_entered), open_(open), visitor_(visitor) {
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
        SourceStat stat = made_up_folder();
        if (!recorded_elsewhere_ || wanted_.root != kNoRoot) {
            top.place = SourceFolder::open_path(open_, actual, SourceFolder::kReadable);
            stat = stat_entry(top.place->descriptor()->get(), "");
        }
        top.key_prefix = children_prefix({});
        visitor_.entry({std::string(), "/", top.place, "", stat, top.root == kNoRoot, top.root});
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
        const SourceFolder::Descriptor open = folder.place ? folder.place->descriptor() : nullptr;
        const int fd = open ? open->get() : -1;
        if (folder.place && std::find(not_entered_.begin(), not_entered_.end(), folder.place->identity()) !=
                                not_entered_.end())
            return;
        SortedNames names;
        if (folder.root == kNoRoot || !read_names(folder, fd, names)) {
            // Also below a folder that cannot be listed a source root was named.
            if (folder.wanted == nullptr) return;
            for (const auto& [name, wanted] : folder.wanted->below) visit(folder, fd, name);
            return;
        }
        names.sort();
        std::string name;
        for (std::string_view next; names.next(next);) {
            name = next;
            visit(folder, fd, name);
        }
    }

    bool read_names(Folder& folder, int folder_fd, SortedNames& names) {
        const int fd = ::openat(folder_fd, ".", kListFlags | O_CLOEXEC);
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

    // `fd` is the folder's.
    void visit(Folder& folder, int fd, const std::string& name) {
        std::string path = folder.path + "/" + name;
        const auto below = folder.wanted == nullptr ? nullptr : find(*folder.wanted, name);
        const bool is_root = below != nullptr && below->root != kNoRoot;
        if (name.size() > kNameBytesMax || folder.key_prefix.size() + name.size() > kManifestKeyBytesMax) {
            visitor_.unreadable(path, "the name or path is longer than a snapshot can hold");
            return;
        }
        std::string key = folder.key_prefix + name;
        if (is_root && recorded_elsewhere_) {
            visit_root_elsewhere(folder, std::move(key), std::move(path), name, below->root);
            return;
        }
        if (!folder.place) {
            visitor_.entry({std::move(key), std::move(path), nullptr, "", made_up_folder(), true, kNoRoot});
            folder.subfolders.push(name);
            return;
        }
        SourceStat stat;
        try {
            stat = stat_entry(fd, name.c_str());
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
        visitor_.entry({std::move(key), std::move(path), folder.place, name, stat, implied, source});
        if (is_folder) folder.subfolders.push((implied ? "i" : "s") + name);
    }

    void visit_root_elsewhere(Folder& folder, std::string key, std::string path, const std::string& name,
                              std::size_t number) {
        const SourceRoot& root = roots_[number];
        const std::size_t slash = root.actual.rfind('/');
        const std::string actual_name = root.actual.substr(slash + 1);
        auto parent = SourceFolder::open_path(open_, root.actual.substr(0, std::max<std::size_t>(slash, 1)),
                                              actual_name.empty() ? SourceFolder::kReadable : SourceFolder::kPassable);
        const SourceStat stat = stat_entry(parent->descriptor()->get(), actual_name.c_str());
        visitor_.entry({std::move(key), std::move(path), std::move(parent), actual_name, stat, false, number});
        if (stat.type == EntryType::Directory) folder.subfolders.push(name);
    }

    // `marked` is a name as visit() noted it.
    void enter(const std::string& marked) {
        Folder& parent = stack_.back();
        Folder folder;
        const bool real = parent.place != nullptr;
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
                folder.place = SourceFolder::open_path(open_, roots_[folder.root].actual, SourceFolder::kPassable);
            } else if (real) {
                folder.place = parent.place->child(name);
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
    }

    static const Wanted* find(const Wanted& wanted, const std::string& name) {
        const auto found = wanted.below.find(name);
        return found == wanted.below.end() ? nullptr : &found->second;
    }

    static std::string shown(const std::string& path) { return path.empty() ? "/" : path; }

    const std::vector<SourceRoot>& roots_;
    Excludes& excludes_;
    const std::vector<FolderIdentity>& not_entered_;
    OpenFolders& open_;
    WalkVisitor& visitor_;
    Wanted wanted_;
    bool recorded_elsewhere_ = false;
    std::deque<Folder> stack_;
};

}  // namespace

void walk(const std::vector<SourceRoot>& roots, Excludes& excludes, const std::vector<FolderIdentity>& not_entered,
          OpenFolders& open, WalkVisitor& visitor) {
    Walk(roots, excludes, not_entered, open, visitor).run();
}

}  // namespace vault
