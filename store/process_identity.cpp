// /etc/machine-id, the boot id, the pid namespace and /proc/<pid>/stat.
#include "store/process_identity.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "store/base/file.h"

namespace vault {

namespace {

constexpr std::size_t kSmallFileBytesMax = 4'096;
constexpr int kStateField = 3, kStartTimeField = 22;  // of /proc/<pid>/stat, counted from 1; proc(5)

// 16 bytes from the hexadecimal digits of a file such as machine-id; zero where it is absent or different.
ControlId id_from_file(const char* path) {
    ControlId id;
    try {
        const auto contents = read_small_file(path, kSmallFileBytesMax);
        if (!contents) return id;
        std::string digits;
        for (const std::uint8_t byte : *contents)
            if (byte != '-' && byte != '\n') digits += static_cast<char>(byte);
        return ControlId::from_hex(digits);
    } catch (const Error&) {
        return id;  // an unknown id is a legal value: others then cannot tell whether we live
    }
}

}  // namespace

std::optional<std::uint64_t> start_ticks(std::uint32_t pid) {
    std::optional<Bytes> contents;
    try {
        contents = read_small_file("/proc/" + std::to_string(pid) + "/stat", kSmallFileBytesMax);
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::Io) throw;  // ESRCH: it ended while it was read
    }
    if (!contents) return std::nullopt;
    const std::string_view text = as_text(*contents);
    std::size_t at = text.rfind(')');  // the name before it may hold anything
    for (int field = 2; at != std::string_view::npos && field < kStartTimeField; ++field) {
        at = text.find(' ', at + 1);
        if (field + 1 == kStateField && at + 1 < text.size() && (text[at + 1] == 'Z' || text[at + 1] == 'X'))
            return std::nullopt;
    }
    if (at == std::string_view::npos) return std::nullopt;
    return std::strtoull(text.data() + at + 1, nullptr, 10);
}

std::string host_name() {
    char name[256] = {};
    if (::gethostname(name, sizeof name - 1) != 0 || name[0] == 0) return "localhost";
    return is_utf8(name) ? name : "localhost";
}

ProcessIdentity this_process() {
    ProcessIdentity process;
    process.host = host_name();
    process.machine = id_from_file("/etc/machine-id");
    process.boot = id_from_file("/proc/sys/kernel/random/boot_id");
    struct stat pid_namespace {};
    if (::stat("/proc/self/ns/pid", &pid_namespace) == 0) process.pid_namespace = pid_namespace.st_ino;
    process.pid = static_cast<std::uint32_t>(::getpid());
    process.start_ticks = start_ticks(process.pid).value_or(0);
    return process;
}

Liveness liveness(const ProcessIdentity& process) {
    const ProcessIdentity self = this_process();
    // A boot id alone tells machines apart; machine-id is missing in many containers and cloned in others.
    if (self.boot.is_zero() || process.boot != self.boot || process.machine != self.machine ||
        process.pid_namespace != self.pid_namespace || process.pid_namespace == 0)
        return Liveness::Unknown;
    std::optional<std::uint64_t> started;
    try {
        started = start_ticks(process.pid);
    } catch (const Error&) {
        return Liveness::Unknown;  // the system does not tell
    }
    if (started) return *started == process.start_ticks ? Liveness::Alive : Liveness::Gone;
    // /proc may be mounted so that it hides the processes of others (hidepid): only ESRCH is certain, or our own
    // zombie.
    const bool hidden = ::kill(static_cast<pid_t>(process.pid), 0) != 0 && errno == EPERM;
    return hidden ? Liveness::Unknown : Liveness::Gone;
}

}  // namespace vault
