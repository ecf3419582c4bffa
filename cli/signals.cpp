// Signal handlers; they do nothing but set flags.
#include "cli/signals.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>

#include "cli/exit_code.h"

namespace vault {

namespace {

std::atomic<bool> stop_wished{false}, progress_wished{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may touch nothing else");

void on_stop(int) {
    if (stop_wished.exchange(true)) ::_exit(static_cast<int>(ExitCode::Interrupted));
}

void on_progress(int) {
    progress_wished = true;
}

void handle(int signal, void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    ::sigemptyset(&action.sa_mask);
    ::sigaction(signal, &action, nullptr);
}

}  // namespace

void catch_signals() {
    // nohup and a shell's background jobs have SIGINT ignored on purpose.
    for (const int signal : {SIGINT, SIGHUP}) {
        struct sigaction before {};
        if (::sigaction(signal, nullptr, &before) == 0 && before.sa_handler != SIG_IGN) handle(signal, on_stop);
    }
    handle(SIGTERM, on_stop);
    handle(SIGUSR1, on_progress);
    handle(SIGPIPE, SIG_IGN);
    handle(SIGXFSZ, SIG_IGN);  // a file beyond RLIMIT_FSIZE is EFBIG then, and one line
}

bool interrupted() {
    return stop_wished;
}

bool take_progress_wish() {
    return progress_wished.exchange(false);
}

void stop_if_interrupted() {
    if (interrupted()) throw Error(ErrorKind::Interrupted, "interrupted");
}

}  // namespace vault
