// Abstract sockets (unix(7)), their peers' credentials, pidfd_open(2).
#include "fuse/daemon_trace.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <set>
#include <string>
#include <utility>

#include "store/process_identity.h"

namespace vault {

namespace {

struct Name {
    sockaddr_un address{};
    socklen_t size = 0;
};

// No two mounts have one device number at the same time.
std::string traces_of(const MountedPlace& place) { return "vault-mount/" + place.device + "/"; }

Name as_name(const std::string& text) {
    Name name;
    name.address.sun_family = AF_UNIX;
    const std::size_t length = std::min(text.size(), sizeof name.address.sun_path - 1);
    std::memcpy(name.address.sun_path + 1, text.data(), length);
    name.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + length);
    return name;
}

// The names of abstract sockets that start so; in /proc/net/unix '@' stands for the zero byte before them.
std::set<std::string> names_that_start(const std::string& start) {
    std::set<std::string> names;
    std::ifstream table("/proc/net/unix");
    for (std::string line; std::getline(table, line);) {
        const std::size_t at = line.rfind(" @" + start);
        if (at != std::string::npos) names.insert(line.substr(at + 2));
    }
    return names;
}

UniqueFd new_socket() { return UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)); }

const sockaddr* as_address(const Name& name) { return reinterpret_cast<const sockaddr*>(&name.address); }

// Of whom the kernel took the mount.
bool owns(uid_t user, const MountedPlace& place) {
    return user == 0 || (',' + place.options + ',').find(",user_id=" + std::to_string(user) + ',') != std::string::npos;
}

// Who listens under the name; known without an accept().
std::optional<ucred> listener(const Name& name) {
    const UniqueFd asked = new_socket();
    ucred peer{};
    socklen_t size = sizeof peer;
    if (!asked || ::connect(asked.get(), as_address(name), name.size) != 0 ||
        ::getsockopt(asked.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid <= 0)
        return std::nullopt;
    return peer;
}

}  // namespace

UniqueFd leave_trace(const MountedPlace& place) {
    UniqueFd kept = new_socket();
    const Name name = as_name(traces_of(place) + std::to_string(::getpid()));
    if (kept && (::bind(kept.get(), as_address(name), name.size) != 0 || ::listen(kept.get(), SOMAXCONN) != 0))
        kept.reset();
    return kept;
}

std::optional<MountDaemon> daemon_of(const MountedPlace& place) {
    std::optional<MountDaemon> latest;
    std::uint64_t latest_start = 0;
    for (const std::string& name : names_that_start(traces_of(place))) {
        const auto peer = listener(as_name(name));
        if (!peer || !owns(peer->uid, place)) continue;
        UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, peer->pid, 0)));
        const auto start = start_ticks(static_cast<std::uint32_t>(peer->pid));
        if (!pidfd || !start || (latest && *start < latest_start)) continue;
        latest = MountDaemon{peer->pid, std::move(pidfd)};
        latest_start = *start;
    }
    return latest;
}

bool wait_for_end(const MountDaemon& daemon, std::chrono::milliseconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        pollfd ended{daemon.pidfd.get(), POLLIN, 0};
        if (::poll(&ended, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0))) > 0) return true;
        if (left.count() <= 0) return false;
    }
}

}  // namespace vault
