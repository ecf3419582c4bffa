#!/usr/bin/env python3
# What an unchanged source costs, seen by strace: no regular file is opened, and where only owners changed only tree
# nodes are stored.
import os
import random
import re
import shutil
import subprocess
import time
import unittest

from vault_case import OK, VaultCase

SETTLE_SECONDS = 3  # ctimes younger than two seconds are not trusted


class Unchanged(VaultCase):
    def make_source(self):
        """A tree of 4,000 files; VAULT_TEST_TREE names a larger one."""
        if "VAULT_TEST_TREE" in os.environ:
            source = self.path("source")
            shutil.copytree(os.environ["VAULT_TEST_TREE"], source, symlinks=True)
            return source
        generator = random.Random(5)
        for number in range(4_000):
            self.file(f"source/{number // 100:02}/file-{number:04}", generator.randbytes(generator.randrange(0, 6_000)))
        return self.path("source")

    def opened_files(self, source, *arguments):
        """Runs under strace and returns the regular files of the source that were opened, and the run's summary."""
        log = self.path("strace.log")
        command = ["strace", "-f", "-qq", "--seccomp-bpf", "-y", "-e", "trace=openat,open,openat2", "-o", log]
        done = subprocess.run([*command, self.vault, "--json", *arguments], env=self.environment,
                              stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)  # fmt: skip
        self.assertEqual((done.returncode, done.stderr), (OK, b""))
        opened = []
        with open(log, encoding="utf-8", errors="surrogateescape") as lines:
            for line in lines:
                found = re.search(r"= \d+<(.*)>$", line.rstrip())
                if found and found[1].startswith(source + "/") and not os.path.isdir(found[1]):
                    opened.append(found[1])
        return opened, done.stdout.decode().splitlines()[-1]

    def setUp(self):
        super().setUp()
        if shutil.which("strace") is None:
            self.skipTest("strace is not installed")

    def test_an_unchanged_run_opens_no_regular_file(self):
        source = self.make_source()
        self.init_by_key_file()
        time.sleep(SETTLE_SECONDS)
        opened, _ = self.opened_files(source, "snapshot", source)
        self.assertGreater(len(opened), 3_000, "the first run was not seen to open its files: this test could not fail")
        opened, _ = self.opened_files(source, "snapshot", source)
        self.assertEqual(opened, [])
        # Also without what the cache remembers of the parent: then every id is looked up.
        shutil.rmtree(self.path("home/cache"))
        opened, _ = self.opened_files(source, "snapshot", source)
        self.assertEqual(opened, [])

    def test_after_chown_only_tree_nodes_are_stored(self):
        if os.geteuid() != 0:
            self.skipTest("chown needs root")
        source = self.make_source()
        self.init_by_key_file()
        time.sleep(SETTLE_SECONDS)
        self.snapshot(source)
        subprocess.run(["chown", "-R", "1234:1234", source], check=True)
        time.sleep(SETTLE_SECONDS)
        packs_before = set(self.objects_in("packs"))
        summary = self.snapshot(source)
        self.assertEqual(summary["data_blobs"], 0)
        self.assertGreater(summary["tree_blobs"], 0)
        for name in set(self.objects_in("packs")) - packs_before:
            found = self.succeed("--json", "inspect", name).objects
            self.assertEqual(found[0]["record"]["content"], "tree", name)

    def test_a_change_within_two_seconds_of_the_parent_is_seen_though_the_times_hide_it(self):
        path = self.file("source/file", b"first")
        self.init_by_key_file()
        self.snapshot(self.path("source"))
        stat = os.stat(path)
        with open(path, "r+b") as file:
            file.write(b"other")
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        self.snapshot(self.path("source"))
        self.assertEqual(self.succeed("cat", "latest:" + path).stdout, b"other")


if __name__ == "__main__":
    unittest.main()
