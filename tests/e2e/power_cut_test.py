#!/usr/bin/env python3
# The power fails: a real ext4 on a loop device is shut down without writing its log, at random moments of a command.
# VAULT_SOAK=1 cuts 200 times.
import fcntl
import os
import random
import struct
import subprocess
import time
import unittest

import vault_case as v
from crash_case import CrashCase

CUTS = 200 if v.SOAK else 20
EXT4_IOC_SHUTDOWN, NO_LOG_FLUSH = 0x8004587D, 2
DISK_BYTES = 96 << 20


class PowerCut(CrashCase):
    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest("mounting needs root")
        self.image, self.disk = self.path("image"), self.folder("disk")
        with open(self.image, "wb") as file:
            file.truncate(DISK_BYTES)
        subprocess.run(["mkfs.ext4", "-q", self.image], check=True)
        if not self.mount():
            self.skipTest("no loop device can be mounted here")
        self.addCleanup(lambda: subprocess.run(["umount", "-q", self.disk], check=False))
        self.use(os.path.join(self.disk, "repository"), self.path("home"))
        self.prepare()
        self.unmount()

    def mount(self):
        return subprocess.run(["mount", "-o", "loop", self.image, self.disk], check=False).returncode == 0

    def unmount(self):
        for _ in range(100):
            if subprocess.run(["umount", self.disk], capture_output=True, check=False).returncode == 0:
                return
            time.sleep(0.05)
        self.fail("the disk cannot be unmounted")

    def cut(self):
        disk = os.open(self.disk, os.O_RDONLY)
        try:
            fcntl.ioctl(disk, EXT4_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(disk)

    def begin(self, number):
        """A disk as it was prepared, and a home of its own. The image is a file of its own too: the kernel lets go of a
        loop device some time after its unmount, and mount would take it again, with what its cache still holds."""
        # Where the last case has failed it is still mounted.
        subprocess.run(["umount", "-q", self.disk], capture_output=True, check=False)
        if self.image != self.path("image"):
            os.unlink(self.image)
        self.image = self.path(f"image-{number}")
        subprocess.run(["cp", "--sparse=always", self.path("prepared"), self.image], check=True)
        self.assertTrue(self.mount())
        v.copy_tree(self.path("home"), self.path(f"case/home-{number}"))
        self.use(os.path.join(self.disk, "repository"), self.path(f"case/home-{number}"))

    def start(self, command):
        return subprocess.Popen([self.vault, *self.commands()[command]], env=self.environment,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip

    def test_a_cut_takes_what_was_never_synced(self):
        """That this test can fail: with every fsync left out, a snapshot that returned 0 is gone."""
        os.rename(self.image, self.path("prepared"))
        os.makedirs(self.path("case"))
        self.begin("unsynced")
        command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync",
                   "-e", "inject=fsync,fdatasync:retval=0", self.vault, *self.commands()["snapshot"]]
        done = subprocess.run(command, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.cut()
        self.unmount()
        self.assertTrue(self.mount())
        with self.assertRaises(AssertionError):
            self.assert_sound("snapshot", done.returncode, done.stdout, "unsynced")
        self.unmount()

    def test_a_command_whose_power_fails_at_any_moment(self):
        os.rename(self.image, self.path("prepared"))
        os.makedirs(self.path("case"))
        generator = random.Random(v.SEED)
        duration = {}
        for command in self.commands():
            self.begin(command)
            began = time.monotonic()
            done = self.start(command)
            out, err = done.communicate(timeout=120)
            self.assertEqual(done.returncode, 0, (command, out, err))
            duration[command] = time.monotonic() - began
            self.unmount()
        during = after = 0
        for number in range(CUTS):
            command = list(self.commands())[number % len(self.commands())]
            try:
                self.begin(number)
                run = self.start(command)
                # The first tenth of a second goes to the password; a cut just behind the end is the sharpest of all.
                time.sleep(generator.uniform(0.1, 1.2 * duration[command]))
                self.cut()
                out, _ = run.communicate(timeout=120)
                self.assert_ended_in_order(run.returncode, command)
                during += run.returncode != 0
                after += run.returncode == 0
                self.unmount()
                self.assertTrue(self.mount())
                self.assert_sound(command, run.returncode, out, f"{command}, cut {number}")
                self.unmount()
            except Exception as error:
                error.add_note(f"cut {number}, of {command}")  # the first says enough, and says it at once
                raise
        print(f"{during} cuts during a command, {after} after it returned 0; seed {v.SEED}")
        self.assertGreater(during, CUTS // 4)


if __name__ == "__main__":
    unittest.main()
