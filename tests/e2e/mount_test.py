#!/usr/bin/env python3
# vault mount on the real FUSE: what it shows is what was stored, whatever reads it.
import contextlib
import errno
import os
import shutil
import sqlite3
import subprocess
import threading
import time
import unittest

import vault_case as v
from compare_trees import compare_trees
from make_tree import make_tree, remove_tree
from mount_case import MountCase, cat, is_mounted


class Views(MountCase):
    def test_the_tree_above_the_snapshots(self):
        self.file("source/a", b"one")
        first = self.snapshot(self.source, "--series", "s/1", "--host", "alpha", "--tag", "%", "--tag", "..")
        second = self.snapshot(self.source, "--series", "s/1", "--host", "beta", "--time", "2030-01-02T03:04:05")
        result = self.mount()
        self.assertIn("vault umount", result.out)
        self.assertEqual(sorted(os.listdir(self.point)),
                         ["hosts", "latest", "series", "snapshots", "tags", "versions"])
        names = sorted(os.listdir(self.point + "/snapshots"))
        self.assertEqual([name.split("_")[1] for name in names],
                         [first["snapshot_id"][:8], second["snapshot_id"][:8]])
        self.assertEqual(names[1].split("_")[0], "2030-01-02T03-04-05.000Z")
        self.assertEqual(os.readlink(self.point + "/latest"), "snapshots/" + names[1])
        self.assertEqual(os.listdir(self.point + "/series"), ["s%2F1"])
        times = sorted(os.listdir(self.point + "/series/s%2F1"))
        self.assertEqual(times, [name.split("_")[0] for name in names])
        self.assertEqual(os.readlink(f"{self.point}/series/s%2F1/{times[0]}"), "../../snapshots/" + names[0])
        self.assertEqual(sorted(os.listdir(self.point + "/hosts")), ["alpha", "beta"])
        self.assertEqual(sorted(os.listdir(self.point + "/tags")), ["%25", "%2E%2E"])
        self.assertEqual(cat(self.point + "/latest" + self.source + "/a"), b"one")
        self.assert_errno(errno.ENOENT, os.lstat, self.point + "/nothing")
        self.assert_errno(errno.ENOENT, os.lstat, self.point + "/snapshots/nothing")
        self.assert_errno(errno.ENOENT, os.lstat, self.inside("nothing"))

    def test_new_snapshots_appear_without_a_remount_and_an_empty_repository_is_an_empty_tree(self):
        self.mount()
        self.assertEqual(os.listdir(self.point + "/snapshots"), [])
        self.assertFalse(os.path.lexists(self.point + "/latest"))
        self.file("source/a", b"first")
        self.snapshot(self.source)
        self.wait_for(lambda: len(os.listdir(self.point + "/snapshots")) == 1, "the first snapshot does not appear", 3)
        self.assertEqual(cat(self.inside("a")), b"first")
        before = os.readlink(self.point + "/latest")
        self.file("source/a", b"second")
        self.snapshot(self.source)
        self.wait_for(lambda: os.readlink(self.point + "/latest") != before, "`latest` does not move", 4)
        self.assertEqual(cat(self.point + "/latest" + self.source + "/a"), b"second")
        self.assertEqual(cat(self.inside("a", snapshot=0)), b"first")

    def test_versions_of_a_path_are_its_distinct_ones_by_time(self):
        self.file("source/kept", b"same")
        self.file("source/changing", b"1")
        self.snapshot(self.source)
        self.file("source/changing", b"2")
        self.snapshot(self.source)
        self.snapshot(self.source)
        os.unlink(self.path("source/changing"))
        self.snapshot(self.source)
        self.mount()
        self.assertEqual(os.listdir(self.point + "/versions"), [])
        folder = self.point + "/versions/" + (self.source + "/changing").replace("/", "%2F")
        names = sorted(os.listdir(folder))
        self.assertEqual([cat(f"{folder}/{name}") for name in names], [b"1", b"2"])
        self.assertEqual(names, sorted(os.listdir(self.point + "/snapshots"))[:2])
        kept = self.point + "/versions/" + (self.source + "/kept").replace("/", "%2F")
        self.assertEqual(len(os.listdir(kept)), 1)
        whole = self.point + "/versions/" + self.source.replace("/", "%2F")
        self.assertEqual(len(os.listdir(whole)), 3)
        self.assert_errno(errno.ENOENT, os.listdir, self.point + "/versions/%2Fnowhere")
        self.assert_errno(errno.ENOENT, os.listdir, folder.replace("%2F", "%2f"))

    def test_options_narrow_what_is_shown(self):
        self.file("source/in/a", b"x")
        first = self.snapshot(self.source, "--series", "one", "--host", "alpha")
        self.snapshot(self.source, "--series", "two", "--host", "beta", "--tag", "t")
        for option, value in (("--series", "two"), ("--host", "beta"), ("--tag", "t")):
            self.mount(option, value)
            self.assertEqual(len(os.listdir(self.point + "/snapshots")), 1, option)
            self.assertEqual(os.listdir(self.point + "/series"), ["two"])
            self.succeed("umount", self.point)
        self.mount("--snapshot", first["snapshot_id"][:8] + ":" + self.source)
        self.assertEqual(os.listdir(self.point), ["in"])
        self.assertEqual(cat(self.point + "/in/a"), b"x")
        self.succeed("umount", self.point)
        self.mount("--snapshot", "latest")
        self.assertEqual(cat(self.point + self.source + "/in/a"), b"x")
        self.succeed("umount", self.point)
        self.fail_with(v.FAILED, "mount", self.point, "--snapshot", "latest:/nowhere", says="has no /nowhere")
        self.fail_with(v.USAGE, "mount", self.point, "--snapshot", f"latest:{self.source}/in/a", says="no folder")
        self.assertFalse(is_mounted(self.point))

    def test_what_statfs_says_is_real(self):
        self.file("source/a", os.urandom(3 << 20))
        self.snapshot(self.source)
        self.mount()
        packs = sum(os.path.getsize(os.path.join(self.repository, name)) for name in self.objects_in("packs"))
        whole = os.statvfs(self.point)
        self.assertEqual(whole.f_blocks * whole.f_frsize, (packs + 4095) // 4096 * 4096)
        self.assertEqual((whole.f_bfree, whole.f_bavail), (0, 0))
        inside = os.statvfs(self.inside())
        self.assertGreaterEqual(inside.f_blocks * inside.f_frsize, 3 << 20)
        self.assertEqual(inside.f_files, len(self.succeed("ls", "-R", "latest").out.splitlines()) + 1)
        self.assertTrue(inside.f_flag & os.ST_RDONLY)

    def test_diagnostics_are_answered_and_not_listed(self):
        self.file("source/a", os.urandom(1 << 20))
        os.setxattr(self.path("source/a"), "user.mine", b"1")
        summary = self.snapshot(self.source)
        self.mount()
        path = self.inside("a")
        self.assertEqual(os.listxattr(path), ["user.mine"])
        self.assertEqual(os.getxattr(path, "user.vault.snapshot").decode(), summary["snapshot_id"])
        self.assertEqual(os.getxattr(path, "user.vault.path").decode(), self.source + "/a")
        shown = self.succeed("inspect", "latest:" + self.source + "/a").out
        self.assertGreater(int(os.getxattr(path, "user.vault.chunks")), 3)
        self.assertIn(os.getxattr(path, "user.vault.class").decode(), shown)
        self.assert_errno(errno.ENODATA, os.getxattr, path, "user.vault.nothing")


class Contents(MountCase):
    def test_a_tree_with_every_kind_of_entry_is_what_it_was(self):
        tree = self.path("tree")
        missing = make_tree(tree)
        self.addCleanup(remove_tree, tree)
        self.snapshot(tree)
        self.mount()
        shown = self.point + "/latest" + tree
        self.assertEqual(compare_trees(tree, os.path.realpath(shown)), [])
        names = ["attributes/" + name for name in sorted(os.listdir(tree + "/attributes")) if name != "symlink"]
        ours, theirs = (subprocess.run(["getfacl", "-n", *names], cwd=where, stdout=subprocess.PIPE, check=True).stdout
                        for where in (tree, shown))
        self.assertEqual(ours, theirs)
        self.assertIn(b"user:12345:r--", ours)
        caps = subprocess.run(["getcap", shown + "/attributes/capability 2"], stdout=subprocess.PIPE, check=True)
        self.assertIn(b"cap_net_bind_service", caps.stdout)
        print("not made here:", missing)

    def test_tools_give_what_they_give_over_the_source(self):
        for name in ("include", "include/deep"):
            for number in range(40):
                self.file(f"source/{name}/{number}.h", f"#define NUMBER {number}\n" * number)
        subprocess.run(["truncate", "-s", "3M", self.path("source/include/sparse")], check=True)
        with open(self.path("source/include/sparse"), "r+b") as file:
            file.seek(1 << 20)
            file.write(os.urandom(300_000))
        self.snapshot(self.source)
        self.mount()
        shown = self.inside()
        commands = (
            ["sh", "-c", "find . -printf '%p %y %m %s %b %n %T@ %U:%G\\n' | sort"],
            ["grep", "-rc", "NUMBER 39", "--exclude=sparse", "."],
            ["sh", "-c", "tar --sort=name -cf - . | sha256sum"],
            ["sh", "-c", "tar --sort=name -S -cf - . | sha256sum"],
            ["du", "-a"],
        )
        for command in commands:
            answers = [subprocess.run(command, cwd=where, stdout=subprocess.PIPE, check=True).stdout
                       for where in (self.source, shown)]
            if command[0] in ("grep", "du"):
                answers = [sorted(answer.splitlines()) for answer in answers]
            self.assertEqual(answers[0], answers[1], command)
        copy = self.path("copy")
        # By default rsync takes two times of one second for the same.
        rsync = ["rsync", "-aHAX", "--modify-window=-1", "--sparse"]
        for tool in (["cp", "-a", shown, copy], [*rsync, shown + "/", copy]):
            subprocess.run(tool, check=True)
            self.assertEqual(compare_trees(self.source, copy, with_flags=False), [])
            shutil.rmtree(copy)
        subprocess.run(["cp", "--sparse=always", shown + "/include/sparse", self.path("one")], check=True)
        self.assertEqual(os.stat(self.path("one")).st_blocks, os.stat(self.path("source/include/sparse")).st_blocks)

    def test_sqlite_and_git_read_from_it(self):
        database = self.path("source/base.db")
        with contextlib.closing(sqlite3.connect(database)) as connection, connection:
            connection.execute("create table t (n integer primary key, text)")
            connection.executemany("insert into t values (?, ?)", ((n, f"row {n}" * 9) for n in range(20_000)))
        git = ["git", "-c", "safe.directory=*", "-c", "user.name=t", "-c", "user.email=t@t.invalid", "-C"]
        repository = self.folder("source/git")
        subprocess.run(git + [repository, "init", "-q"], check=True)
        self.file("source/git/file", b"content")
        subprocess.run(git + [repository, "add", "file"], check=True)
        subprocess.run(git + [repository, "commit", "-qm", "one"], check=True)
        self.snapshot(self.source)
        self.mount()
        shown = f"file:{self.inside('base.db')}?immutable=1"
        with contextlib.closing(sqlite3.connect(shown, uri=True)) as connection:
            self.assertEqual(connection.execute("pragma integrity_check").fetchone(), ("ok",))
            self.assertEqual(connection.execute("select count(*), sum(n) from t").fetchone(), (20_000, 199_990_000))
        done = subprocess.run(git + [self.inside("git"), "fsck", "--full"], capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_offsets_sizes_and_holes_at_the_edges(self):
        block = 1 << 16
        path = self.file("source/holes")
        with open(path, "wb") as file:
            for at in (1, 5, 200):
                file.seek(at * block)
                file.write(os.urandom(block))
            file.truncate(300 * block + 7)
        self.file("source/large", os.urandom((5 << 20) + 13))
        self.snapshot(self.source)
        self.mount()
        for name in ("holes", "large"):
            ours, theirs = (os.open(where, os.O_RDONLY) for where in (self.path("source/" + name), self.inside(name)))
            size = os.fstat(ours).st_size
            for offset in (0, 1, block - 1, block, 5 * block - 3, size - 1, size, size + 5):
                for length in (1, 4096, block, 3 << 20):
                    expected = os.pread(ours, length, offset)
                    self.assertEqual(os.pread(theirs, length, offset), expected, (name, offset))
            for offset in (0, 1, block, 2 * block, 6 * block + 1, size - 1):
                for whence in (os.SEEK_DATA, os.SEEK_HOLE):
                    answers = []
                    for fd in (ours, theirs):
                        try:
                            answers.append(os.lseek(fd, offset, whence))
                        except OSError as error:
                            answers.append(errno.errorcode[error.errno])
                    self.assertEqual(answers[0], answers[1], (name, offset, whence))
            self.assert_errno(errno.ENXIO, os.lseek, theirs, size, os.SEEK_DATA)
            os.close(ours)
            os.close(theirs)

    def test_a_folder_of_many_entries_lists_whole_and_from_any_place(self):
        count = 1_000_000 if v.SOAK else 100_000
        self.folder("source/many")
        for number in range(count):
            open(self.path(f"source/many/{number:06}"), "wb").close()
        self.snapshot(self.source)
        self.mount()
        started = time.monotonic()
        root = self.inside()
        os.listdir(root)
        first = time.monotonic() - started
        self.assertLess(first, 0.05 if v.SOAK else 5)  # in CI the machine may be busy
        folder = self.inside("many")
        self.assertEqual(len(os.listdir(folder)), count)
        subprocess.run([os.environ.get("PYTHON", "python3"), "-B", "-c", SEEKDIR, folder, str(count)], check=True)

    def test_parallel_readers_get_the_right_bytes(self):
        contents = {f"f{n}": os.urandom(700_000 + n) for n in range(12)}
        for name, content in contents.items():
            self.file("source/" + name, content)
        self.snapshot(self.source)
        self.mount()
        root = self.inside()
        wrong = []

        def read(seed):
            for turn in range(40):
                name = f"f{(seed * 7 + turn * 5) % 12}"
                offset = seed * 40_961 * (turn + 1) % 600_000
                with open(os.path.join(root, name), "rb") as file:
                    file.seek(offset)
                    if file.read(90_001) != contents[name][offset : offset + 90_001]:
                        wrong.append((name, offset))
                os.listdir(root)
                os.lstat(os.path.join(root, name))

        threads = [threading.Thread(target=read, args=(seed,)) for seed in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])


# telldir and seekdir are not in Python's os: by ctypes, in a process of its own.
SEEKDIR = r"""
import ctypes, sys
class Dirent(ctypes.Structure):
    _fields_ = [("ino", ctypes.c_uint64), ("off", ctypes.c_int64), ("reclen", ctypes.c_ushort),
                ("type", ctypes.c_ubyte), ("name", ctypes.c_char * 256)]
libc = ctypes.CDLL(None, use_errno=True)
libc.opendir.restype = ctypes.c_void_p
libc.readdir.restype = ctypes.POINTER(Dirent)
libc.telldir.restype = ctypes.c_long
for function in (libc.readdir, libc.telldir): function.argtypes = [ctypes.c_void_p]
libc.seekdir.argtypes = [ctypes.c_void_p, ctypes.c_long]
folder = libc.opendir(sys.argv[1].encode())
names, places = [], []
while True:
    place = libc.telldir(folder)
    entry = libc.readdir(folder)
    if not entry: break
    names.append(entry.contents.name)
    places.append(place)
assert len(set(names)) == int(sys.argv[2]) + 2, len(names)
for at in (0, 1, 2, 3, 500, len(names) // 2, len(names) - 1, 17):
    libc.seekdir(folder, places[at])
    for name in names[at : at + 40]:
        entry = libc.readdir(folder)
        assert entry and entry.contents.name == name, (at, name)
"""


if __name__ == "__main__":
    unittest.main()
