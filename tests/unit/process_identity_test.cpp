// Whether a process still lives, as far as this machine can know.
#include <catch2/catch.hpp>

#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <stdexcept>

#include "store/process_identity.h"
#include "tests/support/child_process.h"

using namespace vault;

namespace {

// A process that does nothing until it is killed and waited for.
class Sleeper {
  public:
    explicit Sleeper(const std::function<void()>& first = [] {}) {
        int ready[2];
        if (::pipe(ready) != 0) throw std::runtime_error("pipe");
        pid_ = ::fork();
        if (pid_ == 0) {
            first();
            if (::write(ready[1], "r", 1) != 1) ::_exit(1);
            for (;;) ::pause();
        }
        char byte = 0;
        if (::read(ready[0], &byte, 1) != 1) throw std::runtime_error("read");
        ::close(ready[0]);
        ::close(ready[1]);
    }
    ~Sleeper() { end(); }
    void kill() const {
        ::kill(pid_, SIGKILL);
        siginfo_t ended{};
        ::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOWAIT);  // dead, and still a zombie
    }
    void end() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }
    pid_t pid() const { return pid_; }

  private:
    pid_t pid_ = -1;
};

// The identity of another process of this machine: what it would have put into its session.
ProcessIdentity identity_of(const std::function<void(pid_t)>& use_pid, const Sleeper& sleeper) {
    use_pid(sleeper.pid());
    ProcessIdentity identity = this_process();
    identity.pid = static_cast<std::uint32_t>(sleeper.pid());
    FILE* stat = ::fopen(("/proc/" + std::to_string(sleeper.pid()) + "/stat").c_str(), "r");
    REQUIRE(stat != nullptr);
    unsigned long long ticks = 0;
    // The name of the test program has no ')' in it.
    REQUIRE(::fscanf(stat,
                     "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
                     &ticks) == 1);
    ::fclose(stat);
    identity.start_ticks = ticks;
    return identity;
}

ProcessIdentity identity_of(const Sleeper& sleeper) {
    return identity_of([](pid_t) {}, sleeper);
}

}  // namespace

TEST_CASE("this process knows who it is, and that it lives", "[process_identity]") {
    const ProcessIdentity self = this_process();
    CHECK(self.pid == static_cast<std::uint32_t>(::getpid()));
    CHECK(self.host == host_name());
    CHECK_FALSE(self.host.empty());
    CHECK(self.start_ticks > 0);
    CHECK(self.pid_namespace > 0);
    CHECK_FALSE(self.boot.is_zero());
    CHECK(self == this_process());
    CHECK(liveness(self) == Liveness::Alive);
}

TEST_CASE("another process lives until it is gone", "[process_identity]") {
    Sleeper sleeper;
    const ProcessIdentity identity = identity_of(sleeper);
    CHECK(liveness(identity) == Liveness::Alive);
    sleeper.end();
    CHECK(liveness(identity) == Liveness::Gone);
}

TEST_CASE("a process that died and was not waited for is gone", "[process_identity]") {
    Sleeper sleeper;
    const ProcessIdentity identity = identity_of(sleeper);
    sleeper.kill();
    CHECK(liveness(identity) == Liveness::Gone);
}

TEST_CASE("a process that has the number of an earlier one is not it", "[process_identity]") {
    ProcessIdentity earlier = this_process();
    --earlier.start_ticks;
    CHECK(liveness(earlier) == Liveness::Gone);
}

TEST_CASE("of another machine, boot or pid namespace nothing is known", "[process_identity]") {
    const auto changed = [](const std::function<void(ProcessIdentity&)>& change) {
        ProcessIdentity other = this_process();
        other.start_ticks = 1;  // here it would be gone
        change(other);
        return liveness(other);
    };
    CHECK(changed([](ProcessIdentity&) {}) == Liveness::Gone);
    CHECK(changed([](ProcessIdentity& p) { p.machine.bytes[3] ^= 1; }) == Liveness::Unknown);
    CHECK(changed([](ProcessIdentity& p) { p.boot.bytes[0] ^= 1; }) == Liveness::Unknown);
    CHECK(changed([](ProcessIdentity& p) { p.boot = {}; }) == Liveness::Unknown);
    CHECK(changed([](ProcessIdentity& p) { ++p.pid_namespace; }) == Liveness::Unknown);
    CHECK(changed([](ProcessIdentity& p) { p.pid_namespace = 0; }) == Liveness::Unknown);
}

TEST_CASE("where /proc hides the processes of others, a living one is not taken for gone", "[process_identity]") {
    Sleeper sleeper;
    const ProcessIdentity identity = identity_of(sleeper);
    ChildProcess other_user([&] {
        if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount("proc", "/proc", "proc", 0, "hidepid=2") != 0 || ::setresgid(65534, 65534, 65534) != 0 ||
            ::setresuid(65534, 65534, 65534) != 0)
            ::_exit(77);
        if (liveness(identity) != Liveness::Unknown) throw std::runtime_error("it lives, hidden");
        ProcessIdentity none = identity;
        none.pid = 0x3FFFFFF0;  // above any pid_max
        if (liveness(none) != Liveness::Gone) throw std::runtime_error("there is no such process");
    });
    const int status = other_user.exit_status();
    if (status == 77) {
        WARN("not run: mounting /proc anew needs root");
        SUCCEED();
        return;
    }
    CHECK(status == 0);
}
