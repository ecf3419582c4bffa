// The folders of a source while a run reads it. A folder's descriptor may be closed to make room for others and is
// opened again when it is asked for.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "store/base/unique_fd.h"
#include "store/folder_identity.h"

namespace vault {

class SourceFolder;

// Keeps the descriptors of the folders used last. Thread-safe; outlives its folders.
class OpenFolders {
  public:
    // At most this many descriptors; what is in use beyond them closes when it is let go.
    explicit OpenFolders(std::size_t open_max = open_folders_max()) : open_max_(open_max) {}

    // A quarter of what the process may open, 64 to 4,096: the walk is thousands of entries ahead.
    static std::size_t open_folders_max();

  private:
    friend class SourceFolder;
    void note_open(const std::shared_ptr<SourceFolder>& folder);

    const std::size_t open_max_;
    std::mutex mutex_;  // guards opened_
    std::deque<std::weak_ptr<SourceFolder>> opened_;  // in the order in which they were
};

// Thread-safe.
class SourceFolder : public std::enable_shared_from_this<SourceFolder> {
  public:
    using Descriptor = std::shared_ptr<const UniqueFd>;

    // How a folder is opened: to be read, symlinks followed; or only to be passed, which it allows that may be searched
    // and not read, as /home often is, and never by a symlink.
    static const int kReadable, kPassable;

    // By its path, with one of the above. Throws the Error of errno.
    static std::shared_ptr<SourceFolder> open_path(OpenFolders& open, const std::string& path, int flags);
    // The folder `name` in this one, which may be searchable without being readable. Throws the Error of errno.
    std::shared_ptr<SourceFolder> child(const std::string& name);

    // Opened again where it was closed: by its names from the top. Throws the Error of errno, and NotFound where
    // another folder is found there by now.
    Descriptor descriptor();

    const FolderIdentity& identity() const { return identity_; }

  private:
    SourceFolder(OpenFolders& open, UniqueFd fd, int flags, std::string top, std::string rest);
    // The folder that `fd`, opened with `flags`, is: `rest` ("" or "a/b") below the absolute path `top`, no symlink on
    // the way from there. Throws the Error of errno where it cannot be looked at.
    static std::shared_ptr<SourceFolder> make(OpenFolders& open, UniqueFd fd, int flags, std::string top,
                                              std::string rest);
    friend class OpenFolders;
    void close();
    UniqueFd open_again() const;

    OpenFolders& open_;
    const int flags_;
    const std::string top_, rest_;
    FolderIdentity identity_;
    std::mutex mutex_;  // guards fd_
    Descriptor fd_;
};

}  // namespace vault
