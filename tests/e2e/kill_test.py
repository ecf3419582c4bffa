#!/usr/bin/env python3
# Kills snapshot runs at random moments: what was there stays whole, nothing is left that needs a hand, and the next
# run uses what was uploaded.
import os
import random
import signal
import subprocess
import time
import unittest

import vault_case as v

KILLS = 100 if v.SOAK else 60


class Kill(v.VaultCase):
    def make_source(self, generator):
        """About 24 MiB in 300 files: enough for packs to be in the making for most of a run."""
        for number in range(300):
            size = generator.choice([0, 100, 5_000, 80_000, 300_000])
            half = generator.randbytes(size // 2)
            self.file(f"source/{number % 17:02}/file-{number:03}", half + half)
        return self.path("source")

    def test_a_run_that_is_killed_at_any_moment_costs_nothing_but_its_time(self):
        generator = random.Random(v.SEED)
        source = self.make_source(generator)
        first = self.file("first/file", b"kept from before the kills")
        self.init_by_key_file()
        first_id = self.snapshot(self.path("first"), "--series", "first")["snapshot_id"]

        # How long a whole run takes, measured on a repository of its own, so that the kills fall inside.
        whole = {**self.environment, "VAULT_REPOSITORY": self.path("measured")}
        subprocess.run([self.vault, "init"], env=whole, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, check=True)
        began = time.monotonic()
        subprocess.run([self.vault, "snapshot", source], env=whole, stdout=subprocess.DEVNULL, check=True)
        duration = time.monotonic() - began

        committed = killed = 0
        while killed < KILLS:
            self.assertLess(committed, 4 * KILLS)
            began = time.monotonic()
            run = self.start("snapshot", source, "--series", "killed")
            time.sleep(generator.uniform(0, 0.8 * duration))
            run.send_signal(signal.SIGKILL)
            if run.wait() == -signal.SIGKILL:
                killed += 1
            else:
                # One that finds everything stored is shorter.
                committed += 1
                duration = min(duration, time.monotonic() - began)
        print(f"{killed} runs killed, {committed} ended before their kill; seed {v.SEED}")

        last = self.snapshot(source, "--series", "killed")
        self.assertEqual(last["total_files_processed"], 300)
        for snapshot, path in ((last["snapshot_id"], source), (first_id, self.path("first"))):
            self.assert_restores(snapshot, path)
        self.assertTrue(os.path.exists(first))
        self.assertEqual(self.objects_in("sessions"), [])
        # A run killed before its session object stood left that object's temporary: a day old, it is removed as well.
        for name in self.objects_in("tmp"):
            os.utime(os.path.join(self.repository, name), (0, 0))
            self.assertLessEqual(len(self.object(name)), 4096, name)
        self.snapshot(source, "--series", "killed")
        self.assertEqual(self.objects_in("tmp"), [])

    def test_what_a_killed_run_uploaded_is_used_again(self):
        generator = random.Random(v.SEED + 1)
        for number in range(24):
            self.file(f"source/{number:02}", generator.randbytes(8 << 20))
        source = self.path("source")
        self.init_by_key_file()
        run = self.start("snapshot", source)
        while run.poll() is None and len(self.objects_in("packs")) == 0:
            time.sleep(0.002)
        run.send_signal(signal.SIGKILL)
        self.assertEqual(run.wait(), -signal.SIGKILL, "the run ended before a pack was seen")
        uploaded = sum(len(self.object(name)) for name in self.objects_in("packs"))
        self.assertGreater(uploaded, 0)
        summary = self.snapshot(source)
        self.assertLess(summary["data_added_packed"], (24 * 8 << 20) - uploaded * 9 // 10)
        self.assert_restores("latest", source)

    def test_a_run_ended_by_a_signal_says_so_and_fences_itself(self):
        generator = random.Random(v.SEED + 2)
        for number in range(40):
            self.file(f"source/{number:02}", generator.randbytes(8 << 20))
        self.init_by_key_file()
        for number in (signal.SIGINT, signal.SIGTERM):
            run = self.start("snapshot", self.path("source"))
            while run.poll() is None and not any(name.startswith("tmp/") for name in self.objects_in("tmp")):
                time.sleep(0.002)
            run.send_signal(number)
            self.assertEqual(run.wait(), 130)
        self.assertEqual(self.succeed("--json", "snapshots").summary["snapshots"], 0)
        self.assertEqual(self.objects_in("sessions"), [])
        self.assertEqual(self.objects_in("tmp"), [])

    def test_two_runs_at_once_into_one_repository_both_land(self):
        generator = random.Random(v.SEED + 3)
        for number in range(60):
            self.file(f"one/{number:02}", generator.randbytes(300_000))
            self.file(f"two/{number:02}", generator.randbytes(300_000))
            shared = generator.randbytes(200_000)
            self.file(f"one/shared-{number:02}", shared)
            self.file(f"two/shared-{number:02}", shared)
        self.init_by_key_file()
        for attempt in range(5):
            runs = [self.start("snapshot", self.path(name), "--series", name, "--force-rescan")
                    for name in ("one", "two")]  # fmt: skip
            self.assertEqual([run.wait() for run in runs], [v.OK, v.OK], f"attempt {attempt}")
        for name in ("one", "two"):
            self.assert_restores(name + "@2100-01-01", self.path(name))
        self.assertEqual(self.succeed("--json", "snapshots").summary["snapshots"], 10)


class Init(v.VaultCase):
    def test_an_init_that_was_killed_at_any_step_can_be_repeated(self):
        """Its steps are renames into place: slots, keyring, config."""
        killed = 0
        for step in range(1, 20):
            self.environment["VAULT_REPOSITORY"] = self.path(f"made{step}")
            command = ["strace", "-f", "-o", "/dev/null", "-e", "trace=renameat2",
                       "-e", f"inject=renameat2:signal=KILL:when={step}", self.vault, "init"]
            done = subprocess.run(command, env=self.environment, capture_output=True, check=False)
            if done.returncode == 0:
                break
            killed += 1
            for name in ("snapshots", "key"):
                self.assertIn(self.run_vault(name, *(["list"] if name == "key" else [])).code, (v.OK, v.NO_REPOSITORY))
            if self.run_vault("snapshots").code == v.NO_REPOSITORY:
                self.succeed("init")
            self.assertEqual(self.snapshot("/etc/hostname")["total_files_processed"], 1)
        self.assertGreaterEqual(killed, 4)


if __name__ == "__main__":
    unittest.main()
