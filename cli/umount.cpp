// vault umount: the end of a mount.
#include "cli/command.h"
#include "fuse/daemon_trace.h"
#include "fuse/mount_table.h"
#include "store/base/text.h"

namespace vault {

namespace {

constexpr std::chrono::seconds kEndLimit{10};

}  // namespace

ExitCode run_umount(Invocation& invocation) {
    OptionParser parser(
        "Ends a mount of vault, also one whose daemon has died, and returns when the daemon has ended. Refused while "
        "something uses it, unless --lazy is given.",
        "vault umount");
    std::string point;
    bool lazy = false;
    parser.add_option("MOUNTPOINT", point, "Where it is mounted").required().type_name("");
    parser.add_flag("--lazy", lazy, "Out of sight at once; whoever uses it may go on, and the daemon with them");
    invocation.parse(parser);

    const auto place = mounted_at(point);
    if (!place) throw Error(ErrorKind::NotFound, "nothing is mounted at " + escaped(point));
    if (place->type != kMountType)
        throw Error(ErrorKind::Usage, "what is mounted at " + escaped(point) + " is no mount of vault but " +
                                          escaped(place->type));
    const auto daemon = lazy ? std::nullopt : daemon_of(*place);
    unmount(place->point, lazy ? Detach::AtOnce : Detach::WhenUnused);
    if (daemon && !wait_for_end(*daemon, kEndLimit))
        throw Error(ErrorKind::Busy, "unmounted, but its daemon, process " + std::to_string(daemon->process) +
                                         ", goes on: the repository keeps it waiting; it ends when that answers");
    if (invocation.json()) {
        Json summary = message("summary");
        put_name(summary, "mount_point", place->point);
        print(invocation.output(), summary);
    }
    return ExitCode::Ok;
}

}  // namespace vault
