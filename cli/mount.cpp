// vault mount: snapshots as folders, served by a daemon.
#include "fuse/mount.h"

#include <syslog.h>

#include <chrono>
#include <filesystem>
#include <mutex>

#include "cli/command.h"
#include "cli/open_snapshot.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "fuse/daemon.h"
#include "fuse/stop_signals.h"
#include "store/backend/deadline.h"
#include "store/backend/local.h"
#include "store/base/text.h"

namespace vault {

namespace {

constexpr int kTimeoutMaxSeconds = 3'600;

struct MountCommand {
    std::string point;
    VaultFsOptions view;
    bool allow_other = false, foreground = false;
    int timeout_seconds = 30;
};

// Failures that the kernel's callers see as EIO, told to a person: on stderr, or in the system's log once nobody reads
// that. At most one a second: a damaged file is read in many pieces.
class Teller {
  public:
    void to_system_log() {
        const std::lock_guard lock(mutex_);
        ::openlog("vault mount", LOG_PID, LOG_DAEMON);
        to_log_ = true;
    }
    void tell(const std::string& text) {
        const std::lock_guard lock(mutex_);
        const auto now = std::chrono::steady_clock::now();
        if (last_ && now < *last_ + std::chrono::seconds(1)) {
            ++left_out_;
            return;
        }
        last_ = now;
        std::string line = text;
        if (left_out_ > 0) line += " (and " + std::to_string(std::exchange(left_out_, 0)) + " failures before it)";
        if (to_log_)
            ::syslog(LOG_ERR, "%s", line.c_str());
        else
            complain(line);
    }

  private:
    std::mutex mutex_;  // guards all below
    bool to_log_ = false;
    std::optional<std::chrono::steady_clock::time_point> last_;
    std::uint64_t left_out_ = 0;
};

MountCommand parse(Invocation& invocation) {
    OptionParser parser(
        "Shows the snapshots as folders of files at MOUNTPOINT and returns when they are there; a daemon goes on to "
        "answer until the mount is ended by `vault umount` or SIGTERM. Reading alone.",
        "vault mount");
    MountCommand command;
    parser.add_option("MOUNTPOINT", command.point, "An existing folder").required().type_name("");
    parser.add_option("--snapshot", command.view.snapshot,
                      "Only this snapshot, or the folder PATH of it, at MOUNTPOINT itself")
        .type_name("SNAP[:PATH]");
    add_filter(parser, command.view.filter, "Only snapshots");
    parser.add_flag("--allow-other", command.allow_other,
                    "Let other users in; permissions count as they were recorded");
    parser.add_flag("-f,--foreground", command.foreground, "Stay in the foreground until the mount is ended");
    parser.add_option("--timeout", command.timeout_seconds,
                      "How long to wait for the repository before a read fails; 30 unless given")
        .type_name("SECONDS")
        .range(1, kTimeoutMaxSeconds);
    invocation.parse(parser);
    return command;
}

void show_mounted(Invocation& invocation, const std::string& point) {
    if (invocation.json()) {
        Json summary = message("summary");
        put_name(summary, "mount_point", point);
        print(invocation.output(), summary);
    } else {
        invocation.output().line("mounted at " + escaped(point) + "; to end it: vault umount " + escaped(point));
    }
    invocation.output().flush();
}

// In the process that serves.
void serve(Invocation& invocation, const MountCommand& command, std::shared_ptr<Backend> local, const Secrets& secrets,
           Daemon& daemon) {
    StopSignals signals;  // before any other thread
    const std::chrono::seconds deadline(command.timeout_seconds);
    const auto backend = std::make_shared<DeadlineBackend>(std::move(local), deadline);
    const auto repository =
        Repository::open(backend, secrets.credentials(), default_client_folders(), Access::Read);
    Teller teller;
    VaultFsOptions view = command.view;
    view.tell = [&](const auto& text) { teller.tell(text); };
    VaultFs fs(*repository, std::move(view));
    const std::string source = std::filesystem::absolute(invocation.repository_location()).lexically_normal().string();
    Mount mount(fs, {command.point, source, command.allow_other}, [&](const auto& text) { teller.tell(text); });
    signals.on_stop([&] {
        backend->give_up();
        mount.stop();
    });
    try {
        const auto ready = [&] {
            if (command.foreground) return show_mounted(invocation, command.point);
            teller.to_system_log();
            daemon.ready();
        };
        mount.serve(ready, [&] { backend->give_up(); });
    } catch (...) {
        signals.on_stop(nullptr);
        throw;
    }
    signals.on_stop(nullptr);
}

}  // namespace

ExitCode run_mount(Invocation& invocation) {
    MountCommand command = parse(invocation);
    command.point = std::filesystem::absolute(command.point).string();
    std::shared_ptr<Backend> local = open_local(invocation.repository_location());
    const Secrets secrets = secrets_to_open(invocation.secret_sources());
    invocation.output().flush();
    Daemon daemon;
    if (!command.foreground) {
        if (const auto code = daemon.detach(interrupted)) {
            if (*code == 0) show_mounted(invocation, command.point);
            return static_cast<ExitCode>(*code);
        }
    }
    serve(invocation, command, std::move(local), secrets, daemon);
    return ExitCode::Ok;
}

}  // namespace vault
