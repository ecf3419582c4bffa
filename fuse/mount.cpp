// A session of libfuse, from mount to unmount.
#include "fuse/mount.h"

#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <fstream>
#include <mutex>
#include <thread>

#include "fuse/daemon_trace.h"
#include "fuse/mount_loop.h"
#include "fuse/mount_operations.h"
#include "fuse/mount_table.h"
#include "store/base/text.h"
#include "store/base/unique_fd.h"

namespace vault {

namespace {

using namespace std::chrono_literals;

constexpr unsigned kReadAheadKib = 1'024;
constexpr auto kUnmountTick = 200ms;

// libfuse and fusermount3 speak to stderr and say little else when they fail. While this lives, what they say is kept
// for the one line of our own.
class CapturedStderr {
  public:
    CapturedStderr() : before_(::dup(STDERR_FILENO)), kept_(::memfd_create("stderr", MFD_CLOEXEC)) {
        if (before_ && kept_) ::dup2(kept_.get(), STDERR_FILENO);
    }
    CapturedStderr(const CapturedStderr&) = delete;
    CapturedStderr& operator=(const CapturedStderr&) = delete;
    ~CapturedStderr() {
        if (before_) ::dup2(before_.get(), STDERR_FILENO);
    }
    // In one line, escaped.
    std::string text() const {
        char said[512];
        const ssize_t size = ::pread(kept_.get(), said, sizeof said, 0);
        std::string line;
        for (const char c : std::string_view(said, size > 0 ? static_cast<std::size_t>(size) : 0))
            line += c == '\n' ? ' ' : c;
        while (!line.empty() && line.back() == ' ') line.pop_back();
        return line.empty() ? "mount(2) was refused" : escaped(line);
    }

  private:
    UniqueFd before_, kept_;
};

// A comma or backslash would end the option that it stands in.
std::string option_text(const std::string& text) {
    std::string made;
    for (const char c : text) {
        if (c == ',' || c == '\\') made += '\\';
        made += c;
    }
    return made;
}

class Arguments {
  public:
    explicit Arguments(const MountOptions& options) {
        std::string list = "ro,nosuid,nodev,default_permissions,subtype=vault,max_read=1048576,fsname=";
        list += option_text(options.source.empty() ? "vault" : options.source);
        if (options.allow_other) list += ",allow_other";
        for (const std::string& word : {std::string("vault"), std::string("-o"), list})
            if (::fuse_opt_add_arg(&arguments_, word.c_str()) != 0) throw std::bad_alloc();
    }
    Arguments(const Arguments&) = delete;
    Arguments& operator=(const Arguments&) = delete;
    ~Arguments() { ::fuse_opt_free_args(&arguments_); }
    fuse_args* get() { return &arguments_; }

  private:
    fuse_args arguments_ = FUSE_ARGS_INIT(0, nullptr);
};

struct DestroySession {
    void operator()(fuse_session* session) const { ::fuse_session_destroy(session); }
};

void require_mountable(const std::string& point) {
    // Before anything is asked of it: a daemon that died or hangs does not answer.
    const auto place = mounted_at(point);
    if (place && place->type == kMountType)
        throw Error(ErrorKind::Usage, escaped(point) + " is a mount of vault already, perhaps one whose daemon has "
                                                       "died; `vault umount` it first");
    struct stat found {};
    if (::stat(point.c_str(), &found) != 0) throw system_error("cannot mount at " + escaped(point), errno);
    if (!S_ISDIR(found.st_mode)) throw Error(ErrorKind::Usage, escaped(point) + " is no folder");
}

// The kernel reads ahead 128 KiB unless root says otherwise.
void read_ahead_a_megabyte(const std::string& point) {
    if (const auto place = mounted_at(point))
        std::ofstream("/sys/class/bdi/" + place->device + "/read_ahead_kb") << kReadAheadKib;
}

}  // namespace

struct Mount::Impl {
    Impl(VaultFs& fs, MountOptions mount_options, std::function<void(const std::string&)> tell)
        : options(std::move(mount_options)), adapter{fs, std::move(tell)} {}

    MountOptions options;
    Adapter adapter;
    std::unique_ptr<fuse_session, DestroySession> session;
    UniqueFd trace;
    std::mutex mutex;  // guards all below, and the end of the session
    std::optional<MountLoop> loop;
    bool stopped = false;

    // Whether the kernel has cut the connection, or the session has ended.
    bool has_gone() {
        const std::lock_guard lock(mutex);
        if (!session) return true;
        pollfd device{::fuse_session_fd(session.get()), 0, 0};
        return ::poll(&device, 1, 0) > 0 && (device.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
    }

    // Cuts the connection and then unmounts, lazily: whoever uses the mount keeps nothing alive.
    void end_session() {
        if (session) ::fuse_session_unmount(session.get());
        session.reset();
    }
};

Mount::Mount(VaultFs& fs, MountOptions options, std::function<void(const std::string&)> tell)
    : impl_(std::make_unique<Impl>(fs, std::move(options), std::move(tell))) {
    require_mountable(impl_->options.point);
    impl_->options.point = resolved_mount_point(impl_->options.point);
    const std::string& point = impl_->options.point;
    Arguments arguments(impl_->options);
    const CapturedStderr said;
    fuse_session* session =
        ::fuse_session_new(arguments.get(), &mount_operations(), sizeof(fuse_lowlevel_ops), &impl_->adapter);
    if (session == nullptr) throw Error(ErrorKind::Io, "libfuse cannot begin: " + said.text());
    impl_->session.reset(session);
    impl_->adapter.ahead = std::make_unique<FilesAhead>(
        fs, [session](std::uint64_t inode, const FileBytes& content) { return give_content(session, inode, content); });
    if (::fuse_session_mount(session, point.c_str()) != 0)
        throw Error(::access("/dev/fuse", R_OK | W_OK) == 0 ? ErrorKind::Io : ErrorKind::Denied,
                    "cannot mount at " + escaped(point) + ": " + said.text());
    if (const auto place = mounted_at(point)) impl_->trace = leave_trace(*place);
}

Mount::~Mount() { impl_->end_session(); }

void Mount::serve(const std::function<void()>& ready, const std::function<void()>& unmounted) {
    {
        const std::lock_guard lock(impl_->mutex);
        if (impl_->stopped) return;  // before it began
        impl_->loop.emplace(impl_->session.get());
    }
    std::thread greeter([&] {
        struct stat answered {};
        if (::stat(impl_->options.point.c_str(), &answered) != 0) return;
        read_ahead_a_megabyte(impl_->options.point);
        ready();
        while (!impl_->has_gone()) std::this_thread::sleep_for(kUnmountTick);
        unmounted();
    });
    std::optional<Error> failed;
    try {
        impl_->loop->run();
    } catch (const Error& error) {
        failed = with_context("the mount at " + escaped(impl_->options.point), error);
    }
    impl_->adapter.ahead->stop();  // it uses the session
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->end_session();  // lets the greeter go, if it still waits for an answer
    }
    greeter.join();
    if (failed) throw *failed;
}

void Mount::stop() {
    // First, while requests are answered: what it gives may wait for a page that the answer to a read has to fill.
    impl_->adapter.ahead->stop();
    const std::lock_guard lock(impl_->mutex);
    impl_->stopped = true;
    if (impl_->session && impl_->loop) impl_->loop->stop();
}

}  // namespace vault
