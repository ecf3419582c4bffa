#!/usr/bin/env python3
# vault mount and umount when things go wrong: damage, stores that vanish or hang, killed daemons, other users; and how
# a mount begins and ends.
import errno
import os
import shutil
import signal
import stat
import subprocess
import time
import unittest

import vault_case as v
from mount_case import END_S, MountCase, cat, is_mounted, mounts

OTHER_USER = 12345
NOBODY = 65534  # fusermount3 wants a user with a name


class Faults(MountCase):
    def some_files(self):
        self.file("source/a", os.urandom(3 << 20))
        self.file("source/b", os.urandom(3 << 20))

    def test_nothing_can_be_written_and_other_users_are_kept_out(self):
        self.file("source/a", b"x", mode=0o666)
        os.chmod(self.work, 0o755)
        self.snapshot(self.source)
        self.mount()
        path = self.inside("a")
        for call, arguments in (
            (os.open, (path, os.O_WRONLY)), (os.open, (path, os.O_RDWR)), (os.unlink, (path,)),
            (os.mkdir, (path + "2",)), (os.rename, (path, path + "2")), (os.chmod, (path, 0)),
            (os.setxattr, (path, "user.x", b"1")), (os.truncate, (path, 0)), (os.utime, (path,)),
        ):  # fmt: skip
            self.assert_errno(errno.EROFS, call, *arguments)
        as_other = {"user": OTHER_USER, "capture_output": True, "check": False}
        done = subprocess.run(["cat", path], **as_other)
        self.assertIn(b"Permission denied", done.stderr)
        self.succeed("umount", self.point)
        self.mount("--allow-other")
        self.assertEqual(subprocess.run(["cat", self.inside("a")], **as_other).stdout, b"x")

    def test_permissions_count_as_recorded_and_setuid_has_no_effect(self):
        shutil.copy("/usr/bin/id", self.path("source/id"))
        os.chmod(self.path("source/id"), 0o4755)
        self.file("source/secret", b"x", mode=0o600)
        os.chmod(self.work, 0o755)
        self.snapshot(self.source)
        self.mount("--allow-other")
        as_other = {"user": OTHER_USER, "group": OTHER_USER, "capture_output": True, "check": False}
        self.assertIn(b"Permission denied", subprocess.run(["cat", self.inside("secret")], **as_other).stderr)
        self.assertEqual(os.stat(self.inside("id")).st_mode & 0o7777, 0o4755)
        done = subprocess.run([self.inside("id"), "-u"], **as_other)
        self.assertEqual(done.stdout.strip(), str(OTHER_USER).encode(), done.stderr)
        options = next(options for place, _, options in mounts() if place == self.point)
        for option in ("ro", "nosuid", "nodev"):
            self.assertIn(option, options.split(","))

    def test_a_damaged_pack_is_eio_on_the_files_that_it_harms_and_only_there(self):
        self.file("source/sound", os.urandom(200_000))
        self.snapshot(self.source)
        whole = set(self.objects_in("packs"))
        self.file("source/harmed", os.urandom(2 << 20))
        self.snapshot(self.source)
        new = [name for name in self.objects_in("packs") if name not in whole]
        largest = max(new, key=lambda name: os.path.getsize(os.path.join(self.repository, name)))
        for offset in range(100_000, 2_000_000, 50_000):
            self.flip(largest, offset)
        self.mount()
        self.assert_errno(errno.EIO, cat, self.inside("harmed"))
        self.assertEqual(cat(self.inside("sound")), cat(self.path("source/sound")))
        self.assertEqual(os.stat(self.inside("harmed")).st_size, 2 << 20)

    def test_a_vanished_pack_is_an_error_and_never_wrong_bytes(self):
        self.some_files()
        self.snapshot(self.source)
        self.mount()
        self.assertEqual(cat(self.inside("a")), cat(self.path("source/a")))
        largest = max(self.objects_in("packs"),
                      key=lambda name: os.path.getsize(os.path.join(self.repository, name)))
        os.unlink(os.path.join(self.repository, largest))
        subprocess.run(["sh", "-c", "echo 3 > /proc/sys/vm/drop_caches"], check=True)
        with self.assertRaises(OSError) as caught:
            cat(self.inside("b"))
        self.assertIn(caught.exception.errno, (errno.EIO, errno.ESTALE))

    def test_a_repository_that_vanishes_is_eio_and_the_mount_still_unmounts(self):
        self.some_files()
        self.snapshot(self.source)
        self.mount("--timeout", "3")
        path = self.inside("b")
        shutil.rmtree(self.repository)
        started = time.monotonic()
        with self.assertRaises(OSError) as caught:
            cat(path)
        self.assertIn(caught.exception.errno, (errno.EIO, errno.ESTALE))
        self.assertLess(time.monotonic() - started, 10)
        self.succeed("umount", self.point)
        self.assert_ended()

    def mount_what_can_hang(self, *arguments):
        """The repository lies in the mount of another one; stopping the daemon that is returned makes it hang."""
        self.some_files()
        self.snapshot(self.source)
        environment = {"VAULT_REPOSITORY": self.path("outer")}
        self.succeed("init", environment=environment)
        self.succeed("snapshot", self.repository, environment=environment)
        beneath = self.folder("beneath")
        self.addCleanup(self.end, beneath)
        self.mount("--snapshot", "latest:" + self.repository, point=beneath, environment=environment)
        self.mount(*arguments, environment={"VAULT_REPOSITORY": beneath})
        path = self.inside("b")
        subprocess.run(["sh", "-c", "echo 3 > /proc/sys/vm/drop_caches"], check=True)
        (hanging,) = self.daemons(beneath)
        return hanging, path

    def test_a_repository_that_hangs_is_eio_within_the_deadline_and_the_mount_still_unmounts(self):
        hanging, path = self.mount_what_can_hang("--timeout", "2")
        os.kill(hanging, signal.SIGSTOP)
        try:
            started = time.monotonic()
            self.assert_errno(errno.EIO, cat, path)
            self.assertLess(time.monotonic() - started, 20)
            # The daemon ends where the kernel lets go of its thread in the store; else umount says that it does not.
            code = self.run_vault("umount", self.point).code
            self.assertEqual(code, v.BUSY if self.daemons() else v.OK)
            self.assertFalse(is_mounted(self.point))
        finally:
            os.kill(hanging, signal.SIGCONT)
        self.assert_ended()

    def test_sigterm_ends_the_daemon_although_the_repository_hangs(self):
        hanging, path = self.mount_what_can_hang("--timeout", "3600")
        (daemon,) = self.daemons()
        os.kill(hanging, signal.SIGSTOP)
        try:
            reader = subprocess.Popen(["cat", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(0.5)
            self.assertIsNone(reader.poll())
            os.kill(daemon, signal.SIGTERM)
            self.assertNotEqual(reader.wait(END_S), 0)
            # Its thread in the store cannot be stopped before the store lets it go: the mount is gone all the same.
            self.wait_for(lambda: not is_mounted(self.point), "it is still mounted")
        finally:
            os.kill(hanging, signal.SIGCONT)
        self.assert_ended()

    def test_a_killed_daemon_leaves_a_dead_mount_that_umount_cleans_up(self):
        self.some_files()
        self.snapshot(self.source)
        before = {name: self.object(name) for name in self.objects_in("")}
        self.mount()
        cat(self.inside("a"))
        (daemon,) = self.daemons()
        os.kill(daemon, signal.SIGKILL)
        self.wait_for(lambda: not self.daemons(), "killed and alive")
        with self.assertRaises(OSError) as caught:
            os.listdir(self.point)
        self.assertIn(caught.exception.errno, (errno.ENOTCONN, errno.ECONNABORTED))
        self.fail_with(v.USAGE, "mount", self.point, says="died; `vault umount`")
        self.succeed("umount", self.point)
        self.assertFalse(is_mounted(self.point))
        self.assertEqual({name: self.object(name) for name in self.objects_in("")}, before)
        self.mount()
        self.assertEqual(cat(self.inside("a")), cat(self.path("source/a")))

    def test_a_forgotten_snapshot_leaves_the_listing(self):
        self.file("source/a", b"x")
        self.snapshot(self.source)
        self.mount()
        self.assertEqual(len(os.listdir(self.point + "/snapshots")), 1)
        (name,) = self.objects_in("snapshots")
        os.unlink(os.path.join(self.repository, name))
        self.wait_for(lambda: os.listdir(self.point + "/snapshots") == [], "it stays", 3)
        self.assertFalse(os.path.lexists(self.point + "/latest"))


class Daemons(MountCase):
    def test_umount_and_sigterm_leave_nothing_behind(self):
        self.file("source/a", b"x")
        self.snapshot(self.source)
        for _ in range(2):
            self.mount()
            self.assertEqual(cat(self.inside("a")), b"x")
            self.succeed("umount", self.point)
            self.assertEqual(self.daemons(), [], "umount does not wait for the daemon")
            self.assertFalse(is_mounted(self.point))
        self.mount()
        (daemon,) = self.daemons()
        used = os.open(self.inside("a"), os.O_RDONLY)  # in use: SIGTERM ends it all the same
        os.kill(daemon, signal.SIGTERM)
        self.wait_for(lambda: not is_mounted(self.point), "SIGTERM does not unmount")
        self.assert_ended()
        self.assert_errno(errno.ENOTCONN, os.close, used)
        self.assertEqual(os.listdir(self.point), [])

    def test_umount_does_not_wait_for_ever_for_a_daemon_that_hangs(self):
        self.mount()
        (daemon,) = self.daemons()
        os.kill(daemon, signal.SIGSTOP)
        started = time.monotonic()
        self.fail_with(v.BUSY, "umount", self.point, says=f"unmounted, but its daemon, process {daemon}, goes on")
        self.assertLess(time.monotonic() - started, 2 * END_S)
        self.assertFalse(is_mounted(self.point))
        os.kill(daemon, signal.SIGCONT)
        self.assert_ended()

    def test_umount_waits_for_its_own_daemon_although_another_had_the_device_number(self):
        """The kernel gives the number of a mount that is gone to the next one, be its daemon on its way out."""
        for _ in range(5):  # other mounts of this machine may take the number
            self.mount()
            (old,) = self.daemons()
            number = os.stat(self.point).st_dev
            os.kill(old, signal.SIGSTOP)
            subprocess.run(["umount", "-l", self.point], check=True)
            self.mount()
            if os.stat(self.point).st_dev == number:
                break
            self.end(self.point)
        else:
            self.skipTest("the kernel gave the device number to none of five mounts again")
        (new,) = set(self.daemons()) - {old}
        os.kill(new, signal.SIGSTOP)
        umount = self.start("umount", self.point, stderr=subprocess.PIPE)
        self.wait_for(lambda: not is_mounted(self.point), "umount does not unmount")
        time.sleep(0.5)
        self.assertIsNone(umount.poll(), "umount has not waited")
        os.kill(new, signal.SIGCONT)
        _, errors = umount.communicate(timeout=END_S)
        self.assertEqual((umount.returncode, errors), (v.OK, b""))
        self.assertEqual(self.daemons(), [old])

    def test_a_mount_in_use_is_not_unmounted_unless_lazily(self):
        self.file("source/a", b"x")
        self.snapshot(self.source)
        self.mount()
        with open(self.inside("a"), "rb") as file:
            self.fail_with(v.BUSY, "umount", self.point, says="in use")
            self.assertEqual(file.read(), b"x")
            self.succeed("umount", "--lazy", self.point)
            self.assertFalse(is_mounted(self.point))
        self.assert_ended()

    def test_foreground_stays_until_the_mount_ends(self):
        self.file("source/a", b"x")
        self.snapshot(self.source)
        for end in ("umount", signal.SIGTERM, signal.SIGINT):
            process = self.start("mount", "--foreground", self.point, stderr=subprocess.PIPE)
            self.wait_for(lambda: is_mounted(self.point), "it does not mount")
            self.assertEqual(cat(self.inside("a")), b"x")
            self.assertIsNone(process.poll())
            if end == "umount":
                self.succeed("umount", self.point)
            else:
                process.send_signal(end)
            _, errors = process.communicate(timeout=END_S)
            self.assertEqual((process.returncode, errors), (0, b""))
            self.assertFalse(is_mounted(self.point))

    def test_what_prevents_a_mount_is_one_line_and_an_exit_code(self):
        self.fail_with(v.FAILED, "mount", self.path("nowhere"), says="nowhere")
        self.fail_with(v.USAGE, "mount", self.file("file"), says="no folder")
        wrong = {"VAULT_PASSWORD": "wrong", "VAULT_KEY_FILE": None}
        self.fail_with(v.WRONG_KEY, "mount", self.point, environment=wrong)
        self.fail_with(v.NO_REPOSITORY, "mount", self.point, environment={"VAULT_REPOSITORY": self.path("nothing")})
        self.fail_with(v.FAILED, "umount", self.point, says="nothing is mounted")
        self.fail_with(v.USAGE, "umount", "/proc", says="no mount of vault")
        self.mount()
        self.fail_with(v.USAGE, "mount", self.point, says="already")

    def test_json_names_the_mount_point(self):
        for command in ("mount", "umount"):
            summary = self.succeed("--json", command, self.point).summary
            self.assertEqual(v.schema_violations(summary, v.load_schema("summary.mount")), [])
            self.assertEqual(summary["mount_point"], self.point)

    def test_a_user_mounts_without_root(self):
        """In a mount namespace of its own, where /dev/fuse is open to all as it is where udev runs."""
        os.chmod(self.work, 0o777)
        home, point = self.folder("home of another"), self.folder("mnt of another")
        source = self.file("source of another", b"mine")
        for path in (home, point, source):
            os.chown(path, NOBODY, NOBODY)
        del self.environment["VAULT_KEY_FILE"]
        self.environment |= {"VAULT_REPOSITORY": home + "/repository", "HOME": home, "XDG_CACHE_HOME": home + "/c",
                             "XDG_STATE_HOME": home + "/s", "VAULT_PASSWORD": v.PASSWORD}
        device = self.path("fuse")
        os.mknod(device, 0o666 | stat.S_IFCHR, os.makedev(10, 229))
        os.chmod(device, 0o666)
        script = self.file("script", USER_SCRIPT, mode=0o755)
        command = ["unshare", "--mount", "bash", script, self.vault, device, point, source, str(NOBODY)]
        done = subprocess.run(command, env=self.environment, capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, b"mine"), done.stderr)
        self.assert_ended(point)


USER_SCRIPT = r"""
set -euo pipefail
vault=$1 device=$2 point=$3 source=$4 user=$5
mount --bind "$device" /dev/fuse
as_user() { setpriv --reuid="$user" --regid="$user" --clear-groups "$@"; }
as_user "$vault" init >/dev/null
as_user "$vault" snapshot "$source" >/dev/null
as_user "$vault" mount "$point" >/dev/null
as_user cat "$point/latest$source"
if ls "$point" 2>/dev/null; then echo "root sees the mount of a user" >&2; exit 1; fi
as_user "$vault" umount "$point"
if mountpoint -q "$point"; then echo "still mounted" >&2; exit 1; fi
as_user "$vault" mount "$point" >/dev/null
# The daemon of the first mount may still be on its way out.
kill -KILL $(pgrep -U "$user" -f -- "mount $point")
as_user "$vault" umount "$point"
if mountpoint -q "$point"; then echo "the dead mount is still there" >&2; exit 1; fi
"""


if __name__ == "__main__":
    unittest.main()
