#!/usr/bin/env python3
# Commands that are killed, or whose store refuses, at every mutating system call. VAULT_SOAK=1 runs every case; else a
# seeded choice of them.
import collections
import os
import random
import re
import subprocess
import unittest

import vault_case as v
from crash_case import CrashCase

KILLED = (-9, 137)
MUTATING = ("renameat2", "fsync", "fdatasync", "unlinkat", "unlink", "rename", "write", "pwrite64", "mkdirat", "mkdir",
            "ftruncate", "fallocate", "linkat")  # fmt: skip
REFUSED = ("write", "pwrite64", "fsync", "fdatasync", "renameat2", "rename", "fallocate", "unlinkat", "unlink")
KILLS, REFUSALS = 60, 30  # unless this is a soak


class Crash(CrashCase):
    def setUp(self):
        super().setUp()
        try:
            subprocess.run(["strace", "-o", "/dev/null", "true"], check=True)
        except (OSError, subprocess.CalledProcessError):
            self.skipTest("strace does not work here")
        self.prepare()
        os.makedirs(self.path("case"))
        self.base, self.base_home = self.repository, self.path("home")

    def fresh(self, command):
        v.copy_tree(self.base, self.path("case/repository"))
        v.copy_tree(self.base_home, self.path("case/home"))
        self.use(self.path("case/repository"), self.path("case/home"))
        if not command.startswith("key "):
            self.open_by_key_file()

    def traced(self, command, *options):
        return subprocess.run(["strace", "-f", "-qq", *options, self.vault, *self.commands()[command]],
                              env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, check=False,
                              timeout=300)  # fmt: skip

    def calls(self, command, names):
        """(call, n) for every n up to which some thread of the command makes that call."""
        self.fresh(command)
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
        if v.SOAK:
            return cases
        generator = random.Random(v.SEED)
        chosen = []
        for command in self.commands():
            of_command = [case for case in cases if case[0] == command]
            chosen += generator.sample(of_command, min(len(of_command), limit // len(self.commands())))
        return chosen

    def each(self, cases, trace_option):
        """Runs each case (command, call, number, …) on a fresh copy, with a fault injected as trace_option(case) says,
        and judges it; the exit codes of those that stood."""
        codes = []
        for case in cases:
            what = " ".join(map(str, case))
            with self.subTest(what):
                self.fresh(case[0])
                done = self.traced(case[0], "-o", "/dev/null", "-e", f"trace={case[1]}", "-e", trace_option(case))
                self.assert_ended_in_order(done.returncode, what)
                self.assert_sound(case[0], done.returncode, done.stdout, what)
                codes.append(done.returncode)
        return codes

    def test_a_command_killed_at_any_mutating_call(self):
        cases = [(command, *call) for command in self.commands() for call in self.calls(command, MUTATING)]
        run = self.chosen(cases, KILLS)
        codes = self.each(run, lambda case: f"inject={case[1]}:signal=KILL:when={case[2]}")
        killed = sum(code in KILLED for code in codes)
        print(f"killed at {killed} of {len(cases)} calls ({len(run)} tried); seed {v.SEED}")
        self.assertGreater(killed, len(run) * 3 // 4)

    def test_a_store_that_refuses_at_any_call_once_or_from_then_on(self):
        cases = [(command, *call, error, when) for command in self.commands() for call in self.calls(command, REFUSED)
                 for error in ("EIO", "ENOSPC") for when in ("", "+")]  # fmt: skip
        run = self.chosen(cases, REFUSALS)
        codes = self.each(run, lambda case: f"inject={case[1]}:error={case[3]}:when={case[2]}{case[4]}")
        refused = sum(code != 0 for code in codes)
        print(f"{len(run)} of {len(cases)} refusals tried, {refused} ended the command; seed {v.SEED}")
        self.assertGreater(refused, len(run) // 4)


if __name__ == "__main__":
    unittest.main()
