#!/usr/bin/env python3
# Small objects that somebody deleted and that nothing else in the store names: the machine that checked before tells of
# them, a copy gives them back, and what a command took away is never missed.
import glob
import os
import shutil
import signal
import stat
import time
import unittest

import vault_case as v
from repair_case import RepairCase


class Deleted(RepairCase):
    def setUp(self):
        super().setUp()
        self.second = self.snapshot(self.path("source"), "--series", "other")["snapshot_id"]
        self.third = self.snapshot(self.path("source"), "--series", "other")["snapshot_id"]
        self.succeed("hold", self.first)
        self.succeed("tag", "--add", "kept", self.first)
        self.succeed("forget", self.second)
        self.check_with(v.OK)
        self.copy = self.path("copy")
        shutil.copytree(self.repository, self.copy)

    def delete(self, name):
        os.unlink(os.path.join(self.repository, name))

    def missed(self):
        """What check calls damaged, once more by each check."""
        for _ in range(2):
            found = self.json_run(v.INTEGRITY, "check")
            names = sorted(item["name"] for item in found["damaged_object"])
        self.assertEqual(found["summary"][0]["num_errors"], len(names))
        return names

    def test_a_deleted_hold_or_tag_is_missed_until_a_repair_has_named_it(self):
        marks = self.objects_in("marks")
        self.assertEqual(len(marks), 2)
        for name in marks:
            self.delete(name)
        self.assertEqual(self.missed(), marks)
        self.assertEqual(len(self.repair(v.INTEGRITY, "-n")[0]["left"]), 2)
        summary, _ = self.repair(v.INTEGRITY)
        self.assertIn("`vault hold --release`", summary["left"][0])
        self.check_with(v.OK)
        self.assertEqual(self.repair(v.OK)[0]["left"], [])
        # And can still be had from a copy.
        self.assertEqual(self.repair(v.OK, "--from", self.copy)[0]["objects_put"], marks)
        self.assertEqual(self.objects_in("marks"), marks)

    def test_rules_keep_a_snapshot_whose_hold_was_deleted_until_somebody_says_what_counts(self):
        for _ in range(3):
            self.snapshot(self.path("source"), "--series", "s")
        self.check_with(v.OK)
        for name in self.objects_in("marks"):
            self.delete(name)
        plan = self.succeed("forget", "--keep-last", "1", "-n").out
        self.assertIn("may be held: a mark on it is damaged or was deleted", plan)
        self.fail_with(v.INTEGRITY, "forget", self.first, says="may be held")
        self.succeed("prune", "--keep-last", "1", "--max-delete", "100%")
        self.restores(self.first)
        self.assertEqual(len(self.missed()), 2)
        self.repair(v.INTEGRITY)  # which accepts it, and says nothing on what counts
        self.assertIn("may be held", self.succeed("forget", "--keep-last", "1", "-n").out)
        self.fail_with(v.INTEGRITY, "forget", self.first, says="may be held")
        self.succeed("hold", "--release", self.first)
        self.check_with(v.OK)
        self.succeed("forget", "--keep-last", "1")
        self.assertIn("tombstones/" + self.first, self.objects_in("tombstones"))

    def test_a_damaged_hold_that_another_machine_settled_is_not_missed(self):
        here = self.environment["XDG_STATE_HOME"]
        for sid, seen_damaged in ((self.third, True), (self.snapshot(self.path("source"))["snapshot_id"], False)):
            self.succeed("hold", sid)
            self.check_with(v.OK)
            hold = next(name for name in self.objects_in("marks") if sid in name)
            self.flip(hold, 500)
            if seen_damaged:
                self.json_run(v.INTEGRITY, "check")
            self.environment["XDG_STATE_HOME"] = self.path("elsewhere")
            self.succeed("hold", sid)
            self.succeed("hold", "--release", sid)
            self.assertEqual(self.repair(v.OK)[0]["objects_quarantined"], [hold])
            self.environment["XDG_STATE_HOME"] = here
            self.check_with(v.OK)

    def test_what_was_damaged_before_it_was_deleted_is_missed(self):
        for position in (16, 500):  # the domain in the clear head, which a later version may know; what is sealed
            for name in (*self.objects_in("marks"), "tombstones/" + self.second, "snapshots/" + self.third):
                self.flip(name, position)
                self.json_run(v.INTEGRITY, "check")
                self.delete(name)
                self.assertIn(name, self.missed())
                shutil.copy(os.path.join(self.copy, name), os.path.join(self.repository, name))
                self.check_with(v.OK)

    def test_a_damaged_tag_that_another_machine_put_into_quarantine_is_not_missed(self):
        here = self.environment["XDG_STATE_HOME"]
        tag = next(name for name in self.objects_in("marks") if self.is_tag(name))
        self.flip(tag, 500)
        self.environment["XDG_STATE_HOME"] = self.path("elsewhere")
        self.succeed("hold", "--release", self.first)
        self.succeed("hold", self.first)
        self.assertEqual(self.repair(v.OK)[0]["objects_quarantined"], [tag])
        self.environment["XDG_STATE_HOME"] = here
        self.check_with(v.OK)
        with open(os.path.join(self.copy, tag), "rb") as file:
            damaged_again = bytearray(file.read())
        damaged_again[600] ^= 1
        with open(os.path.join(self.repository, tag), "wb") as file:
            file.write(damaged_again)
        self.succeed("hold", "--release", self.first)
        self.repair(v.OK)
        self.assertEqual(len(self.objects_in("quarantine")), 2)
        self.check_with(v.OK)

    def test_a_damaged_mark_is_put_anew_from_a_copy_unless_another_counts_by_now(self):
        for released in (False, True):
            hold = next(name for name in self.objects_in("marks") if not self.is_tag(name))
            copy = self.path("copy-%d" % released)
            shutil.copytree(self.repository, copy)
            if released:
                self.succeed("hold", "--release", self.first)
            self.flip(hold, 500)
            self.assertEqual(self.repair(v.INTEGRITY, "-n", "--from", copy)[0]["objects_put"], [hold])
            self.assertEqual(self.repair(v.OK, "--from", copy)[0]["objects_put"], [hold])
            self.assertNotIn(hold, self.objects_in("marks"))
            self.check_with(v.OK)
            listed = next(item for item in self.succeed("--json", "snapshots").objects if item.get("id") == self.first)
            self.assertEqual((listed["held"], listed["tags"]), (not released, ["kept"]))

    def is_tag(self, name):
        return "kept" in self.succeed("inspect", name).out

    def test_a_deleted_fence_is_no_snapshot_that_is_gone_and_comes_back_from_a_copy(self):
        before = self.objects_in("snapshots")
        self.flip(self.data_pack(), 300_000)
        self.repair(v.OK, "--read-data", "--from", self.copy)  # a session of its own, which commits nothing
        (fence,) = set(self.objects_in("snapshots")) - set(before)
        newer = self.path("newer")
        shutil.copytree(self.repository, newer)
        self.check_with(v.OK)
        self.delete(fence)
        self.assertEqual(self.missed(), [fence])
        (left,) = self.repair(v.INTEGRITY, "-n")[0]["left"]
        self.assertIn("ended without a snapshot", left)
        self.repair(v.INTEGRITY)
        self.check_with(v.OK)
        self.assertEqual(self.repair(v.OK, "--from", newer)[0]["objects_put"], [fence])
        self.assertIn(fence, self.objects_in("snapshots"))
        self.check_with(v.OK)

    def test_deleted_lists_of_a_prune_that_is_undecided_are_missed(self):
        with open(self.path("source/one"), "ab") as file:
            file.write(self.random.randbytes(3_000_000))
        forgotten = self.snapshot(self.path("source"), "--series", "s")["snapshot_id"]
        self.succeed("forget", forgotten)
        for number in range(30):
            self.file(f"big/{number}", self.random.randbytes(4 << 20))
        run = self.start("snapshot", self.path("big"))
        while not self.objects_in("sessions"):
            time.sleep(0.002)
        run.send_signal(signal.SIGSTOP)  # it keeps prune waiting
        self.addCleanup(run.kill)
        prune = self.start("prune", "--max-unused", "0")
        while not self.objects_in("waiting"):
            time.sleep(0.01)
            self.assertIsNone(prune.poll())
        prune.kill()
        prune.wait()
        lists = self.objects_in("condemned") + self.objects_in("waiting") + self.objects_in("sessions")
        self.assertEqual(len(lists), 3)
        self.check_with(v.OK)
        for name in lists:
            whole = self.object(name)
            self.delete(name)
            self.assertEqual(self.missed(), [name])
            with open(os.path.join(self.repository, name), "wb") as file:
                file.write(whole)
        self.check_with(v.OK)
        run.send_signal(signal.SIGCONT)
        self.assertEqual(run.wait(), v.OK)
        self.succeed("prune", "--max-unused", "0")
        self.assertEqual([name for name in lists if os.path.exists(os.path.join(self.repository, name))], [])
        self.check_with(v.OK)

    def test_a_deleted_record_of_damage_is_missed_while_its_pack_is_there(self):
        pack = self.data_pack()
        self.flip(pack, 300_000)
        self.json_run(v.INTEGRITY, "check", "--read-data")
        (record,) = self.objects_in("damaged")
        self.json_run(v.INTEGRITY, "check")
        self.delete(record)
        self.assertIn(record, self.missed())
        self.repair(v.INTEGRITY, "--read-data")
        self.assertNotIn(pack, self.objects_in("packs"))
        found = self.run_vault("--json", "check")
        self.assertNotIn(record, [item.get("name") for item in found.objects])

    def test_a_deleted_generation_of_the_keyring_is_missed(self):
        self.delete("config/1")
        self.repair(v.OK)
        self.check_with(v.OK)
        self.delete("keyring/2")
        self.assertIn("keyring/2", self.missed())

    def test_what_cannot_be_judged_while_something_is_damaged_is_missed_afterwards(self):
        self.succeed("prune", "--max-unused", "0")
        self.flip("tombstones/" + self.second, 500)
        self.repair(v.OK)
        bundles = self.objects_in("tombstones")
        self.assertEqual(len(bundles), 1)
        self.assertIn("bundle-", bundles[0])
        self.check_with(v.OK)
        whole = self.object(bundles[0])
        self.flip(bundles[0], 500)
        self.delete("snapshots/" + self.first)
        self.json_run(v.INTEGRITY, "check")
        with open(os.path.join(self.repository, bundles[0]), "wb") as file:
            file.write(whole)
        self.assertEqual(self.missed(), ["snapshots/" + self.first])
        # Its marks too, once it is back.
        for name in self.objects_in("marks"):
            self.delete(name)
        self.assertEqual(self.missed(), ["snapshots/" + self.first])
        shutil.copy(os.path.join(self.copy, "snapshots", self.first), os.path.join(self.repository, "snapshots"))
        self.assertEqual(len(self.missed()), 2)

    def test_a_deleted_hold_comes_back_from_a_copy(self):
        marks = self.objects_in("marks")
        for name in marks:
            self.delete(name)
        self.missed()
        self.assertEqual(self.repair(v.INTEGRITY, "-n", "--from", self.copy)[0]["objects_put"], marks)
        self.assertEqual(self.objects_in("marks"), [])
        self.assertEqual(self.repair(v.OK, "--from", self.copy)[0]["objects_put"], marks)
        self.check_with(v.OK)
        snapshot = next(item for item in self.succeed("--json", "snapshots").objects if item.get("id") == self.first)
        self.assertEqual((snapshot["held"], snapshot["tags"]), (True, ["kept"]))

    def test_a_deleted_tombstone_is_missed_and_comes_back_from_a_copy(self):
        name = "tombstones/" + self.second
        self.delete(name)
        self.assertEqual(self.missed(), [name])
        self.assertEqual(self.repair(v.OK, "--from", self.copy)[0]["objects_put"], [name])
        listed = [item.get("id") for item in self.succeed("--json", "snapshots").objects]
        self.assertNotIn(self.second, listed)
        self.check_with(v.OK)

    def test_a_deleted_snapshot_is_missed_also_where_all_that_it_put_is_gone(self):
        self.delete("snapshots/" + self.third)
        found = self.run_vault("check")
        self.assertEqual(found.code, v.INTEGRITY)
        self.assertIn("1 snapshot cannot be had", found.err)
        self.assertEqual(self.missed(), ["snapshots/" + self.third])
        left = self.repair(v.INTEGRITY, "-n")[0]["left"][0]
        self.assertEqual("vault forget" in left, "packs that it put are there" in left)  # else it would refuse
        self.assertEqual(self.repair(v.OK, "--from", self.copy)[0]["snapshots_put"], [self.third])
        self.check_with(v.OK)
        self.restores(self.third)

    def test_a_deleted_decision_is_missed(self):
        self.succeed("prune", "--max-unused", "0")
        self.check_with(v.OK)
        for name in self.objects_in("decision"):
            self.delete(name)
            self.assertEqual(self.missed(), [name])

    def test_a_key_that_went_elsewhere_is_told_once_and_is_no_damage(self):
        self.environment["VAULT_NEW_PASSWORD"] = "another horse"
        here = self.succeed("--json", "key", "add").summary["key_id"]
        there = self.succeed("--json", "key", "add").summary["key_id"]
        self.check_with(v.OK)
        self.succeed("key", "remove", here)
        self.assertEqual(self.check_with(v.OK)["keys_gone"], [])
        self.delete("keys/" + there)
        told = self.succeed("check").out
        self.assertIn("keys/" + there, told)
        self.assertEqual(self.check_with(v.OK)["keys_gone"], [])
        third = self.succeed("--json", "key", "add").summary["key_id"]
        self.check_with(v.OK)
        self.delete("keys/" + third)
        self.assertEqual(self.repair(v.OK)[0]["keys_gone"], ["keys/" + third])

    def test_what_commands_take_away_is_not_missed(self):
        self.succeed("hold", "--release", self.first)
        self.succeed("forget", "--all", self.first)
        self.succeed("check")
        state = self.environment["XDG_STATE_HOME"]
        for home in (state, self.path("elsewhere")):  # by this machine, and by another
            self.environment["XDG_STATE_HOME"] = home
            sid = self.snapshot(self.path("source"), "--series", "going", "--tag", "old")["snapshot_id"]
            self.succeed("tag", "--add", "older", sid)
            self.environment["XDG_STATE_HOME"] = state
            self.check_with(v.OK)
            self.environment["XDG_STATE_HOME"] = home
            self.succeed("undelete", self.first)
            self.succeed("forget", "--all", sid)
            self.succeed("prune", "--max-unused", "0")
            self.assertNotIn("snapshots/" + sid, self.objects_in("snapshots"))
            self.environment["XDG_STATE_HOME"] = state
            self.check_with(v.OK)
            if home == state:
                self.first = self.succeed("--json", "snapshots").objects[0]["id"]
                self.succeed("forget", "--all", self.first)

    def test_an_older_copy_of_the_repository_misses_nothing_of_the_newer(self):
        self.succeed("tag", "--add", "new", self.first)
        self.succeed("forget", self.third, "--all")
        self.check_with(v.OK)
        self.succeed("check", "--repo", self.copy)
        self.check_with(v.OK)
        # But the repository itself put back to an older state does.
        shutil.rmtree(self.repository)
        shutil.copytree(self.copy, self.repository)
        names = self.missed()
        self.assertIn("tombstones/" + self.third, names)
        self.assertEqual(sum(name.startswith("marks/") for name in names), 1)

    def test_a_memory_that_is_damaged_or_cannot_be_written_is_none(self):
        kept = glob.glob(os.path.join(self.environment["XDG_STATE_HOME"], "vault/*/objects-seen-*"))
        self.assertEqual(len(kept), 1)
        for garbage in (b"\0" * 100, b"snapshots/../../x\nmarks/\n\xff\n" * 3, b"keys/" + b"0" * 10):
            with open(kept[0], "wb") as file:
                file.write(garbage)
            self.check_with(v.OK)
        os.unlink(kept[0])
        os.mkdir(kept[0])
        self.check_with(v.OK)
        os.rmdir(kept[0])
        os.mkfifo(kept[0])
        for command in (("check",), ("repair",), ("forget", "--keep-last", "1", "-n"),
                        ("prune", "--keep-last", "1", "-n")):
            told = self.run_vault(*command)
            self.assertEqual(told.code, v.OK)
            self.assertIn("cannot be told", told.err)
        self.assertTrue(stat.S_ISFIFO(os.stat(kept[0]).st_mode))  # it is left for who wants to look at it

    def test_what_a_repair_put_back_can_be_missed_again(self):
        for name in ("snapshots/" + self.third, "tombstones/" + self.second):
            self.flip(name, 500)
            self.repair(v.OK, "--from", self.copy)
            self.check_with(v.OK)
            for found in self.objects_in(name.split("/")[0]):
                if found == name or "bundle-" in found:
                    self.delete(found)
            self.assertEqual(self.missed(), [name])
            self.repair(v.OK, "--from", self.copy)
            self.check_with(v.OK)

    def test_a_deleted_tombstone_of_what_was_pruned_is_missed_and_nothing_else(self):
        self.succeed("prune", "--max-unused", "0")
        self.assertNotIn("snapshots/" + self.second, self.objects_in("snapshots"))
        self.check_with(v.OK)
        self.delete("tombstones/" + self.second)
        found = self.json_run(v.INTEGRITY, "check")
        self.assertEqual([item["name"] for item in found["damaged_object"]], ["tombstones/" + self.second])
        self.assertEqual(found["summary"][0]["snapshots_vanished"], 0)
        self.repair(v.INTEGRITY)
        self.assertEqual(self.check_with(v.OK)["snapshots_vanished"], 0)


if __name__ == "__main__":
    unittest.main()
