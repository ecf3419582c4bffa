// A signalfd and a thread.
#include "fuse/stop_signals.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>

#include "store/base/error.h"

namespace vault {

namespace {

constexpr int kInterrupted = 130;  // docs/cli.md, "Exit codes"

sigset_t stop_set() {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        struct sigaction action {};
        // nohup and a shell's background jobs have some of them ignored on purpose.
        if (::sigaction(signal, nullptr, &action) == 0 && action.sa_handler != SIG_IGN) ::sigaddset(&set, signal);
    }
    return set;
}

}  // namespace

StopSignals::StopSignals() {
    const sigset_t set = stop_set();
    if (const int failed = ::pthread_sigmask(SIG_BLOCK, &set, nullptr); failed != 0)
        throw system_error("cannot block signals", failed);
    signals_.reset(::signalfd(-1, &set, SFD_CLOEXEC));
    if (!signals_) throw system_error("cannot wait for signals", errno);
    end_.reset(::eventfd(0, EFD_CLOEXEC));
    if (!end_) throw system_error("cannot make an eventfd", errno);
    thread_ = std::thread([this] { serve(); });
}

StopSignals::~StopSignals() {
    ::eventfd_write(end_.get(), 1);
    thread_.join();
}

void StopSignals::on_stop(std::function<void()> stop) {
    const std::lock_guard lock(mutex_);
    stop_ = std::move(stop);
}

void StopSignals::serve() {
    for (bool stopping = false;;) {
        pollfd waiting[] = {{signals_.get(), POLLIN, 0}, {end_.get(), POLLIN, 0}};
        if (::poll(waiting, 2, -1) < 0 && errno != EINTR) return;
        if (waiting[1].revents != 0) return;
        signalfd_siginfo taken{};
        if (waiting[0].revents == 0 || ::read(signals_.get(), &taken, sizeof taken) != sizeof taken) continue;
        const std::lock_guard lock(mutex_);
        if (stopping || !stop_) ::_exit(kInterrupted);
        stopping = true;
        stop_();
    }
}

}  // namespace vault
