// Directories, symlinks, special files and hard links.
#include "store/restore_entries.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>

#include "store/base/file.h"
#include "store/restore_names.h"
#include "store/source_entry.h"

namespace vault {

namespace {

constexpr int kHold = O_PATH | O_NOFOLLOW;

struct ::stat stat_of(int fd) {
    struct ::stat stat;
    if (::fstat(fd, &stat) != 0) throw system_error("cannot stat what was made", errno);
    return stat;
}

void expect_named(const Place& place) {
    if (place.name.empty()) throw Error(ErrorKind::Exists, "it would land where the target itself is");
}

}  // namespace

AlreadySet EntryMaker::already_set(const EntryMetadata& metadata) const {
    AlreadySet already;
    already.no_attributes = shared_.target.is_staged();
    already.owner = shared_.target.owns_new_entries() && metadata.uid == shared_.rules.uid &&
                    metadata.gid == shared_.rules.gid;
    return already;
}

bool EntryMaker::make_directory(const Place& place, Existing existing) {
    if (place.name.empty()) return false;
    const int in = beneath_.directory(place.directory);
    if (::mkdirat(in, place.name.c_str(), 0700) == 0) return true;
    if (errno != EEXIST) throw system_error("cannot make the folder", errno);
    if (type_at(in, place.name) != S_IFDIR) {
        if (shared_.target.is_staged()) throw Error(ErrorKind::Exists, "another entry lands on the same path");
        remove_entry(in, place.name);
        if (::mkdirat(in, place.name.c_str(), 0700) != 0) throw system_error("cannot make the folder", errno);
        return true;
    }
    if (existing == Existing::LeaveAlone || shared_.rules.privileged) return false;
    const UniqueFd fd = open_at(in, place.name, kHold | O_DIRECTORY);
    const struct ::stat stat = stat_of(fd.get());
    if ((stat.st_mode & 0700) != 0700 && stat.st_uid == shared_.rules.uid)
        ::chmod(("/proc/self/fd/" + std::to_string(fd.get())).c_str(), (stat.st_mode & 07777) | 0700);
    return false;
}

void EntryMaker::finish_directory(const std::string& key, const Place& place, const EntryMetadata& metadata) {
    const int in = beneath_.directory(place.directory);
    // Not for reading: the process need not be allowed to.
    const UniqueFd fd = open_at(in, place.name.empty() ? "." : place.name, kHold | O_DIRECTORY);
    shared_.log.applied(key, apply_metadata({fd.get(), true}, metadata, shared_.rules, already_set(metadata)));
    shared_.log.placed_directory();
}

template <class Make>
void EntryMaker::make_entry(const std::string& key, const Place& place, const EntryMetadata& metadata, Make make) {
    expect_named(place);
    const bool staged = shared_.target.is_staged();
    const int in = beneath_.directory(place.directory);
    const std::string name = staged ? place.name : temporary_name(place.name);
    if (!staged) remove_entry(in, name);
    if (make(in, name.c_str()) != 0) {
        if (errno == EEXIST) throw Error(ErrorKind::Exists, "another entry lands on the same path");
        throw system_error("cannot make it", errno);
    }
    try {
        const UniqueFd fd = open_at(in, name, kHold);
        // Somebody who may write to this folder could have put a link to another file of theirs there.
        const struct ::stat stat = stat_of(fd.get());
        if ((stat.st_mode & S_IFMT) != type_bits(metadata.type) || stat.st_nlink != 1)
            throw Error(ErrorKind::Denied, "somebody replaced it while it was made");
        const MetadataOutcome outcome =
            apply_metadata({fd.get(), true}, metadata, shared_.rules, already_set(metadata));
        if (!staged) put_in_place(in, name, place.name);
        shared_.log.applied(key, outcome);
    } catch (const Error&) {
        if (!staged) ::unlinkat(in, name.c_str(), 0);
        throw;
    }
    shared_.log.placed_other();
}

void EntryMaker::make_symlink(const std::string& key, const Place& place, const std::string& text,
                              const EntryMetadata& metadata) {
    make_entry(key, place, metadata, [&](int in, const char* name) { return ::symlinkat(text.c_str(), in, name); });
}

void EntryMaker::make_special(const std::string& key, const Place& place, Device device,
                              const EntryMetadata& metadata) {
    make_entry(key, place, metadata, [&](int in, const char* name) {
        return ::mknodat(in, name, type_bits(metadata.type) | 0600, makedev(device.major, device.minor));
    });
}

void EntryMaker::make_link(const Place& place, const Place& first, EntryType type) {
    expect_named(place);
    expect_named(first);
    const UniqueFd source(::openat(beneath_.directory(first.directory), first.name.c_str(), kHold | O_CLOEXEC));
    if (!source || (stat_of(source.get()).st_mode & S_IFMT) != type_bits(type))
        throw Error(ErrorKind::Corrupt, "what it is a hard link to was not restored");
    const std::string from = "/proc/self/fd/" + std::to_string(source.get());
    const int in = beneath_.directory(place.directory);
    const bool staged = shared_.target.is_staged();
    const std::string name = staged ? place.name : temporary_name(place.name);
    if (!staged) remove_entry(in, name);
    if (::linkat(AT_FDCWD, from.c_str(), in, name.c_str(), AT_SYMLINK_FOLLOW) != 0) {
        if (errno == EEXIST) throw Error(ErrorKind::Exists, "another entry lands on the same path");
        throw system_error("cannot link it", errno);
    }
    if (staged) return;
    try {
        put_in_place(in, name, place.name);
    } catch (const Error&) {
        ::unlinkat(in, name.c_str(), 0);
        throw;
    }
    remove_entry(in, name);  // renaming one link of a file over another does nothing
}

}  // namespace vault
