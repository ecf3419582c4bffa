// writer.0, writer.1 …: 16 random bytes each, locked while in use.
#include "store/writer_identity.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

#include "store/base/file.h"
#include "store/seal/primitives.h"

namespace vault {

namespace {

constexpr int kWritersMax = 1'000;  // at once on one machine

}  // namespace

WriterIdentity WriterIdentity::acquire(const std::filesystem::path& state_folder) {
    make_folders(state_folder.string());
    for (int number = 0; number < kWritersMax; ++number) {
        const std::string path = (state_folder / ("writer." + std::to_string(number))).string();
        WriterIdentity identity;
        identity.lock_ = open_at(AT_FDCWD, path, O_RDWR | O_CREAT, 0600);
        if (::flock(identity.lock_.get(), LOCK_EX | LOCK_NB) != 0) {
            if (errno == EWOULDBLOCK) continue;
            throw system_error("cannot lock " + escaped(path), errno);
        }
        Bytes stored(ControlId::kBytes);
        if (read_up_to_at(identity.lock_.get(), 0, stored, escaped(path)) == ControlId::kBytes) {
            identity.id_ = ControlId::from(stored);
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

}  // namespace vault
