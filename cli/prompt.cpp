// Asking for a password on the terminal, echo off.
#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>

#include "cli/secrets.h"
#include "cli/signals.h"
#include "store/base/error.h"
#include "store/base/file.h"

namespace vault {

namespace {

constexpr int kSignalTickMs = 100;
constexpr std::size_t kTypedBytesMax = 4'096;  // a terminal's line has no more

// Echo is off while this lives.
class SilentTerminal {
  public:
    explicit SilentTerminal(int fd) : fd_(fd) {
        if (::tcgetattr(fd_, &before_) != 0) throw system_error("cannot ask the terminal", errno);
        termios silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        silent.c_lflag |= ECHONL;
        if (::tcsetattr(fd_, TCSAFLUSH, &silent) != 0) throw system_error("cannot ask the terminal", errno);
    }
    SilentTerminal(const SilentTerminal&) = delete;
    SilentTerminal& operator=(const SilentTerminal&) = delete;
    ~SilentTerminal() { ::tcsetattr(fd_, TCSAFLUSH, &before_); }

  private:
    int fd_;
    termios before_{};
};

Secret typed(int fd, const std::string& question) {
    const SilentTerminal silent(fd);
    write_all(fd, as_bytes(question + ": "), "the terminal");
    Secret line(kTypedBytesMax);
    std::size_t size = 0;
    for (;;) {
        // A signal that comes just before the wait does not end it: the flag is looked at again and again.
        pollfd waiting{fd, POLLIN, 0};
        stop_if_interrupted();
        const int ready = ::poll(&waiting, 1, kSignalTickMs);
        if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
        const ssize_t got = ::read(fd, line.mutable_view().data() + size, kTypedBytesMax - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw system_error("cannot read from the terminal", errno);
        size += static_cast<std::size_t>(got);
        const bool ended = size > 0 && line.view()[size - 1] == '\n';
        if (ended || got == 0) return Secret::copy_of(line.view().first(size - (ended ? 1 : 0)));
        if (size == kTypedBytesMax) throw Error(ErrorKind::Usage, "the password is too long to be typed");
    }
}

}  // namespace

Secret ask_password(const std::string& question, Prompt prompt) {
    // Scripts must never hang on a question: who redirects stdin is not there to answer.
    if (::isatty(STDIN_FILENO) != 1)
        throw Error(ErrorKind::Usage,
                    "no password: set VAULT_PASSWORD_FILE, VAULT_PASSWORD_COMMAND, VAULT_PASSWORD_FD, "
                    "VAULT_PASSWORD or VAULT_KEY_FILE (VAULT_NEW_PASSWORD… for a new one)");
    UniqueFd terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
    const int fd = terminal ? terminal.get() : STDIN_FILENO;
    Secret first = typed(fd, question);
    if (first.empty()) throw Error(ErrorKind::Usage, "the password is empty");
    if (prompt == Prompt::Twice && !equal(first.view(), typed(fd, "the same again").view()))
        throw Error(ErrorKind::Usage, "the two inputs differ; nothing was changed");
    return first;
}

}  // namespace vault
