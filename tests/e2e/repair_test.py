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


KILLS = 100 if v.SOAK else 8


class Repair(v.VaultCase):
    def setUp(self):
        super().setUp()
        self.random = random.Random(11)
        self.init_by_key_file()
        for name in ("one", "two", "three"):
            self.file("source/" + name, self.random.randbytes(700_000))
        self.first = self.snapshot(self.path("source"), "--series", "s")["snapshot_id"]

    def repair(self, code, *arguments, **named):
        """The summary and the paths of the entries that are harmed."""
        found = self.json_run(code, "repair", *arguments, **named)
        return found["summary"][0], sorted({item["path"] for item in found.get("harmed", [])})

    def check_with(self, code):
        result = self.run_vault("--json", "check", "--read-data")
        self.assertEqual(result.code, code, str(result))
        return result.objects[-1]

    def data_pack(self):
        packs = self.objects_in("packs")
        return max(packs, key=lambda name: os.path.getsize(os.path.join(self.repository, name)))

    def restores(self, snapshot, *missing):
        target = self.path("back-%d" % self.random.getrandbits(40))
        self.run_vault("restore", snapshot, "--target", target)
        for name in ("one", "two", "three"):
            back = os.path.join(target, self.path("source").lstrip("/"), name)
            if name in missing:
                self.assertFalse(os.path.exists(back), back)
                continue
            with open(back, "rb") as was, open(self.path("source/" + name), "rb") as now:
                self.assertEqual(was.read(), now.read(), name)

    # --- nothing to do ---

    def test_a_sound_repository_is_left_as_it_is(self):
        before = self.objects_in("packs")
        for arguments in ([], ["--read-data"], ["--dry-run"]):
            summary, harmed = self.repair(v.OK, *arguments)
            self.assertTrue(summary["whole"])
            self.assertEqual((harmed, summary["damaged_packs"]), ([], []))
        self.assertEqual(self.objects_in("packs"), before)
        self.assertEqual(self.objects_in("quarantine"), [])

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

    # --- small objects ---

    def test_a_lost_config_is_made_again(self):
        for name in ("config/1", "keyring/1"):
            with self.subTest(name=name):
                if name == "config/1":
                    os.unlink(os.path.join(self.repository, name))
                    self.assertEqual(self.run_vault("snapshot", self.path("source")).code, v.INTEGRITY)
                    summary, _ = self.repair(v.OK)
                    self.assertEqual(summary["generations_put"], ["keyring/2", "config/2"])
                else:
                    self.flip("keyring/2", 500)
                    summary, _ = self.repair(v.OK)
                    self.assertEqual(summary["generations_put"], ["keyring/3", "config/3"])
                    self.assertEqual(summary["objects_quarantined"], ["keyring/2"])
                self.check_with(v.OK)
                self.snapshot(self.path("source"), "--series", "s")
                self.restores(self.first)

    def test_a_damaged_snapshot_is_named_with_what_to_do(self):
        second = self.snapshot(self.path("source"), "--series", "other")["snapshot_id"]
        self.flip("snapshots/" + second, 500)
        summary, _ = self.repair(v.INTEGRITY)
        self.assertEqual(len(summary["left"]), 1)
        self.assertIn("vault forget " + second, summary["left"][0])
        self.restores(self.first)

    def test_a_snapshot_whose_object_somebody_removed_is_missed_and_comes_back_from_a_copy(self):
        copy = self.path("copy")
        shutil.copytree(self.repository, copy)
        self.succeed("hold", self.first, "--repo", copy)
        os.unlink(os.path.join(self.repository, "snapshots", self.first))
        self.damaged_only("snapshots/" + self.first)
        summary, _ = self.repair(v.INTEGRITY)
        self.assertIn("vault forget " + self.first, summary["left"][0])
        # What the other copy has forgotten does not come back from there, and what was forgotten here neither.
        other = self.path("other")
        shutil.copytree(copy, other)
        self.succeed("hold", "--release", self.first, "--repo", other)
        self.succeed("forget", "--all", self.first, "--repo", other)
        self.assertEqual(self.repair(v.INTEGRITY, "-n", "--from", copy)[0]["snapshots_put"], [self.first])
        self.assertEqual(self.repair(v.INTEGRITY, "--from", other)[0]["snapshots_put"], [])
        self.assertEqual(self.objects_in("snapshots"), [])
        for pack in self.objects_in("packs"):
            os.unlink(os.path.join(self.repository, pack))
        summary, _ = self.repair(v.OK, "--from", copy)
        self.assertEqual(summary["snapshots_put"], [self.first])
        self.assertGreater(summary["chunks_from_copy"], 0)
        self.restores(self.first)
        listed = self.succeed("--json", "snapshots").objects[0]
        self.assertTrue(listed["held"])
        self.check_with(v.OK)
        self.succeed("hold", "--release", self.first)
        self.succeed("forget", "--all", self.first)
        self.succeed("prune", "--all")
        self.assertNotIn("snapshots/" + self.first, self.objects_in("snapshots"))
        summary, _ = self.repair(v.OK, "--from", copy)
        self.assertEqual(summary["snapshots_put"], [])

    def test_a_snapshot_that_is_gone_on_purpose_is_forgotten_by_its_whole_id(self):
        second = self.snapshot(self.path("source"), "--series", "other")["snapshot_id"]
        os.unlink(os.path.join(self.repository, "snapshots", self.first))
        self.damaged_only("snapshots/" + self.first)
        # `second` needs the packs that the first put; one who never was is no snapshot.
        self.fail_with(v.FAILED, "forget", self.first[:-1] + ("0" if self.first[-1] != "0" else "1"))
        self.assertIn("gone", self.succeed("forget", self.first).out)
        self.check_with(v.OK)
        self.restores(second)

    def test_a_run_at_work_and_one_that_was_killed_are_missed_by_nobody(self):
        for number in range(30):
            self.file(f"big/{number}", self.random.randbytes(4 << 20))
        run = self.start("snapshot", self.path("big"))
        before = set(self.objects_in("packs"))
        while run.poll() is None and set(self.objects_in("packs")) == before:
            time.sleep(0.002)
        run.send_signal(signal.SIGKILL)
        self.assertEqual(run.wait(), -signal.SIGKILL)
        self.assertNotEqual(set(self.objects_in("packs")), before)
        self.check_with(v.OK)
        self.snapshot(self.path("source"), "--series", "s")  # fences it
        self.check_with(v.OK)

    def damaged_only(self, name):
        """Check finds this one object damaged and nothing else."""
        result = self.run_vault("--json", "check")
        self.assertEqual((result.code, result.summary["num_errors"]), (v.INTEGRITY, 1), str(result))
        self.assertIn(name, result.out)

    def test_a_damaged_tombstone_goes_to_quarantine_once_its_snapshot_is_forgotten_again(self):
        second = self.snapshot(self.path("source"), "--series", "other")["snapshot_id"]
        self.succeed("forget", second)
        tombstone = "tombstones/" + second
        self.flip(tombstone, 500)
        with open(os.path.join(self.repository, tombstone), "rb") as file:
            damaged = file.read()
        summary, _ = self.repair(v.INTEGRITY)
        self.assertEqual(summary["objects_quarantined"], [])
        self.assertIn("forget it again", summary["left"][0])
        self.succeed("forget", second)
        self.damaged_only(tombstone)
        self.assertEqual(self.repair(v.INTEGRITY, "-n")[0]["objects_quarantined"], [tombstone])
        self.assertIn(tombstone, self.objects_in("tombstones"))
        summary, _ = self.repair(v.OK)
        self.assertEqual(summary["objects_quarantined"], [tombstone])
        (kept,) = self.objects_in("quarantine")
        with open(os.path.join(self.repository, kept), "rb") as file:
            self.assertEqual(file.read(), damaged)
        self.check_with(v.OK)
        self.assertEqual([line["id"] for line in self.succeed("--json", "snapshots").objects[:-1]], [self.first])

    def test_a_damaged_tombstone_of_a_snapshot_that_is_gone_is_put_again_as_a_bundle(self):
        second = self.snapshot(self.path("source"), "--series", "other")["snapshot_id"]
        self.succeed("forget", second)
        self.succeed("prune")
        self.assertNotIn("snapshots/" + second, self.objects_in("snapshots"))
        self.flip("tombstones/" + second, 500)
        summary, _ = self.repair(v.OK)
        self.assertEqual(summary["objects_quarantined"], ["tombstones/" + second])
        (bundle,) = self.objects_in("tombstones")
        self.assertIn("bundle-", bundle)
        self.assertEqual(self.check_with(v.OK)["snapshots_vanished"], 0)

    def test_a_damaged_hold_stays_until_a_younger_one_says_what_counts(self):
        self.succeed("hold", self.first)
        (mark,) = self.objects_in("marks")
        self.flip(mark, 500)
        summary, _ = self.repair(v.INTEGRITY)
        self.assertEqual(summary["objects_quarantined"], [])
        self.succeed("hold", "--release", self.first)
        self.damaged_only(mark)
        summary, _ = self.repair(v.OK)
        self.assertEqual(summary["objects_quarantined"], [mark])
        self.check_with(v.OK)

    def test_a_damaged_decision_is_no_damage_any_more_once_its_list_is_gone_and_repair_has_kept_it(self):
        self.file("more/big", self.random.randbytes(200_000))
        self.succeed("forget", self.snapshot(self.path("more"), "--series", "more")["snapshot_id"])
        self.succeed("prune", "--max-delete", "100%")
        (decision,) = self.objects_in("decision")
        self.assertEqual(self.objects_in("condemned"), [])
        self.flip(decision, 500)
        self.damaged_only(decision)
        self.assertEqual(self.repair(v.INTEGRITY, "-n")[0]["objects_quarantined"], [decision])
        self.damaged_only(decision)
        summary, _ = self.repair(v.OK)
        self.assertEqual(summary["objects_quarantined"], [decision])
        self.assertEqual(self.objects_in("decision"), [decision])  # its name keeps others from deciding
        self.check_with(v.OK)
        self.assertEqual(self.repair(v.OK)[0]["objects_quarantined"], [])
        with self.subTest("damaged again, so that what is kept is something else"):
            self.flip(decision, 700)
            self.damaged_only(decision)
            self.repair(v.OK)
            self.check_with(v.OK)
        with self.subTest("its list is back, as after a power cut"):
            name = os.path.basename(decision)
            with open(os.path.join(self.repository, "condemned", name), "wb") as file:
                file.write(b"x" * 4096)
            result = self.run_vault("--json", "check")
            self.assertEqual((result.code, result.summary["num_errors"]), (v.INTEGRITY, 2), str(result))

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
