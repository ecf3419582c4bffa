// How whoever unmounts finds the process behind the mount, to wait for its end. The daemon is not asked for anything,
// since it may hang: it only keeps a socket named after the mount's device number and its own process id. Both, for the
// kernel gives the number to another mount as soon as one is gone, while the daemon behind it may go on for a while.
#pragma once

#include <chrono>
#include <optional>

#include "store/base/mountinfo.h"
#include "store/base/unique_fd.h"

namespace vault {

// In the daemon, while it is mounted at `place`: the socket to keep. Empty where there is none to be had, which costs
// no more than the wait.
UniqueFd leave_trace(const MountedPlace& place);

// A process, by a pidfd: whoever gets its number later is not taken for it.
struct MountDaemon {
    int process = 0;
    UniqueFd pidfd;
};

// The process that serves the mount: of those that left a trace of its device, the one started last. To be called
// before the unmount. Nothing where it has died or cannot be told: in another network or pid namespace, or started by a
// user who has no part in the mount.
std::optional<MountDaemon> daemon_of(const MountedPlace& place);

// False: it goes on after `limit`.
bool wait_for_end(const MountDaemon& daemon, std::chrono::milliseconds limit);

}  // namespace vault
