// writer.0, writer.1 …: 16 random bytes each, and after its first snapshot the sequence (u64) and hash of its newest;
// locked while in use.
#include "store/writer_identity.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

#include "store/base/file.h"
#include "store/format/cursor.h"
#include "store/seal/primitives.h"

namespace vault {

namespace {

constexpr int kWritersMax = 1'000;  // at once on one machine

constexpr std::size_t kFileBytes = ControlId::kBytes + 8 + ObjectHash::kBytes;

// What is full or read-only here is this client's own disk.
Error not_the_store(const Error& error) {
    const ErrorKind kind = error.kind() == ErrorKind::ReadOnly ? ErrorKind::Denied : error.kind();
    return Error(kind, "the folder that remembers this writer cannot be used (XDG_STATE_HOME moves it): " +
                           std::string(error.what()));
}

}  // namespace

WriterIdentity WriterIdentity::acquire(const std::filesystem::path& state_folder) {
    try {
        make_folders(state_folder.string());
    } catch (const Error& error) {
        throw not_the_store(error);
    }
    for (int number = 0; number < kWritersMax; ++number) {
        const std::string path = (state_folder / ("writer." + std::to_string(number))).string();
        WriterIdentity identity;
        try {
            identity.lock_ = open_at(AT_FDCWD, path, O_RDWR | O_CREAT, 0600);
        } catch (const Error& error) {
            throw not_the_store(error);
        }
        if (::flock(identity.lock_.get(), LOCK_EX | LOCK_NB) != 0) {
            if (errno == EWOULDBLOCK) continue;
            throw system_error("cannot lock " + escaped(path), errno);
        }
        identity.path_ = path;
        Bytes stored(kFileBytes);
        stored.resize(read_up_to_at(identity.lock_.get(), 0, stored, escaped(path)));
        if (stored.size() >= ControlId::kBytes) {
            Cursor cursor(stored, "the state of a writer");
            identity.id_ = cursor.id<ControlId>();
            if (stored.size() == kFileBytes) identity.last_ = {cursor.u64(), cursor.id<ObjectHash>()};
        } else {
            // New, or cut off while it was made: no snapshot carries it yet.
            fill_random(identity.id_.bytes);
            write_all_at(identity.lock_.get(), 0, identity.id_.view(), escaped(path));
            sync_fd(identity.lock_.get(), escaped(path));
        }
        return identity;
    }
    throw Error(ErrorKind::Busy, "more than " + std::to_string(kWritersMax) + " runs at once from this machine");
}

void WriterIdentity::remember(const Last& last) {
    Writer writer;
    writer.id(id_);
    writer.u64(last.sequence);
    writer.id(last.hash);
    write_all_at(lock_.get(), 0, writer.take(), escaped(path_));
    last_ = last;
}

}  // namespace vault
