// writer.0, writer.1 …: 16 random bytes each, the sequence (u64) and hash of its newest snapshot (zeros: none yet), and
// the SHA-256 of these; locked while in use.
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

constexpr std::size_t kSumBytes = 32;
constexpr std::size_t kFileBytes = ControlId::kBytes + 8 + ObjectHash::kBytes + kSumBytes;

bool is_whole(ByteView stored) {
    if (stored.size() != kFileBytes) return false;
    return equal(sha256(stored.first(kFileBytes - kSumBytes)), stored.last(kSumBytes));
}

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
        if (is_whole(stored)) {
            Cursor cursor(stored, "the state of a writer");
            identity.id_ = cursor.id<ControlId>();
            identity.last_ = {cursor.u64(), cursor.id<ObjectHash>()};
        } else {
            // New, cut off while it was written, or damaged: a new writer, whose numbers begin anew.
            fill_random(identity.id_.bytes);
            identity.remember({});
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
    Bytes stored = writer.take();
    append(stored, sha256(stored));
    write_all_at(lock_.get(), 0, stored, escaped(path_));
    last_ = last;
}

}  // namespace vault
