// Writes to descriptor 1.
#include "cli/output.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "store/base/error.h"

namespace vault {

namespace {
constexpr std::size_t kBufferBytes = std::size_t{64} << 10;
}

Output::Output() : is_terminal_(::isatty(STDOUT_FILENO) == 1) {}

void Output::line(std::string_view text) {
    const std::lock_guard lock(mutex_);
    append(buffer_, as_bytes(text));
    buffer_.push_back('\n');
    if (is_terminal_ || buffer_.size() >= kBufferBytes) {
        const Bytes out = std::exchange(buffer_, {});
        write_out(out);
    }
}

void Output::bytes(ByteView bytes) {
    const std::lock_guard lock(mutex_);
    const Bytes out = std::exchange(buffer_, {});
    write_out(out);
    write_out(bytes);
}

void Output::flush() {
    const std::lock_guard lock(mutex_);
    const Bytes out = std::exchange(buffer_, {});
    write_out(out);
}

void Output::write_out(ByteView bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0 && errno == EPIPE) throw OutputClosed{};
        // Never NoSpace: what a command did to the store stands, only its report is lost.
        if (written < 0)
            throw Error(ErrorKind::Io, std::string("cannot write to stdout: ") + std::strerror(errno) +
                                           "; what was done before stands (see `vault snapshots`)");
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
}

}  // namespace vault
