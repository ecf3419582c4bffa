// Pieces of a test in processes of their own: for locks between processes and for kills. The process that forks must
// have no threads of its own, so a test file that uses this opens no index and no mount in the parent.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>

namespace vault {

class ChildProcess {
  public:
    // Runs `work` in a fork of this process; an exception ends it with status 1 and its message on stderr. Assertions
    // of Catch do not work in there: throw instead.
    explicit ChildProcess(const std::function<void()>& work);
    ChildProcess(ChildProcess&& other) noexcept;
    ChildProcess& operator=(ChildProcess&&) = delete;
    ~ChildProcess();  // kills it

    void kill_after(std::chrono::microseconds delay);
    // True if it ended by itself with status 0.
    bool succeeded();
    // True if it ended by a signal.
    bool was_killed();
    // What it ended with by itself; -1 after a signal.
    int exit_status();

  private:
    int wait();
    pid_t pid_ = -1;
    int status_ = -1;
};

// Runs `work` in a child and waits: true if it ended well.
bool succeeds_in_child(const std::function<void()>& work);

}  // namespace vault
