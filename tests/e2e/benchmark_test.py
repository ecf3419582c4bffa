#!/usr/bin/env python3
# vault benchmark over the real binary: every stage has a figure, and nothing is left behind, however it ends.
import hashlib
import json
import os
import signal
import subprocess
import unittest

import vault_case as v

STAGES = ["cut", "id", "compress", "encrypt", "pack_hash", "seal", "open", "seal_random", "open_random"]
STAGES += ["index_known", "index_unknown", "write", "read", "small_object", "fsync", "rename"]
BOUNDS = ["first_snapshot", "first_snapshot_random", "reading", "reading_random"]
QUICK = ("--seconds", "0.01")


class Benchmark(v.VaultCase):
    def setUp(self):
        super().setUp()
        self.place = self.folder("place")
        self.file("place/mine", b"mine")
        self.cache = self.path("home/cache/vault")
        self.environment = {name: value for name, value in self.environment.items() if "PASSWORD" not in name}

    def left(self):
        """What a benchmark left in the folder that it measured, and in the cache."""
        cached = os.listdir(self.cache) if os.path.exists(self.cache) else []
        return [name for name in os.listdir(self.place) if name != "mine"] + cached

    def digests(self):
        return {name: hashlib.sha256(self.object(name)).hexdigest() for name in self.objects_in("")}

    def start_until(self, stage):
        """A benchmark that has just told of a stage, and is in the next one."""
        run = self.start("benchmark", "--json", "--in", self.place, "--seconds", "0.05", stdout=subprocess.PIPE)
        for cleanup in (run.stdout.close, run.wait, run.kill):  # from the last to the first
            self.addCleanup(cleanup)
        for line in run.stdout:
            if json.loads(line).get("stage") == stage:
                return run
        self.fail("it ended before it told of " + stage)

    def test_each_stage_has_a_figure_and_the_bounds_follow_from_them(self):
        found = self.json_run(v.OK, "benchmark", *QUICK, "--in", self.place)
        self.assertEqual([item["stage"] for item in found["stage"]], STAGES)
        speeds = {}
        for item in found["stage"]:
            self.assertGreater(item["per_second_one_thread"], 0, item)
            self.assertGreater(item["per_second"], 0, item)
            speeds[item["stage"]] = item["per_second"]
        summary = found["summary"][0]
        self.assertEqual(summary["path"], self.place)
        ratio = summary["compression_ratio"]
        self.assertTrue(2 < ratio < 10, ratio)
        self.assertEqual([bound["of"] for bound in summary["bounds"]], BOUNDS)
        bounds = {bound["of"]: bound for bound in summary["bounds"]}
        self.assertEqual(bounds["reading"]["bytes_per_second"], min(speeds["open"], speeds["read"] * ratio))
        self.assertEqual(bounds["reading_random"]["bytes_per_second"], min(speeds["open_random"], speeds["read"]))
        for of, seal, shrunk in (("first_snapshot", "seal", ratio), ("first_snapshot_random", "seal_random", 1)):
            seconds = sum(1 / speeds[stage] for stage in ("cut", "id", seal))
            seconds += 1 / (65536 * speeds["index_unknown"]) + 1 / (speeds["pack_hash"] * shrunk)
            least = min(1 / seconds, speeds["write"] * shrunk)
            self.assertAlmostEqual(bounds[of]["bytes_per_second"] / least, 1, places=6)
            self.assertEqual(bounds[of]["limit"], "processor" if least == 1 / seconds else "write")
        self.assertEqual(self.left(), [])

    def test_people_get_a_line_for_each_stage_and_what_it_allows(self):
        out = self.succeed("benchmark", *QUICK, "--in", self.place, "--threads", "2").out
        for stage in STAGES:
            self.assertRegex(out, rf"(?m)^{stage} +[\d,.]+ (MB/s|/s) +[\d,.]+ (MB/s|/s) \(2\)  \w")
        self.assertRegex(out, r"(?m)^a first snapshot of content that compresses: about [\d,.]+ MB/s, bound by ")
        self.assertRegex(out, r"(?m)^reading back content that does not: about [\d,.]+ MB/s, bound by ")
        alone = self.succeed("benchmark", *QUICK, "--in", self.place, "--threads", "1").out
        self.assertNotIn("(1)", alone)

    def test_the_repositorys_own_folder_is_measured_without_a_password_and_keeps_its_objects(self):
        self.succeed("init", environment={"VAULT_PASSWORD": v.PASSWORD})
        before = self.digests()
        folders = sorted(os.listdir(self.repository))
        self.assertEqual(self.json_run(v.OK, "benchmark", *QUICK)["summary"][0]["path"], self.repository)
        self.assertEqual(self.digests(), before)
        self.assertEqual(sorted(os.listdir(self.repository)), folders)

    def test_nothing_is_left_after_an_interruption_in_any_stage(self):
        # In the next stage: ids; while an index is there; while packs are being written and read.
        for stage in ("cut", "index_known", "index_unknown", "write"):
            run = self.start_until(stage)
            self.assertNotEqual(self.left(), [], stage)
            run.send_signal(signal.SIGINT)
            self.assertEqual(run.wait(60), v.INTERRUPTED, stage)
            self.assertEqual(self.left(), [], stage)

    def test_what_a_killed_run_left_the_next_removes_but_not_what_a_running_one_has(self):
        killed = self.start_until("index_known")
        killed.kill()
        killed.wait()
        of_killed = set(self.left())
        self.assertEqual(len(of_killed), 2, of_killed)
        running = self.start_until("index_known")
        running.send_signal(signal.SIGSTOP)
        of_running = set(self.left()) - of_killed
        self.assertEqual(len(of_running), 2, of_running)
        self.succeed("benchmark", *QUICK, "--in", self.place)
        self.assertEqual(set(self.left()) & of_killed, set())
        self.assertTrue(of_running <= set(self.left()))
        running.send_signal(signal.SIGCONT)
        running.stdout.read()
        self.assertEqual(running.wait(60), v.OK)
        self.assertEqual(self.left(), [])

    def test_what_is_no_folder_and_what_is_no_number_is_one_line(self):
        self.fail_with(v.USAGE, "benchmark", "--in", self.path("nowhere"), says="nowhere is not a folder")
        self.assertFalse(os.path.exists(self.path("nowhere")))
        self.fail_with(v.USAGE, "benchmark", "--in", self.path("place/mine"), says="is not a folder")
        for seconds in ("", "0", "-1", "61", "1s", "nan"):
            self.fail_with(v.USAGE, "benchmark", "--in", self.place, "--seconds=" + seconds, says="--seconds")
        self.fail_with(v.NO_REPOSITORY, "benchmark")
        self.assertEqual(self.left(), [])


if __name__ == "__main__":
    unittest.main()
