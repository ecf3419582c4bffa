#!/usr/bin/env python3
# Commands that are killed, or whose store refuses, at every mutating system call. VAULT_SOAK=1 runs every case; else a
# seeded choice of them.
import collections
import os
import random
import re
import subprocess
import unittest

from crash_case import SEED, SOAK, CrashCase, copy_tree

KILLED = (-9, 137)
MUTATING = ("renameat2", "fsync", "fdatasync", "unlinkat", "unlink", "rename", "write", "pwrite64", "mkdirat", "mkdir",
            "ftruncate", "fallocate", "linkat")  # fmt: skip
REFUSED = ("write", "pwrite64", "fsync", "fdatasync", "renameat2", "rename", "fallocate", "unlinkat", "unlink")
KILLS = int(os.environ.get("VAULT_TEST_KILLS", "60"))
REFUSALS = 40


class Crash(CrashCase):
    def setUp(self):
        super().setUp()
        try:
            subprocess.run(["strace", "-o", "/dev/null", "true"], check=True)
        except (OSError, subprocess.CalledProcessError):
            self.skipTest("strace does not work here")
        self.init()
        self.prepare()
        self.base, self.base_home = self.repository, self.path("home")

    def fresh(self):
        copy_tree(self.base, self.path("case/repository"))
        copy_tree(self.base_home, self.path("case/home"))
        self.use(self.path("case/repository"), self.path("case/home"))

    def traced(self, command, *options):
        return subprocess.run(["strace", "-f", "-qq", *options, self.vault, *self.commands()[command]],
                              env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, check=False,
                              timeout=300)  # fmt: skip

    def calls(self, command, names):
        """(call, n) for every n up to which some thread of the command makes that call."""
        self.fresh()
        log = self.path("calls")
        done = self.traced(command, "-o", log, "-e", "trace=" + ",".join(names))
        self.assertEqual(done.returncode, 0, done.stderr)
        counts = collections.Counter()
        with open(log, encoding="utf-8", errors="replace") as file:
            for line in file:
                if found := re.match(r"(\d+) +(\w+)\(", line):
                    counts[found[1], found[2]] += 1
        most = collections.Counter()
        for (_, name), count in counts.items():
            most[name] = max(most[name], count)
        self.assertGreater(sum(most.values()), 3, command)
        return [(name, number) for name in sorted(most) for number in range(1, most[name] + 1)]

    def chosen(self, cases, limit):
        """All of them, or as many of each command."""
        if SOAK:
            return cases
        generator = random.Random(SEED)
        chosen = []
        for command in self.commands():
            of_command = [case for case in cases if case[0] == command]
            chosen += generator.sample(of_command, min(len(of_command), limit // len(self.commands())))
        return chosen

    def test_a_command_killed_at_any_mutating_call(self):
        os.makedirs(self.path("case"))
        cases = [(command, *call) for command in self.commands() for call in self.calls(command, MUTATING)]
        run = self.chosen(cases, KILLS)
        killed = 0
        for command, name, number in run:
            what = f"{command}, killed at {name} {number}"
            with self.subTest(what):
                self.fresh()
                done = self.traced(command, "-o", "/dev/null", "-e", f"trace={name}",
                                   "-e", f"inject={name}:signal=KILL:when={number}")  # fmt: skip
                self.assert_ended_in_order(done.returncode, what)
                killed += done.returncode in KILLED
                self.assert_sound(command, done.returncode, done.stdout, what)
        print(f"killed at {killed} of {len(cases)} calls ({len(run)} tried); seed {SEED}")
        self.assertGreater(killed, len(run) * 3 // 4)

    def test_a_store_that_refuses_at_any_call_once_or_from_then_on(self):
        os.makedirs(self.path("case"))
        cases = []
        for command in self.commands():
            for name, number in self.calls(command, REFUSED):
                cases += [(command, name, number, error, when) for error in ("EIO", "ENOSPC") for when in ("", "+")]
        run = self.chosen(cases, REFUSALS)
        refused = 0
        for command, name, number, error, when in run:
            what = f"{command}, {error} at {name} {number}{when}"
            with self.subTest(what):
                self.fresh()
                done = self.traced(command, "-o", "/dev/null", "-e", f"trace={name}",
                                   "-e", f"inject={name}:error={error}:when={number}{when}")  # fmt: skip
                self.assert_ended_in_order(done.returncode, what)
                refused += done.returncode != 0
                self.assert_sound(command, done.returncode, done.stdout, what)
        print(f"{len(run)} of {len(cases)} refusals tried, {refused} ended the command; seed {SEED}")
        self.assertGreater(refused, len(run) // 4)


if __name__ == "__main__":
    unittest.main()
