#!/usr/bin/env python3
# vault repair over the real binary: what can be read is saved, what cannot is named and comes back from a later
# snapshot or from a copy, nothing is deleted that is nowhere else, and a repair that was cut short goes on.
import os
import random
import shutil
import signal
import time
import unittest

import vault_case as v
from repair_case import RepairCase

KILLS = 100 if v.SOAK else 8


class Repair(RepairCase):
    # --- nothing to do ---

    def test_a_sound_repository_is_left_as_it_is(self):
        before = self.objects_in("packs")
        for arguments in ([], ["--read-data"], ["--dry-run"]):
            summary, harmed = self.repair(v.OK, *arguments)
            self.assertTrue(summary["whole"])
            self.assertEqual((harmed, summary["damaged_packs"]), ([], []))
        self.assertEqual(self.objects_in("packs"), before)
        self.assertEqual(self.objects_in("quarantine"), [])

    def test_it_promises_no_more_than_it_looked_at(self):
        pack = self.data_pack()
        self.flip(pack, os.path.getsize(os.path.join(self.repository, pack)) // 2)
        for arguments in ([], ["--dry-run"]):  # the flipped byte is in the content: the structure shows nothing
            said = self.succeed("repair", *arguments).out
            self.assertRegex(said, r"(?m)^(no damage is left|there is no damage) as far as the structure and .*; "
                                   r"--read-data reads every byte too$")  # fmt: skip
            self.assertNotIn("the repository is whole", said)
        self.assertEqual(self.run_vault("repair", "--dry-run", "--read-data").code, v.INTEGRITY)
        self.flip(pack, os.path.getsize(os.path.join(self.repository, pack)) // 2)
        for arguments in ([], ["--dry-run"]):
            self.assertRegex(self.succeed("repair", "--read-data", *arguments).out, r"(?m)^the repository is whole$")

    def test_what_it_does_not_do_by_halves_is_refused(self):
        self.fail_with(v.USAGE, "repair", "--read-data=10%")

    # --- forgotten and damaged snapshots ---

    def test_what_was_forgotten_can_be_undeleted_after_a_repair_that_took_a_pack_away(self):
        self.file("source/three", self.random.randbytes(700_000))
        second = self.snapshot(self.path("source"), "--series", "s")["snapshot_id"]
        self.succeed("forget", self.first)
        pack = self.data_pack()
        with open(os.path.join(self.repository, pack), "rb") as file:
            whole = file.read()
        self.replace_object(pack, whole + b"x")  # no longer of its name, and every box in it readable
        summary, harmed = self.repair(v.OK, "--read-data")
        self.assertEqual((harmed, summary["packs_quarantined"] + summary["packs_removed"] > 0), ([], True))
        self.assertNotIn(pack, self.objects_in("packs"))
        self.succeed("undelete", self.first)
        self.check_with(v.OK)
        self.restores(second)

    def test_a_damaged_snapshot_is_forgotten_by_its_whole_id_and_prune_goes_on_without_it(self):
        second = self.snapshot(self.path("source"), "--series", "s")["snapshot_id"]
        self.flip("snapshots/" + self.first, 200)
        self.assertEqual(self.run_vault("prune").code, v.INTEGRITY)
        self.assertEqual(self.run_vault("forget", self.first[:8]).code, v.INTEGRITY)
        self.assertIn(self.first, self.succeed("forget", "--dry-run", self.first).out)
        self.assertEqual(self.run_vault("prune").code, v.INTEGRITY)
        self.assertEqual(self.succeed("--json", "forget", self.first).summary["forgotten"], 1)
        self.succeed("prune")
        self.assertEqual(self.objects_in("snapshots").count("snapshots/" + self.first), 0)
        self.check_with(v.OK)
        self.restores(second)

    # --- a damaged box ---

    def test_a_damaged_box_costs_the_files_in_it_alone_and_a_later_snapshot_heals_them(self):
        pack = self.data_pack()
        self.flip(pack, 300_000)
        with open(os.path.join(self.repository, pack), "rb") as file:
            damaged = file.read()
        # A dry run says so and changes nothing.
        before = self.objects_in("packs")
        summary, harmed = self.repair(v.INTEGRITY, "--read-data", "--dry-run")
        self.assertEqual(self.objects_in("packs"), before)
        self.assertEqual(self.objects_in("damaged"), [])
        self.assertEqual(len(harmed), 1)

        summary, harmed = self.repair(v.INTEGRITY, "--read-data")
        self.assertEqual(len(harmed), 1)
        lost = os.path.basename(harmed[0])
        self.assertGreater(summary["chunks_saved"], 0)
        self.assertGreater(summary["chunks_lost"], 0)
        self.assertEqual(summary["harmed_snapshots"], [self.first])
        self.assertEqual(summary["packs_quarantined"], 1)
        self.assertNotIn(pack, self.objects_in("packs"))
        with open(os.path.join(self.repository, "quarantine", os.path.basename(pack)), "rb") as file:
            self.assertEqual(file.read(), damaged)
        self.restores(self.first, lost)
        # The source still has it.
        second = self.snapshot(self.path("source"), "--series", "s")["snapshot_id"]
        self.restores(second)
        self.restores(self.first)
        self.assertEqual(self.check_with(v.OK)["num_errors"], 0)
        self.succeed("prune")
        self.assertEqual(self.objects_in("damaged"), [])
        self.assertEqual(self.check_with(v.OK)["num_errors"], 0)
        self.assertTrue(self.repair(v.OK)[0]["whole"])

    def test_damage_check_snapshot_check_prune_without_any_repair(self):
        self.flip(self.data_pack(), 300_000)
        self.check_with(v.INTEGRITY)
        self.snapshot(self.path("source"), "--series", "s")
        self.restores(self.first)
        self.succeed("prune")
        self.assertEqual(self.check_with(v.OK)["num_errors"], 0)
        self.assertEqual(self.objects_in("damaged"), [])

    def test_a_copy_of_the_repository_gives_back_what_is_lost(self):
        copy = self.path("copy")
        shutil.copytree(self.repository, copy)
        self.flip(self.data_pack(), 300_000)
        os.unlink(os.path.join(self.repository, min(self.objects_in("packs"), key=lambda name: os.path.getsize(
            os.path.join(self.repository, name)))))  # of the trees
        summary, harmed = self.repair(v.OK, "--read-data", "--from", copy)
        self.assertTrue(summary["whole"])
        self.assertEqual(harmed, [])
        self.assertGreater(summary["chunks_from_copy"], 1)
        self.restores(self.first)
        self.assertEqual(self.check_with(v.OK)["num_errors"], 0)

    def test_another_repository_is_refused_as_a_copy(self):
        other = self.path("other")
        self.succeed("init", "--repo", other)
        self.fail_with(v.USAGE, "repair", "--from", other, says="not a copy")

    def test_the_repository_is_no_copy_of_itself(self):
        alias = self.path("alias")
        os.symlink(self.repository, alias)
        for name in (self.repository, alias):
            self.fail_with(v.USAGE, "repair", "--from", name, says="this very repository")

    def test_damage_on_record_that_reads_well_is_withdrawn(self):
        pack = self.data_pack()
        self.flip(pack, 300_000)
        self.check_with(v.INTEGRITY)
        self.flip(pack, 300_000)  # back again
        summary, _ = self.repair(v.OK)
        self.assertEqual(summary["boxes_withdrawn"], 1)
        self.assertIn(pack, self.objects_in("packs"))
        self.assertTrue(summary["whole"])

    # --- directories, lengths ---

    def test_a_pack_whose_directory_is_damaged_is_saved_by_the_copy_in_dirs(self):
        for pack in self.objects_in("packs"):
            self.flip(pack, -10)
        summary, harmed = self.repair(v.OK)
        self.assertEqual(harmed, [])
        self.assertEqual(len(summary["damaged_packs"]), 2)
        self.assertEqual(summary["chunks_lost"], 0)
        self.restores(self.first)
        self.assertEqual(self.check_with(v.OK)["num_errors"], 0)

    def test_what_stands_before_a_cut_is_saved(self):
        pack = self.data_pack()
        path = os.path.join(self.repository, pack)
        os.chmod(path, 0o600)
        os.truncate(path, os.path.getsize(path) // 2)
        summary, harmed = self.repair(v.INTEGRITY)
        self.assertGreater(summary["chunks_saved"], 0)
        # Each lost chunk is one, whichever way it was missed.
        self.assertEqual(summary["chunks_lost"], self.check_with(v.INTEGRITY)["chunks_missing"])
        self.assertGreater(len(harmed), 0)
        self.assertLess(len(harmed), 3)
        self.assertEqual(summary["packs_quarantined"], 1)
        self.snapshot(self.path("source"), "--series", "s")
        self.restores(self.first)

    def test_a_damaged_copy_of_directories_is_replaced(self):
        name = self.objects_in("dirs")[0]
        self.flip(name, 500)
        self.assertEqual(self.repair(v.INTEGRITY, "--dry-run")[0]["directories_replaced"], 1)
        self.assertIn("would have replaced 1 damaged object in dirs/", self.run_vault("repair", "-n").out)
        self.assertIn(name, self.objects_in("dirs"))
        summary, _ = self.repair(v.OK)
        self.assertEqual(summary["directories_replaced"], 1)
        self.assertNotIn(name, self.objects_in("dirs"))
        self.assertEqual(self.check_with(v.OK)["packs_without_copy"], 0)

    # --- cut short ---

    def test_a_repair_that_is_killed_anywhere_goes_on(self):
        self.flip(self.data_pack(), 300_000)
        whole = self.path("whole")
        shutil.copytree(self.repository, whole)
        # How long one takes, so that the kills fall inside.
        began = time.monotonic()
        self.repair(v.INTEGRITY, "--read-data")
        duration = time.monotonic() - began
        generator, killed, begun = random.Random(v.SEED), 0, 0
        while killed < KILLS:
            begun += 1
            self.assertLessEqual(begun, 4 * KILLS, "repairs end before they are killed")
            v.copy_tree(whole, self.repository)
            process = self.start("repair", "--read-data")
            time.sleep(duration * generator.random())
            process.send_signal(signal.SIGKILL)
            if process.wait() == -signal.SIGKILL:
                killed += 1
            else:
                duration *= 0.8  # the first one had a slower machine
            summary, harmed = self.repair(v.INTEGRITY, "--read-data")
            self.assertEqual(len(harmed), 1, begun)
            self.assertEqual(summary["waits_for"], [])
            self.restores(self.first, os.path.basename(harmed[0]))
            self.snapshot(self.path("source"), "--series", "s")
            self.restores(self.first)
            self.succeed("prune")
            self.assertEqual(self.check_with(v.OK)["num_errors"], 0, begun)
        print(f"{killed} repairs killed, {begun - killed} ended before; seed {v.SEED}")


if __name__ == "__main__":
    unittest.main()
