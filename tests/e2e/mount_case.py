# What the tests of mounts on the real FUSE have in common. They need root and /dev/fuse.
import errno
import os
import signal
import subprocess
import unittest

import vault_case as v

END_S = 10  # design: the daemon ends within this of an unmount


def mounts():
    """(mount point, type, options) of every mount, topmost last."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as table:
        fields = [line.split(" ") for line in table]
    return [(f[4], f[f.index("-") + 1], f[5]) for f in fields]


def is_mounted(point):
    return any(place == point for place, _, _ in mounts())


def cat(path):
    with open(path, "rb") as file:
        return file.read()


@unittest.skipUnless(os.geteuid() == 0 and os.path.exists("/dev/fuse"), "mounting needs root and /dev/fuse")
class MountCase(v.VaultCase):
    def setUp(self):
        super().setUp()
        self.init_by_key_file()
        self.source = self.folder("source")
        self.point = self.folder("mnt")
        self.addCleanup(self.end, self.point)

    def end(self, point):
        """Whatever state a test has left its mount in."""
        for daemon in self.daemons(point):
            os.kill(daemon, signal.SIGCONT)
        while is_mounted(point):
            subprocess.run(["umount", "-l", point], check=False)
        self.wait_for(lambda: not self.daemons(point), "the daemon goes on after the unmount")

    def mount(self, *arguments, point=None, **named):
        return self.succeed("mount", point or self.point, *arguments, **named)

    def daemons(self, point=None):
        """Ids of the processes that serve the mount: by their arguments, which the daemon keeps."""
        found = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                words = cat(f"/proc/{name}/cmdline").decode().split("\0")
            except OSError:
                continue
            if words[:2] == [self.vault, "mount"] and (point or self.point) in words:
                found.append(int(name))
        return found

    def assert_ended(self, point=None):
        self.assertFalse(is_mounted(point or self.point))
        self.wait_for(lambda: not self.daemons(point), "the daemon goes on after the unmount")

    def inside(self, path="", snapshot=-1):
        """`path` of the source in a snapshot of the mount, the newest by default."""
        names = sorted(os.listdir(os.path.join(self.point, "snapshots")))
        return os.path.join(self.point, "snapshots", names[snapshot]) + os.path.join(self.source, path)

    def assert_errno(self, number, call, *arguments):
        with self.assertRaises(OSError) as caught:
            call(*arguments)
        self.assertEqual(errno.errorcode[caught.exception.errno], errno.errorcode[number], caught.exception)
