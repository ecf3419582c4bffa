#!/usr/bin/env python3
# vault repair and the small objects: config, keyring, snapshots, tombstones, marks, decisions, records of damage. What
# else stands, or a copy has, decides; nothing is forgotten or brought back by damage.
import os
import shutil
import signal
import time
import unittest

import vault_case as v
from repair_case import RepairCase


class SmallObjects(RepairCase):
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

    def test_a_damaged_snapshot_comes_back_from_a_copy_unless_it_was_forgotten(self):
        self.succeed("hold", self.first)
        copy = self.path("copy")
        shutil.copytree(self.repository, copy)
        name = "snapshots/" + self.first
        self.flip(name, 500)
        damaged = self.object(name)
        self.assertIn("--from", self.repair(v.INTEGRITY)[0]["left"][0])
        self.assertEqual(self.repair(v.INTEGRITY, "-n", "--from", copy)[0]["snapshots_put"], [self.first])
        self.assertEqual(self.object(name), damaged)
        self.assertEqual(self.repair(v.OK, "--from", copy)[0]["snapshots_put"], [self.first])
        (kept,) = self.objects_in("quarantine")
        self.assertEqual(self.object(kept), damaged)
        self.restores(self.first)
        self.assertTrue(self.succeed("--json", "snapshots").objects[0]["held"])
        self.check_with(v.OK)
        second = self.snapshot(self.path("source"), "--series", "other")["snapshot_id"]
        shutil.rmtree(copy)
        shutil.copytree(self.repository, copy)
        self.flip("snapshots/" + second, 500)
        self.succeed("forget", second)
        self.assertEqual(self.repair(v.INTEGRITY, "--from", copy)[0]["snapshots_put"], [])
        self.succeed("prune")
        self.check_with(v.OK)

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
        with self.subTest("a damaged bundle of a snapshot that is gone is put again from a copy"):
            copy = self.path("copy")
            shutil.copytree(self.repository, copy)
            self.flip(bundle, 500)
            self.assertIn("--from", self.repair(v.INTEGRITY)[0]["left"][0])
            self.assertEqual(self.repair(v.INTEGRITY, "-n", "--from", copy)[0]["objects_quarantined"], [bundle])
            self.assertEqual(self.objects_in("tombstones"), [bundle])
            self.assertEqual(self.repair(v.OK, "--from", copy)[0]["objects_quarantined"], [bundle])
            (other,) = self.objects_in("tombstones")
            self.assertNotEqual(other, bundle)
            self.assertEqual(self.check_with(v.OK)["snapshots_vanished"], 0)
            self.succeed("prune")

    def test_a_damaged_tombstone_is_put_again_from_a_copy(self):
        second = self.snapshot(self.path("source"), "--series", "other")["snapshot_id"]
        self.succeed("forget", second)
        copy = self.path("copy")
        shutil.copytree(self.repository, copy)
        name = "tombstones/" + second
        self.flip(name, 500)
        self.assertEqual(self.repair(v.OK, "--from", copy)[0]["objects_quarantined"], [name])
        self.check_with(v.OK)
        self.assertEqual([line["id"] for line in self.succeed("--json", "snapshots").objects[:-1]], [self.first])

    def test_a_damaged_record_of_damage_goes_with_its_pack(self):
        self.flip(self.data_pack(), 300_000)
        self.check_with(v.INTEGRITY)
        (record,) = self.objects_in("damaged")
        self.flip(record, 500)
        summary, harmed = self.repair(v.INTEGRITY)  # the pack is there, so that all of it counts as damaged
        self.assertTrue(harmed)
        self.assertNotIn(record, self.objects_in("damaged"))
        (record,) = self.objects_in("damaged")  # of what is lost now
        self.flip(record, 500)
        summary, harmed = self.repair(v.INTEGRITY)
        self.assertEqual(summary["objects_quarantined"], [record])
        self.assertTrue(harmed)
        self.snapshot(self.path("source"), "--series", "s")
        self.check_with(v.OK)
        self.restores(self.first)

    def test_what_a_stranger_put_under_the_names_of_objects_keeps_nothing_else_from_repair(self):
        second = self.snapshot(self.path("source"), "--series", "other")["snapshot_id"]
        self.succeed("hold", self.first)
        hold = self.objects_in("marks")[0]
        self.flip(hold, 500)
        self.succeed("hold", "--release", self.first)
        strange = ["config/5", "marks/" + second + "-" + "0" * 16]
        os.mkdir(os.path.join(self.repository, strange[0]))
        os.mkfifo(os.path.join(self.repository, strange[1]))
        summary, _ = self.repair(v.INTEGRITY)
        self.assertEqual(summary["objects_quarantined"], [hold])
        self.assertEqual(sorted(line.split(":")[0] for line in summary["left"]), strange)
        os.rmdir(os.path.join(self.repository, strange[0]))
        os.unlink(os.path.join(self.repository, strange[1]))
        self.check_with(v.OK)

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
        self.succeed("scrub")
        self.assertEqual(self.repair(v.OK)[0]["objects_quarantined"], [])
        with self.subTest("damaged again, so that what is kept is something else"):
            self.flip(decision, 700)
            self.damaged_only(decision)
            self.repair(v.OK)
            self.check_with(v.OK)
        with self.subTest("cut short, which scrub sees too, until repair has kept that"):
            self.replace_object(decision, self.object(decision)[:100])
            shown = self.fail_with(v.INTEGRITY, "scrub", says="damage was found: 1 object")
            self.assertIn("damaged: " + decision, shown.out)
            self.repair(v.OK)
            self.check_with(v.OK)
            self.assertIn("no damage", self.succeed("scrub").out)
        with self.subTest("its list is back, as after a power cut"):
            name = os.path.basename(decision)
            with open(os.path.join(self.repository, "condemned", name), "wb") as file:
                file.write(b"x" * 4096)
            for command in ("check", "scrub"):
                result = self.run_vault("--json", command)
                self.assertEqual((result.code, result.summary["num_errors"]), (v.INTEGRITY, 2), str(result))


if __name__ == "__main__":
    unittest.main()
