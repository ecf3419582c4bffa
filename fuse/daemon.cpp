// fork, a pipe, and /dev/null.
#include "fuse/daemon.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "store/base/error.h"

namespace vault {

namespace {

constexpr int kWaitTickMs = 100;
constexpr int kKilledBase = 128;  // what a shell shows for a process ended by a signal is this and its number

int exit_code_of(pid_t child) {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0)
        if (errno != EINTR) throw system_error("cannot wait for the daemon", errno);
    return WIFSIGNALED(status) ? kKilledBase + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

std::optional<int> Daemon::detach(const std::function<bool()>& interrupted) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw system_error("pipe failed", errno);
    UniqueFd reader(ends[0]), writer(ends[1]);
    const pid_t child = ::fork();
    if (child < 0) throw system_error("cannot fork", errno);
    if (child == 0) {
        reader.reset();
        parent_ = std::move(writer);
        ::setsid();
        return std::nullopt;
    }
    writer.reset();
    for (bool ended = false;;) {
        pollfd waiting{reader.get(), POLLIN, 0};
        const int heard = ::poll(&waiting, 1, kWaitTickMs);
        if (!ended && interrupted()) {
            ended = true;
            ::kill(child, SIGTERM);
        }
        if (heard <= 0) continue;
        char said = 0;
        return ::read(reader.get(), &said, 1) == 1 ? 0 : exit_code_of(child);
    }
}

void Daemon::ready() {
    if (!parent_) return;
    static_cast<void>(::chdir("/"));
    const UniqueFd nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nothing.get(), fd);
    static_cast<void>(::write(parent_.get(), "r", 1));
    parent_.reset();
}

}  // namespace vault
