#!/usr/bin/env python3
# Makes a tree that holds every kind of entry a backup meets, for the demo and the end-to-end tests. The same seed makes
# the same tree. What this machine cannot make (no root, no such file system feature) is returned and printed, never
# hidden.
#
#   make_tree.py TARGET [--seed N]     TARGET must not exist
#   make_tree.py --remove TARGET       removes such a tree, or a copy of it, immutable files included
import argparse
import fcntl
import os
import random
import shutil
import socket
import stat
import struct
import sys

FS_IOC_GETFLAGS = 0x80086601
FS_IOC_SETFLAGS = 0x40086602
FLAGS = {"sync": 0x8, "immutable": 0x10, "append only": 0x20, "nodump": 0x40, "noatime": 0x80}
FOLDER_FLAGS = {"nodump": 0x40, "dirsync": 0x10000, "topdir": 0x20000}
FLAGS_THAT_FORBID_REMOVAL = 0x10 | 0x20

ACL_UNDEFINED = 0xFFFFFFFF
ACL_USER_OBJ, ACL_USER, ACL_GROUP_OBJ, ACL_GROUP, ACL_MASK, ACL_OTHER = 1, 2, 4, 8, 16, 32


def acl(*entries):
    """The value of system.posix_acl_access or _default: (tag, permissions, id) in the kernel's order."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


def capability(version, permitted, effective=1, root_id=0):
    """The value of security.capability (linux/capability.h), version 2 or 3."""
    value = struct.pack("<IIIII", version << 24 | effective, permitted, 0, 0, 0)
    return value + struct.pack("<I", root_id) if version == 3 else value


class Tree:
    """Makes entries below one folder, collecting what could not be made in `missing`: (kind, reason)."""

    def __init__(self, root, seed):
        self.root = os.fsencode(os.path.abspath(root))
        self.random = random.Random(seed)
        self.missing = []
        self.fixed_times = {}
        os.mkdir(self.root)

    def path(self, name):
        return os.path.join(self.root, os.fsencode(name))

    def attempt(self, kind, action, *arguments, **named):
        try:
            action(*arguments, **named)
        except OSError as error:
            self.missing.append((kind, error.strerror))

    def folder(self, name):
        os.makedirs(self.path(name), exist_ok=True)
        return name

    def file(self, name, contents=b"", mode=0o644):
        with open(self.path(name), "xb") as file:
            file.write(contents)
        os.chmod(self.path(name), mode)
        return name

    def noise(self, size):
        return self.random.randbytes(size)

    def text(self, size):
        words = [b"archive", b"chunk", b"snapshot", b"of", b"the", b"tree", b"\n", b"restore", b"and", b"compare"]
        return b" ".join(self.random.choices(words, k=size // 5))[:size]

    def set_times(self):
        """Every entry gets a time with nanoseconds of its own; folders after what is in them."""
        for folder, folders, files in os.walk(self.root, topdown=False):
            for name in sorted(files) + sorted(folders):
                self.set_time(os.path.join(folder, name))
        self.set_time(self.root)

    def set_time(self, path):
        time_ns = self.fixed_times.get(path)
        if time_ns is None:
            own = random.Random(os.path.relpath(path, self.root))
            time_ns = own.randrange(1_000_000_000, 1_700_000_000) * 10**9 + own.randrange(10**9)
        self.attempt("time of " + str(time_ns), os.utime, path, ns=(time_ns, time_ns), follow_symlinks=False)


def make_contents(tree):
    tree.folder("contents")
    for size in (0, 1, 255, 256, 257, 4096, 100_001):
        tree.file(f"contents/noise of {size}", tree.noise(size))
    tree.file("contents/noise of 3 MiB", tree.noise(3 << 20))
    text = tree.text(700_000)
    tree.file("contents/text", text)
    tree.file("contents/the same text", text)
    tree.file("contents/text with an insertion", text[:300_000] + b"inserted" + text[300_000:])
    tree.file("contents/zeros", bytes(1 << 20))
    tree.folder("contents/nothing in it")
    tree.folder("contents/many")
    for number in range(2000):
        tree.file(f"contents/many/{number:05}", tree.noise(tree.random.randrange(600)))


def make_holes(tree):
    """Blocks of 64 KiB, so that extents and holes are the same on every common file system."""
    block = 1 << 16
    tree.folder("holes")

    def sparse(name, blocks, size):
        with open(tree.path("holes/" + name), "xb") as file:
            for at in blocks:
                file.seek(at * block)
                file.write(tree.noise(block))
            file.truncate(size)

    sparse("at the start", [5], 6 * block)
    sparse("in the middle", [0, 9], 10 * block)
    sparse("at the end", [0], 50 * block + 17)
    sparse("all of it", [], 64 << 20)
    sparse("every other block", range(0, 160, 2), 160 * block)
    sparse("a zero block beside a hole", [0], 4 * block)
    with open(tree.path("holes/a zero block beside a hole"), "r+b") as file:
        file.seek(2 * block)
        file.write(bytes(block))
    tree.file("holes/reserved and not written")
    with open(tree.path("holes/reserved and not written"), "r+b") as file:
        tree.attempt("reserved space", os.posix_fallocate, file.fileno(), 0, 4 * block)


def make_node(path, kind, major=0, minor=0):
    os.mknod(path, kind, os.makedev(major, minor))
    os.chmod(path, 0o620)


def make_socket(path):
    # The address of a socket is at most 108 bytes: bind relative to its folder.
    before = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.chdir(os.path.dirname(path))
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(os.path.basename(path))
    finally:
        os.fchdir(before)
        os.close(before)


def make_special(tree):
    tree.folder("special")
    tree.attempt("FIFO", make_node, tree.path("special/fifo"), stat.S_IFIFO)
    tree.attempt("socket", make_socket, tree.path("special/socket"))
    for name, kind, major, minor in (
        ("null", stat.S_IFCHR, 1, 3),
        ("whiteout", stat.S_IFCHR, 0, 0),
        ("large numbers", stat.S_IFCHR, 4095, 1_048_575),
        ("block", stat.S_IFBLK, 7, 200),
    ):
        label = "block device" if kind == stat.S_IFBLK else "character device"
        tree.attempt(label, make_node, tree.path("special/" + name), kind, major, minor)
    tree.folder("links")
    for name, target in (
        ("relative", b"../contents/text"),
        ("absolute", b"/etc/hostname"),
        ("dangling", b"no such place"),
        ("to itself", b"to itself"),
        ("upwards", b"../../.."),
        ("odd", b"a\nb \xff\xfe\\ \xe2\x80\xae"),
        ("4095 bytes", b"y" * 4095),
    ):
        os.symlink(target, tree.path("links/" + name))


def make_hard_links(tree):
    tree.folder("hard links/a/deep")
    tree.folder("hard links/z")
    tree.file("hard links/m", tree.noise(9000))
    os.link(tree.path("hard links/m"), tree.path("hard links/a/deep/first in order"))
    os.link(tree.path("hard links/m"), tree.path("hard links/z/last"))
    tree.file("hard links/twin of 5 bytes", b"12345")
    os.link(tree.path("hard links/twin of 5 bytes"), tree.path("hard links/z/the other twin"))
    for source, kind in (("special/fifo", "FIFO"), ("special/null", "character device"), ("links/relative", "symlink")):
        tree.attempt(
            f"second link of a {kind}",
            os.link,
            tree.path(source),
            tree.path("hard links/z/" + os.path.basename(source)),
            follow_symlinks=False,
        )


def make_modes_and_owners(tree):
    tree.folder("modes")
    for mode in (0, 0o400, 0o111, 0o777, 0o4755, 0o2755, 0o1644, 0o6711, 0o7777):
        tree.file(f"modes/file {mode:04o}", b"mode", mode)
    for mode in (0, 0o500, 0o1777, 0o2775, 0o7777):
        tree.folder(f"modes/folder {mode:04o}")
        os.chmod(tree.path(f"modes/folder {mode:04o}"), mode)
    tree.folder("owners")
    for uid, gid in ((1, 1), (12345, 54321), (65534, 65534), (4_294_967_294, 4_294_967_294)):
        name = f"owners/{uid} {gid}"
        tree.file(name, b"owner")
        tree.attempt("foreign owner", os.chown, tree.path(name), uid, gid)
    os.symlink(b"x", tree.path("owners/symlink"))
    tree.attempt("foreign owner", os.chown, tree.path("owners/symlink"), 12345, 54321, follow_symlinks=False)


def make_times(tree):
    tree.folder("times")
    for name, time_ns in (
        ("epoch", 0),
        ("one ns before the epoch", -1),
        ("1901", -(2**31) * 10**9 + 1),
        ("2038", 2**31 * 10**9 + 999_999_999),
        ("2399", 13_569_465_600 * 10**9 + 123_456_789),
    ):
        tree.file("times/" + name, name.encode())
        tree.fixed_times[tree.path("times/" + name)] = time_ns


def make_attributes(tree):
    tree.folder("attributes")
    tree.folder("attributes/folder")
    large = tree.noise(2000)
    wanted = [
        ("file", "user.plain", b"value"),
        ("file", "user.empty", b""),
        ("file", "user.binary \xe9", bytes(range(256))),
        ("folder", "user.on a folder", b"value"),
        ("large 1", "user.large", large),
        ("large 2", "user.large", large),
        ("trusted", "trusted.vault", b"for root alone"),
        ("security", "security.vault", b"label"),
        ("capability 2", "security.capability", capability(2, 1 << 10)),
        ("capability 3", "security.capability", capability(3, 1 << 13 | 1 << 5, root_id=1000)),
    ]
    access = acl(
        (ACL_USER_OBJ, 6, ACL_UNDEFINED), (ACL_USER, 4, 12345), (ACL_GROUP_OBJ, 4, ACL_UNDEFINED),
        (ACL_GROUP, 6, 54321), (ACL_MASK, 6, ACL_UNDEFINED), (ACL_OTHER, 0, ACL_UNDEFINED),
    )  # fmt: skip
    wanted += [("acl", "system.posix_acl_access", access), ("folder", "system.posix_acl_access", access)]
    wanted += [("folder", "system.posix_acl_default", access)]
    for name, attribute, value in wanted:
        path = tree.path("attributes/" + name)
        if not os.path.lexists(path):
            tree.file("attributes/" + name, name.encode())
        tree.attempt(attribute.split(" ")[0], os.setxattr, path, attribute, value)
    os.symlink(b"x", tree.path("attributes/symlink"))
    tree.attempt(
        "trusted xattr of a symlink",
        os.setxattr, tree.path("attributes/symlink"), "trusted.link", b"1", follow_symlinks=False,
    )  # fmt: skip


def make_names(tree):
    tree.folder("names")
    names = [
        b"new\nline", b"tab\t", b" space before", b"space after ", b"-rf", b"*", b"?[a]{b,c}", b"'", b'"', b"\\",
        b"\\x41", b"%2e", b"...", b".hidden", b"$(HOME)", b"A", b"a", b"\xff\xfe", b"\xed\xa0\x80", b"cut \xe2\x82",
        b"\x7f", bytes(range(1, 32)), "é".encode(), "e\u0301".encode(), "\u202egnp.exe".encode(), "😀".encode(),
        b"x" * 255, "ü".encode() * 127, b"\xfe" * 255,
    ]  # fmt: skip
    for name in names:
        tree.file(b"names/" + name, b"name " + name)
    tree.folder(b"names/folder \xff\n")
    tree.file(b"names/folder \xff\n/in it", b"below an odd folder")
    # About 3,000 bytes of path: below PATH_MAX also where a copy lies deeper than the source.
    tree.folder("/".join(["deep"] + ["d" * 59] * 50))
    tree.file("/".join(["deep"] + ["d" * 59] * 50 + ["bottom"]), b"bottom")


def make_flags(tree):
    """After the times: an immutable file takes none."""
    for kind, flags in (("file", FLAGS), ("folder", FOLDER_FLAGS)):
        for name, flag in flags.items():
            tree.attempt(f"flag {name}", set_flag, tree.path(f"flags/{kind} {name}"), flag)


def make_flag_entries(tree):
    tree.folder("flags")
    for name in FLAGS:
        tree.file(f"flags/file {name}", name.encode())
    for name in FOLDER_FLAGS:
        tree.folder(f"flags/folder {name}")


def read_flags(path):
    """The chattr flags of a regular file or folder; None where the file system has none."""
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        answer = fcntl.ioctl(fd, FS_IOC_GETFLAGS, struct.pack("L", 0))
        return struct.unpack("I", answer[:4])[0]
    except OSError:
        return None
    finally:
        os.close(fd)


def write_flags(path, flags):
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        fcntl.ioctl(fd, FS_IOC_SETFLAGS, struct.pack("L", flags))
    finally:
        os.close(fd)


def set_flag(path, flag):
    write_flags(path, (read_flags(path) or 0) | flag)


def make_tree(target, seed=1):
    """Makes the tree and returns the kinds that could not be made, as (kind, reason), one for each entry missing."""
    tree = Tree(target, seed)
    for make in (
        make_contents, make_holes, make_special, make_hard_links, make_modes_and_owners, make_times,
        make_attributes, make_names, make_flag_entries,
    ):  # fmt: skip
        make(tree)
    tree.set_times()
    make_flags(tree)
    return tree.missing


def remove_tree(target):
    """Removes a made tree or a copy of it, immutable and append-only files included."""
    for folder, _, files in os.walk(os.fsencode(target)):
        for path in [folder] + [os.path.join(folder, name) for name in files]:
            if stat.S_IFMT(os.lstat(path).st_mode) in (stat.S_IFREG, stat.S_IFDIR):
                flags = read_flags(path)
                if flags and flags & FLAGS_THAT_FORBID_REMOVAL:
                    write_flags(path, flags & ~FLAGS_THAT_FORBID_REMOVAL)
    shutil.rmtree(target)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--remove", action="store_true")
    options = parser.parse_args()
    if options.remove:
        remove_tree(options.target)
        return 0
    missing = make_tree(options.target, options.seed)
    entries = sum(len(folders) + len(files) for _, folders, files in os.walk(os.fsencode(options.target)))
    print(f"made {entries} entries; {len(missing)} could not be made")
    for kind, reason in missing:
        print(f"SKIP {kind}: {reason}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
