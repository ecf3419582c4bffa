// Descriptor input and output with retries on EINTR and short counts.
#include "store/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>

#include "store/base/error.h"
#include "store/base/text.h"

namespace vault {

namespace {

// Deletes a temporary unless it was renamed to its place.
class TemporaryFile {
  public:
    explicit TemporaryFile(std::string pattern) : path_(std::move(pattern)) {
        fd_.reset(::mkostemp(path_.data(), O_CLOEXEC));
        if (!fd_) throw system_error("cannot create " + escaped(path_), errno);
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    ~TemporaryFile() {
        if (!renamed_) ::unlink(path_.c_str());
    }
    int fd() const { return fd_.get(); }
    const std::string& path() const { return path_; }
    void rename_to(const std::string& target) {
        if (::rename(path_.c_str(), target.c_str()) != 0)
            throw system_error("cannot rename to " + escaped(target), errno);
        renamed_ = true;
    }

  private:
    std::string path_;
    UniqueFd fd_;
    bool renamed_ = false;
};

std::string folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

UniqueFd open_at(int directory_fd, const std::string& path, int flags, unsigned mode) {
    int fd = -1;
    do fd = ::openat(directory_fd, path.c_str(), flags | O_CLOEXEC, mode);
    while (fd < 0 && errno == EINTR);
    if (fd < 0) throw system_error("cannot open " + escaped(path), errno);
    return UniqueFd(fd);
}

std::size_t read_up_to(int fd, MutableByteView into, const std::string& what) {
    std::size_t done = 0;
    while (done < into.size()) {
        const ssize_t got = ::read(fd, into.data() + done, into.size() - done);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw system_error("cannot read " + what, errno);
        if (got == 0) break;
        done += static_cast<std::size_t>(got);
    }
    return done;
}

std::size_t read_up_to_at(int fd, std::uint64_t offset, MutableByteView into, const std::string& what) {
    std::size_t done = 0;
    while (done < into.size()) {
        const ssize_t got = ::pread(fd, into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw system_error("cannot read " + what, errno);
        if (got == 0) break;
        done += static_cast<std::size_t>(got);
    }
    return done;
}

void write_all(int fd, ByteView from, const std::string& what) {
    while (!from.empty()) {
        const ssize_t put = ::write(fd, from.data(), from.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) throw system_error("cannot write " + what, errno);
        from = from.subspan(static_cast<std::size_t>(put));
    }
}

void write_all_at(int fd, std::uint64_t offset, ByteView from, const std::string& what) {
    while (!from.empty()) {
        const ssize_t put = ::pwrite(fd, from.data(), from.size(), static_cast<off_t>(offset));
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) throw system_error("cannot write " + what, errno);
        offset += static_cast<std::uint64_t>(put);
        from = from.subspan(static_cast<std::size_t>(put));
    }
}

std::optional<Bytes> read_small_file(const std::string& path, std::size_t bytes_max) {
    UniqueFd fd;
    try {
        fd = open_at(AT_FDCWD, path, O_RDONLY);
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::NotFound) return std::nullopt;
        throw;
    }
    Bytes contents(bytes_max + 1);
    contents.resize(read_up_to(fd.get(), contents, escaped(path)));
    if (contents.size() > bytes_max)
        throw Error(ErrorKind::Corrupt, escaped(path) + " is longer than " + std::to_string(bytes_max) + " bytes");
    return contents;
}

void replace_small_file(const std::string& path, ByteView contents, unsigned mode) {
    TemporaryFile temporary(path + ".XXXXXX");
    if (::fchmod(temporary.fd(), mode) != 0) throw system_error("cannot set the mode of " + escaped(path), errno);
    write_all(temporary.fd(), contents, escaped(path));
    sync_fd(temporary.fd(), escaped(path));
    temporary.rename_to(path);
    const std::string folder = folder_of(path);
    sync_fd(open_at(AT_FDCWD, folder, O_RDONLY | O_DIRECTORY).get(), escaped(folder));
}

void make_folders(const std::string& path, unsigned mode) {
    for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
        const std::string folder = path.substr(0, slash);
        if (::mkdir(folder.c_str(), mode) != 0 && errno != EEXIST)
            throw system_error("cannot make the folder " + escaped(folder), errno);
        if (slash == std::string::npos) return;
    }
}

void sync_fd(int fd, const std::string& what) {
    if (::fsync(fd) != 0) throw system_error("fsync of " + what + " failed", errno);
}

}  // namespace vault
