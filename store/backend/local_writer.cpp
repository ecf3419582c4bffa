// Temporaries: protocol.md's put_new, step by step.
#include "store/backend/local_writer.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

#include "store/backend/object_names.h"
#include "store/base/error.h"
#include "store/base/file.h"
#include "store/base/text.h"

namespace vault {

namespace {

constexpr std::size_t kGatherBytes = std::size_t{1} << 20;
// Measured with packs of 64 MiB: 88 to 104 ms each, of which `publish` 14 to 18; without these steps 178 to 188 and 43.
constexpr std::uint64_t kWritebackStepBytes = std::uint64_t{8} << 20;
constexpr std::size_t kRandomBytes = 16;
// Published objects never change, so not even their owner may open them for writing.
constexpr unsigned kObjectMode = 0400;

std::size_t temporaries_folder() {
    static const std::size_t index = place_of("tmp/" + std::string(32, '0') + "-0").folder;
    return index;
}

}  // namespace

std::string random_hex(std::size_t bytes) {
    Bytes random(bytes);
    for (std::size_t done = 0; done < bytes;) {
        const ssize_t got = ::getrandom(random.data() + done, bytes - done, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw system_error("getrandom failed", errno);
        done += static_cast<std::size_t>(got);
    }
    return to_hex(random);
}

Error refused_write(const std::string& what, int error_number) {
    const Error error = system_error(what, error_number);
    return error.kind() == ErrorKind::Denied ? Error(ErrorKind::ReadOnly, error.what()) : error;
}

LocalWriter::LocalWriter(LocalFolders& folders, const std::string& session) : folders_(folders) {
    if (!is_session_name(session)) throw std::logic_error("not a session's name: " + escaped(session));
    const std::string name = session + '-' + random_hex(kRandomBytes);
    constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    file_.reset(::openat(folders_.folder(temporaries_folder()), name.c_str(), kFlags, kObjectMode));
    if (!file_) throw refused_write("cannot create a temporary in " + folders_.location() + "/tmp", errno);
    temporary_ = name;
}

LocalWriter::~LocalWriter() {
    // A temporary that cannot be removed is what a kill leaves as well: prune removes it once its session has ended.
    if (!temporary_.empty()) ::unlinkat(folders_.folder(temporaries_folder()), temporary_.c_str(), 0);
}

void LocalWriter::write_out(ByteView bytes) {
    write_all(file_.get(), bytes, folders_.location() + "/tmp/" + temporary_);
    written_bytes_ += bytes.size();
    if (written_bytes_ - writeback_begun_bytes_ < kWritebackStepBytes) return;
    // Advice: where it is refused, the fsync does all the work, and that one is checked.
    ::sync_file_range(file_.get(), static_cast<off_t>(writeback_begun_bytes_),
                      static_cast<off_t>(written_bytes_ - writeback_begun_bytes_), SYNC_FILE_RANGE_WRITE);
    writeback_begun_bytes_ = written_bytes_;
}

void LocalWriter::append(ByteView bytes) {
    if (!file_) throw std::logic_error("append to an object that was published or failed to be");
    if (gathered_.size() + bytes.size() >= kGatherBytes) {
        write_out(gathered_);
        gathered_.clear();
        if (bytes.size() >= kGatherBytes) return write_out(bytes);
    }
    vault::append(gathered_, bytes);
}

void LocalWriter::publish(const std::string& name) {
    if (!file_) throw std::logic_error("an object is published once");
    const ObjectPlace place = place_of(name);
    const std::string location = folders_.location() + '/' + name;
    const int final_folder = folders_.folder(place.folder);
    UniqueFd file = std::move(file_);  // whatever fails from here on, this writer is done
    write_all(file.get(), gathered_, location);
    sync_fd(file.get(), location);
    // After a good fsync close has nothing left to lose, but some file systems report a quota only here.
    if (::close(file.release()) != 0 && errno != EINTR) throw system_error("cannot close " + location, errno);
    if (::renameat2(folders_.folder(temporaries_folder()), temporary_.c_str(), final_folder, place.leaf.c_str(),
                    RENAME_NOREPLACE) != 0)
        throw refused_write("cannot create " + location, errno);
    temporary_.clear();
    folders_.sync(place.folder);
}

}  // namespace vault
