// Creating, writing and finishing of regular files.
#include "store/restore_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "store/base/file.h"
#include "store/restore_names.h"

namespace vault {

std::string FileWriter::working_name(const RestoredFile& file) const {
    return shared_.target.is_staged() ? file.name : temporary_name(file.name);
}

void FileWriter::open(RestoredFile& file) {
    if (file.fd) return;
    file.is_created ? reopen(file) : create(file);
    ++shared_.open_files;
}

void FileWriter::create(RestoredFile& file) {
    if (file.name.empty()) throw Error(ErrorKind::Exists, "it would land where the target itself is");
    const int in = maker_.beneath().directory(*file.directory);
    const std::string name = working_name(file);
    constexpr int kCreate = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    int fd = ::openat(in, name.c_str(), kCreate, 0600);
    if (fd < 0 && errno == EEXIST) {
        if (shared_.target.is_staged()) throw Error(ErrorKind::Exists, "another entry lands on the same path");
        remove_entry(in, name);  // of a restore that was killed
        fd = ::openat(in, name.c_str(), kCreate, 0600);
    }
    if (fd < 0) throw system_error("cannot create it", errno);
    file.fd.reset(fd);
    file.is_created = true;
}

void FileWriter::reopen(RestoredFile& file) {
    const int in = maker_.beneath().directory(*file.directory);
    UniqueFd fd(::openat(in, working_name(file).c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) throw system_error("cannot open it again", errno);
    struct ::stat stat;
    if (::fstat(fd.get(), &stat) != 0) throw system_error("cannot stat it", errno);
    if (stat.st_dev != file.device || stat.st_ino != file.inode)
        throw Error(ErrorKind::Denied, "somebody replaced it while it was written");
    file.fd = std::move(fd);
}

void FileWriter::close(RestoredFile& file) {
    if (!file.fd) return;
    --shared_.open_files;
    // A network file system tells of a full disk only now.
    if (::close(file.fd.release()) != 0) throw system_error("cannot close it", errno);
}

void FileWriter::write(RestoredFile& file, std::uint64_t offset, ByteView bytes, std::uint64_t pieces) {
    {
        const std::lock_guard lock(file.mutex);
        if (!file.has_failed) {
            try {
                open(file);
                write_all_at(file.fd.get(), offset, bytes, file.name);
                if (shared_.open_files > shared_.open_files_max && file.awaited > pieces) {
                    struct ::stat stat;
                    if (::fstat(file.fd.get(), &stat) != 0) throw system_error("cannot stat it", errno);
                    file.device = stat.st_dev;
                    file.inode = stat.st_ino;
                    close(file);
                }
            } catch (const Error& error) {
                fail_locked(file, error, RestoreLog::Source::System);
            }
        }
    }
    release(file, pieces);
}

void FileWriter::fail(RestoredFile& file, const Error& error, RestoreLog::Source source) {
    const std::lock_guard lock(file.mutex);
    fail_locked(file, error, source);
}

void FileWriter::fail_locked(RestoredFile& file, const Error& error, RestoreLog::Source source) {
    if (file.has_failed) return;
    shared_.log.failed(file.key, error, source);
    file.has_failed = true;
    discard_locked(file);
}

void FileWriter::release(RestoredFile& file, std::uint64_t things) {
    if ((file.awaited -= things) != 0) return;
    const std::lock_guard lock(file.mutex);
    if (file.has_failed) return;
    try {
        finish(file);
    } catch (const Error& error) {
        fail_locked(file, error, RestoreLog::Source::System);
    }
}

void FileWriter::finish(RestoredFile& file) {
    open(file);
    if (!file.inline_content.empty()) write_all(file.fd.get(), file.inline_content, file.name);
    if (file.ends_in_hole && ::ftruncate(file.fd.get(), static_cast<off_t>(file.size)) != 0)
        throw system_error("cannot set its length", errno);
    const MetadataOutcome outcome =
        apply_metadata({file.fd.get(), false}, file.metadata, shared_.rules, maker_.already_set(file.metadata));
    close(file);
    if (!shared_.target.is_staged())
        put_in_place(maker_.beneath().directory(*file.directory), working_name(file), file.name);
    file.is_done = true;
    shared_.log.applied(file.key, outcome);
    shared_.log.placed_file(file.size);
}

void FileWriter::discard(RestoredFile& file) {
    const std::lock_guard lock(file.mutex);
    discard_locked(file);
}

void FileWriter::discard_locked(RestoredFile& file) {
    if (file.is_done) return;
    if (file.fd) {
        --shared_.open_files;
        file.fd.reset();
    }
    if (!file.is_created) return;
    file.is_created = false;
    try {
        ::unlinkat(maker_.beneath().directory(*file.directory), working_name(file).c_str(), 0);
    } catch (const Error&) {
        // Its folder is gone, and the file with it.
    }
}

}  // namespace vault
