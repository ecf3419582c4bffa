// fork, kill, waitpid.
#include "tests/support/child_process.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <thread>
#include <utility>

#include "store/base/error.h"

namespace vault {

ChildProcess::ChildProcess(const std::function<void()>& work) : pid_(::fork()) {
    if (pid_ < 0) throw system_error("cannot fork", errno);
    if (pid_ > 0) return;
    int status = 0;
    try {
        work();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "child: %s\n", error.what());
        status = 1;
    }
    ::_exit(status);  // no destructors of what belongs to the parent
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), status_(other.status_) {}

ChildProcess::~ChildProcess() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    wait();
}

void ChildProcess::kill_after(std::chrono::microseconds delay) {
    std::this_thread::sleep_for(delay);
    if (pid_ >= 0) ::kill(pid_, SIGKILL);
}

int ChildProcess::wait() {
    while (pid_ >= 0) {
        const pid_t ended = ::waitpid(pid_, &status_, 0);
        if (ended < 0 && errno == EINTR) continue;
        if (ended < 0) throw system_error("cannot wait for a child", errno);
        pid_ = -1;
    }
    return status_;
}

bool ChildProcess::succeeded() {
    return exit_status() == 0;
}

int ChildProcess::exit_status() {
    const int status = wait();
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool ChildProcess::was_killed() {
    return WIFSIGNALED(wait());
}

bool succeeds_in_child(const std::function<void()>& work) {
    return ChildProcess(work).succeeded();
}

}  // namespace vault
