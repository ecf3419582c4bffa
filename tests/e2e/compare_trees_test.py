#!/usr/bin/env python3
# The comparison that the demo and the restore tests rely on is itself tested: a copy made by rsync is equal, and each
# kind of difference that a bad restore could leave is reported.
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from compare_trees import compare_trees, hole_map  # noqa: E402
from make_tree import make_tree, read_flags, remove_tree, write_flags  # noqa: E402


# Contents are compared by rsync's checksums.
BY_RSYNC_ALONE = ["contents/noise of 257"]


def add_ns(path):
    info = os.lstat(path)
    os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns + 1), follow_symlinks=False)


def keep_time(action):
    """Runs action(path) and puts the times back, so that only what it changed differs."""

    def run(path):
        info = os.lstat(path)
        action(path)
        os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns), follow_symlinks=False)

    return run


def flip_a_byte(path):
    with open(path, "r+b") as file:
        first = file.read(1)
        file.seek(0)
        file.write(bytes([first[0] ^ 1]))


def fill_holes(path):
    with open(path, "rb") as file:
        contents = file.read()
    with open(path, "r+b") as file:
        file.write(contents)


def copy_extents(source, copy):
    extents, size = hole_map(source)
    with open(source, "rb") as file, open(copy, "wb") as made:
        for start, end in extents:
            file.seek(start)
            made.seek(start)
            made.write(file.read(end - start))
        made.truncate(size)


def break_link(path):
    shutil.copy2(path, path + b".new")
    os.rename(path + b".new", path)


def other_target(path):
    os.unlink(path)
    os.symlink(b"elsewhere", path)


def other_device(path):
    os.unlink(path)
    os.mknod(path, 0o20640, os.makedev(1, 5))


@unittest.skipUnless(os.geteuid() == 0, "only root can make every kind of entry")
class CompareTrees(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.work = tempfile.mkdtemp(prefix="vault-compare-")
        cls.source = os.path.join(cls.work, "source")
        cls.missing = make_tree(cls.source)
        cls.has_flags = read_flags(cls.source) is not None

    @classmethod
    def tearDownClass(cls):
        remove_tree(cls.work)

    def make_copy(self):
        self.copy = tempfile.mkdtemp(dir=self.work)
        self.addCleanup(remove_tree, self.copy)
        subprocess.run(["rsync", "-aHAXS", "--numeric-ids", self.source + "/", self.copy + "/"], check=True)
        # rsync knows neither flags nor where a hole ends and zeros begin.
        for name in ["contents/zeros"] + ["holes/" + name for name in os.listdir(self.source + "/holes")]:
            keep_time(lambda path: copy_extents(self.in_source(name), path))(self.in_copy(name))
        for folder, _, files in os.walk(os.fsencode(self.source), topdown=False):
            for path in [os.path.join(folder, name) for name in files] + [folder]:
                self.copy_flags(path)

    def copy_flags(self, path):
        if not self.has_flags or os.path.islink(path) or not (os.path.isfile(path) or os.path.isdir(path)):
            return
        copy = os.path.join(os.fsencode(self.copy), os.path.relpath(path, os.fsencode(self.source)))
        if read_flags(path) != read_flags(copy):
            write_flags(copy, read_flags(path))

    def in_source(self, name):
        return os.path.join(os.fsencode(self.source), os.fsencode(name))

    def in_copy(self, name):
        return os.path.join(os.fsencode(self.copy), os.fsencode(name))

    def test_the_tree_has_every_kind_that_a_machine_with_root_can_make(self):
        self.assertEqual(self.missing, [])

    def test_an_exact_copy_has_no_difference(self):
        self.make_copy()
        self.assertEqual(compare_trees(self.source, self.copy), [])

    def test_an_empty_source_is_a_failure_and_not_an_equal_tree(self):
        empty = tempfile.mkdtemp(dir=self.work)
        self.assertNotEqual(compare_trees(empty, empty), [])

    def test_each_planted_difference_is_reported_with_its_path(self):
        self.make_copy()
        clear = lambda path: write_flags(path, 0)  # noqa: E731
        plants = {
            "contents/nothing in it": os.rmdir,
            "contents/noise of 257": keep_time(flip_a_byte),
            "contents/noise of 4096": add_ns,
            "times/one ns before the epoch": add_ns,
            "holes/every other block": keep_time(fill_holes),
            "holes/a zero block beside a hole": keep_time(fill_holes),
            "hard links/z/last": keep_time(break_link),
            "links/odd": keep_time(other_target),
            "links/dangling": add_ns,
            "special/null": keep_time(other_device),
            "special/fifo": lambda path: os.chmod(path, 0o600),
            "modes/file 4755": lambda path: os.chmod(path, 0o755),
            "owners/12345 54321": lambda path: os.chown(path, 12345, 12345),
            "owners/symlink": lambda path: os.chown(path, 0, 54321, follow_symlinks=False),
            "attributes/file": lambda path: os.removexattr(path, "user.empty"),
            "attributes/trusted": lambda path: os.removexattr(path, "trusted.vault"),
            "attributes/acl": lambda path: os.removexattr(path, "system.posix_acl_access"),
            "attributes/folder": lambda path: os.removexattr(path, "system.posix_acl_default"),
            "attributes/capability 2": lambda path: os.removexattr(path, "security.capability"),
            "flags/file immutable": clear,
            "flags/folder dirsync": clear,
        }
        for name, plant in plants.items():
            plant(self.in_copy(name))
        found = b"\n".join(compare_trees(self.source, self.copy))
        for name in plants:
            with self.subTest(name):
                by_hand = repr(os.fsencode(name)).encode() + b": " in found
                self.assertTrue(by_hand or name in BY_RSYNC_ALONE)
        self.assertIn(b"getcap: only in the source: ./attributes/capability 2", found)
        self.assertIn(b"lsattr: only in the source: ", found)
        for name in BY_RSYNC_ALONE:
            self.assertIn(b"rsync: >fc........ " + os.fsencode(name), found)


if __name__ == "__main__":
    unittest.main()
