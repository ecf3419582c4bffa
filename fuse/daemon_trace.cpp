// An abstract socket (unix(7)), its peer's credentials, pidfd_open(2).
#include "fuse/daemon_trace.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>

namespace vault {

namespace {

struct Name {
    sockaddr_un address{};
    socklen_t size = 0;
};

// No two mounts of a running kernel have one device number.
Name name_of(const MountedPlace& place) {
    const std::string text = "vault-mount/" + place.device;
    Name name;
    name.address.sun_family = AF_UNIX;
    std::memcpy(name.address.sun_path + 1, text.data(), std::min(text.size(), sizeof name.address.sun_path - 1));
    name.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + text.size());
    return name;
}

UniqueFd new_socket() { return UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)); }

const sockaddr* as_address(const Name& name) { return reinterpret_cast<const sockaddr*>(&name.address); }

// Of whom the kernel took the mount.
bool owns(uid_t user, const MountedPlace& place) {
    return user == 0 || (',' + place.options + ',').find(",user_id=" + std::to_string(user) + ',') != std::string::npos;
}

}  // namespace

UniqueFd leave_trace(const MountedPlace& place) {
    UniqueFd kept = new_socket();
    const Name name = name_of(place);
    if (kept && (::bind(kept.get(), as_address(name), name.size) != 0 || ::listen(kept.get(), SOMAXCONN) != 0))
        kept.reset();
    return kept;
}

std::optional<MountDaemon> daemon_of(const MountedPlace& place) {
    const UniqueFd asked = new_socket();
    const Name name = name_of(place);
    ucred peer{};
    socklen_t size = sizeof peer;
    // Who listens is known without an accept().
    if (!asked || ::connect(asked.get(), as_address(name), name.size) != 0 ||
        ::getsockopt(asked.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid <= 0 ||
        !owns(peer.uid, place))
        return std::nullopt;
    MountDaemon daemon{peer.pid, UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, peer.pid, 0)))};
    if (!daemon.pidfd) return std::nullopt;
    return daemon;
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
