#!/usr/bin/env python3
# Compares a restored tree with its source and prints every difference: by rsync, which is what a user would reach for,
# and by hand for what rsync does not look at (nanoseconds, link groups, holes, capabilities, chattr flags).
#
#   compare_trees.py SOURCE COPY [--no-flags]     exit 0 when equal, 1 with the differences on stdout
#
# --no-flags is for trees on different file systems. Run as root, or foreign attributes are not seen.
import argparse
import collections
import os
import stat
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from make_tree import read_flags  # noqa: E402

# What chattr can set on ext4. The rest (extents, hash-indexed folder) is the file system's own business.
FLAGS_OF_THE_USER = 0x604BC0FF


def output(command, folder=None):
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.returncode, done.stdout, done.stderr


def rsync_differences(source, copy):
    command = ["rsync", "-aHAXn", "--numeric-ids", "--checksum", "--delete", "--itemize-changes"]
    status, lines, errors = output(command + [source + b"/", copy + b"/"])
    found = [b"rsync: " + line for line in lines.splitlines()]
    if status != 0:
        found.append(b"rsync failed with %d: %s" % (status, errors))
    return found


def lines_of(command, folder, failures_allowed=False):
    """The lines a command prints in `folder`, sorted: the order of a folder's entries is not part of a tree."""
    status, lines, errors = output(command, folder)
    if status != 0 and not failures_allowed:
        raise RuntimeError(f"{command} in {folder} failed with {status}: {errors}")
    return sorted(lines.splitlines())


def capability_differences(source, copy):
    return line_differences(b"getcap", *(lines_of(["getcap", "-r", "."], tree) for tree in (source, copy)))


def listed_flags(tree):
    # lsattr complains of symlinks and devices, which have no flags. 'I' says that ext4 indexed a large folder.
    lines = lines_of(["lsattr", "-R"], tree, failures_allowed=True)
    return [line[:22].replace(b"I", b"-") + line[22:] if line[22:23] == b" " else line for line in lines]


def line_differences(what, ours, theirs):
    if ours == theirs:
        return []
    left = collections.Counter(ours)
    left.subtract(theirs)
    missing = [what + b": only in the source: " + line for line, count in left.items() if count > 0]
    return missing + [what + b": only in the copy: " + line for line, count in left.items() if count < 0]


def hole_map(path):
    """The data extents of a regular file, as (start, end), and its size."""
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        extents, size, at = [], os.fstat(fd).st_size, 0
        while at < size:
            try:
                start = os.lseek(fd, at, os.SEEK_DATA)
            except OSError:
                break  # ENXIO: nothing but a hole up to the end
            at = os.lseek(fd, start, os.SEEK_HOLE)
            extents.append((start, at))
        return extents, size
    finally:
        os.close(fd)


def attributes(path):
    return {name: os.getxattr(path, name, follow_symlinks=False) for name in os.listxattr(path, follow_symlinks=False)}


def describe(path, with_flags):
    """All that must survive of one entry, its link group aside."""
    info = os.lstat(path)
    kind = stat.S_IFMT(info.st_mode)
    facts = {"mode": oct(info.st_mode), "owner": (info.st_uid, info.st_gid), "mtime_ns": info.st_mtime_ns}
    facts["xattrs"] = attributes(path)
    if kind == stat.S_IFREG:
        facts["extents and size"] = hole_map(path)
    if kind == stat.S_IFLNK:
        facts["target"] = os.readlink(path)
    if kind in (stat.S_IFCHR, stat.S_IFBLK):
        facts["rdev"] = info.st_rdev
    if with_flags and kind in (stat.S_IFREG, stat.S_IFDIR):
        facts["flags"] = (read_flags(path) or 0) & FLAGS_OF_THE_USER
    return facts, info


def walk(tree, with_flags):
    """Relative path -> facts; and for each entry the sorted paths that are links of the same inode within the tree."""
    facts, links = {}, collections.defaultdict(list)

    def visit(path):
        name = os.path.relpath(path, tree)
        facts[name], info = describe(path, with_flags)
        if not stat.S_ISDIR(info.st_mode):
            links[info.st_dev, info.st_ino].append(name)

    visit(tree)
    for folder, folders, files in os.walk(tree, onerror=raise_error):
        for name in folders + files:
            visit(os.path.join(folder, name))
    for group in links.values():
        for name in group:
            facts[name]["links"] = sorted(group)
    return facts


def raise_error(error):
    raise error


def entry_differences(source, copy, with_flags):
    ours, theirs = walk(source, with_flags), walk(copy, with_flags)
    found = []
    for name in sorted(ours.keys() | theirs.keys()):
        if name not in theirs or name not in ours:
            found.append(repr(name).encode() + (b": not in the copy" if name in ours else b": not in the source"))
            continue
        for fact, value in ours[name].items():
            if theirs[name].get(fact) != value:
                found.append(f"{name!r}: {fact}: {value!r:.300} became {theirs[name].get(fact)!r:.300}".encode())
    return found


def compare_trees(source, copy, with_flags=True):
    """The differences, one line each, as bytes. Both must be folders and hold something."""
    source, copy = os.fsencode(source), os.fsencode(copy)
    if not os.listdir(source):
        return [b"nothing to compare: " + source + b" is empty"]
    found = rsync_differences(source, copy)
    found += capability_differences(source, copy)
    found += entry_differences(source, copy, with_flags)
    if with_flags:
        found += line_differences(b"lsattr", listed_flags(source), listed_flags(copy))
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("source")
    parser.add_argument("copy")
    parser.add_argument("--no-flags", action="store_true")
    options = parser.parse_args()
    found = compare_trees(options.source, options.copy, not options.no_flags)
    for line in found:
        sys.stdout.buffer.write(line + b"\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
