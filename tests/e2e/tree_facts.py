# What lies on a disk, as a snapshot of it should tell: the model that diff and find are compared with. It looks at the
# disk alone, and knows nothing of how vault keeps or compares trees.
import os
import stat

KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "dir", stat.S_IFLNK: "symlink", stat.S_IFIFO: "fifo"}


class Facts:
    """One entry: what it is, what it holds, and what else stat says of it."""

    def __init__(self, path):
        status = os.lstat(path)
        self.kind = KINDS[stat.S_IFMT(status.st_mode)]
        self.size, self.mtime = status.st_size, status.st_mtime_ns
        self.content = None
        if self.kind == "file":
            with open(path, "rb") as file:
                self.content = file.read()
        elif self.kind == "symlink":
            self.content = os.readlink(path)
        links = None if self.kind == "dir" else status.st_nlink
        self.same_file = (status.st_dev, status.st_ino) if self.kind != "dir" and status.st_nlink > 1 else None
        self.first_link = None  # the path of the first of its links, unless it is that
        self.rest = (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid, self.mtime, attributes(path), links)


def attributes(path):
    return tuple((name, os.getxattr(path, name, follow_symlinks=False))
                 for name in sorted(os.listxattr(path, follow_symlinks=False)))


def order(path):
    """Sorts absolute paths as snapshots do: a folder's entries by name, then the folders in it."""
    parts = path.split(b"/")[1:]
    return (b"".join(part + b"\0" for part in parts[:-1]), parts[-1]) if path != b"/" else (b"", b"")


def facts_of(top):
    """Absolute path -> Facts, for `top` and all below it, in the order of snapshots."""
    top = os.fsencode(top)
    paths = [top]
    for parent, folders, names in os.walk(top):
        paths += [os.path.join(parent, name) for name in folders + names]
    found = {path: Facts(path) for path in sorted(paths, key=order)}
    first = {}
    for path, facts in found.items():
        if facts.same_file is not None:
            facts.first_link = first.setdefault(facts.same_file, path)
            if facts.first_link == path:
                facts.first_link = None
    return found
