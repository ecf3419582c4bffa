// First opened, first closed; by identity when opened again.
#include "store/source_folder.h"

#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>

#include "store/base/error.h"
#include "store/base/file.h"
#include "store/base/text.h"
#include "store/source_entry.h"

namespace vault {

namespace {

FolderIdentity identity_of(const UniqueFd& fd) {
    const SourceStat stat = stat_entry(fd.get(), "");
    return {stat.filesystem, stat.inode};
}

}  // namespace

const int SourceFolder::kReadable = O_RDONLY | O_DIRECTORY;
const int SourceFolder::kPassable = O_PATH | O_DIRECTORY | O_NOFOLLOW;

std::size_t OpenFolders::open_folders_max() {
    struct ::rlimit limit {};
    const std::size_t all = ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 256;
    return std::clamp<std::size_t>(all / 4, 64, 4'096);
}

void OpenFolders::note_open(const std::shared_ptr<SourceFolder>& folder) {
    std::shared_ptr<SourceFolder> oldest;
    {
        const std::lock_guard lock(mutex_);
        while (!opened_.empty() && opened_.front().expired()) opened_.pop_front();
        opened_.push_back(folder);
        if (opened_.size() <= open_max_) return;
        oldest = opened_.front().lock();
        opened_.pop_front();
    }
    if (oldest) oldest->close();
}

SourceFolder::SourceFolder(OpenFolders& open, UniqueFd fd, int flags, std::string top, std::string rest)
    : open_(open),
      flags_(flags),
      top_(std::move(top)),
      rest_(std::move(rest)),
      identity_(identity_of(fd)),
      fd_(std::make_shared<UniqueFd>(std::move(fd))) {}

std::shared_ptr<SourceFolder> SourceFolder::make(OpenFolders& open, UniqueFd fd, int flags, std::string top,
                                                 std::string rest) {
    std::shared_ptr<SourceFolder> folder(
        new SourceFolder(open, std::move(fd), flags, std::move(top), std::move(rest)));
    open.note_open(folder);
    return folder;
}

std::shared_ptr<SourceFolder> SourceFolder::open_path(OpenFolders& open, const std::string& path, int flags) {
    return make(open, open_at(AT_FDCWD, path, flags), flags, path, "");
}

std::shared_ptr<SourceFolder> SourceFolder::child(const std::string& name) {
    const Descriptor here = descriptor();
    return make(open_, open_at(here->get(), name, kPassable), kPassable, top_,
                rest_.empty() ? name : rest_ + "/" + name);
}

SourceFolder::Descriptor SourceFolder::descriptor() {
    Descriptor fd;
    {
        const std::lock_guard lock(mutex_);
        if (fd_) return fd_;
        fd = fd_ = std::make_shared<UniqueFd>(open_again());
    }
    open_.note_open(shared_from_this());
    return fd;
}

void SourceFolder::close() {
    const std::lock_guard lock(mutex_);
    fd_.reset();
}

UniqueFd SourceFolder::open_again() const {
    UniqueFd at = open_at(AT_FDCWD, top_, rest_.empty() ? flags_ : kPassable);
    for (std::string_view rest = rest_; !rest.empty();) {
        const std::size_t slash = std::min(rest.find('/'), rest.size());
        at = open_at(at.get(), std::string(rest.substr(0, slash)), kPassable);
        rest.remove_prefix(std::min(slash + 1, rest.size()));
    }
    if (identity_of(at) != identity_)
        throw Error(ErrorKind::NotFound,
                    "the folder " + escaped(top_ + "/" + rest_) + " was moved while it was read");
    return at;
}

}  // namespace vault
