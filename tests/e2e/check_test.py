#!/usr/bin/env python3
# vault check over the real binary: a sound repository is called sound, damage is named exactly with the files and
# snapshots that it harms, and what is cut short goes on where it was.
import glob
import os
import random
import signal
import subprocess
import time
import unittest

import vault_case as v


class Check(v.VaultCase):
    def setUp(self):
        super().setUp()
        self.random = random.Random(7)
        self.init_by_key_file()

    def fill(self):
        """Two snapshots that share a file; returns their ids."""
        self.file("source/a/shared", self.random.randbytes(300_000))
        self.old = self.random.randbytes(700_000)  # more than a box
        self.file("source/a/old", self.old)
        first = self.snapshot(self.path("source"), "--series", "s")["snapshot_id"]
        os.unlink(self.path("source/a/old"))
        self.file("source/b/new", self.random.randbytes(250_000))
        return first, self.snapshot(self.path("source"), "--series", "s")["snapshot_id"]

    def check(self, code, *arguments, **named):
        return self.json_run(code, "check", *arguments, **named)

    def data_packs(self):
        """Names of packs, the largest first: those of data, in these repositories."""
        return sorted(self.objects_in("packs"), key=self.size, reverse=True)

    def size(self, name):
        return os.path.getsize(os.path.join(self.repository, name))

    # --- sound ---

    def test_a_damaged_state_folder_makes_no_snapshots_vanish(self):
        self.fill()
        state = glob.glob(os.path.join(self.environment["XDG_STATE_HOME"], "vault/*/writer.0"))
        self.assertEqual(len(state), 1)
        for garbage in (bytes(range(88)), b"\x01" * 56, b"short", b""):
            with open(state[0], "r+b") as file:
                file.truncate()
                file.write(garbage)
            for _ in range(2):
                self.snapshot(self.path("source"), "--series", "garbage")
            result = self.succeed("--json", "check").summary
            self.assertEqual(result["snapshots_vanished"], 0)

    def test_a_sound_repository_is_called_sound_by_every_form_of_check(self):
        self.fill()
        for arguments in ([], ["--read-data"], ["--read-data=50%"], ["latest"], ["--read-data", "latest~1"]):
            summary = self.check(v.OK, *arguments)["summary"][0]
            self.assertEqual(summary["num_errors"], 0)
            self.assertEqual(summary["snapshots"], 1 if arguments and "latest" in arguments[-1] else 2)
        self.assertIn("no damage", self.succeed("check").out)
        self.assertIn("verified every byte", self.succeed("check", "--read-data").out)
        self.assertEqual(self.objects_in("damaged"), [])
        empty = [name for name in os.listdir(self.cache_folder()) if name.startswith("check-")]
        self.assertEqual(empty, [])

    def cache_folder(self):
        top = self.path("home/cache/vault")
        return os.path.join(top, os.listdir(top)[0])

    def test_a_repository_without_snapshots_is_sound(self):
        self.assertEqual(self.check(v.OK, "--read-data")["summary"][0]["snapshots"], 0)

    def test_what_check_reads_is_the_store_and_not_the_cache_of_this_client(self):
        self.fill()
        self.succeed("ls", "latest")  # the cache knows all packs
        os.unlink(os.path.join(self.repository, self.data_packs()[0]))
        for name in self.objects_in("dirs"):
            os.unlink(os.path.join(self.repository, name))
        self.assertGreater(self.check(v.INTEGRITY)["summary"][0]["chunks_missing"], 0)

    # --- damage ---

    def test_a_flipped_bit_in_a_box_is_found_by_reading_and_harms_exactly_the_file_in_it(self):
        first, second = self.fill()
        pack = self.data_packs()[0]  # the first run's: old and shared
        self.flip(pack, 100)  # in its first box: "old" comes before "shared"
        self.check(v.OK)  # the structure is as it was
        found = self.check(v.INTEGRITY, "--read-data")
        self.assertEqual([item["pack"] for item in found["damaged_pack"]], [os.path.basename(pack)])
        self.assertEqual(found["damaged_pack"][0]["boxes"][0]["box"], 0)
        harmed = {(item["snapshot_id"], item["path"]) for item in found["harmed"]}
        self.assertEqual(harmed, {(first, self.path("source/a/old"))})
        self.assertEqual(found["summary"][0]["harmed_snapshots"], [first])
        self.assertEqual(found["harmed"][0]["chunks"][0]["pack"], os.path.basename(pack))
        self.assertIn("; 1 entry in 1 snapshot cannot be restored whole", self.run_vault("check").err)
        # What check says of restore is so.
        self.assert_restores(second, self.path("source"))
        self.assertEqual(self.run_vault("restore", first, "--target", self.path("back1")).code, v.INTEGRITY)

    def test_a_name_is_printed_once_beside_what_is_wrong(self):
        first, _ = self.fill()
        names = ["snapshots/" + first, self.objects_in("dirs")[0], self.data_packs()[0]]
        for name in names:
            self.replace_object(name, self.object(name)[:100])
        shown = self.run_vault("check")
        self.assertEqual(shown.code, v.INTEGRITY, str(shown))
        for name in names:
            self.assertIn("damaged: " + name, shown.out)
            self.assertEqual(shown.out.count(name), 1, shown.out)
        left = [line for line in self.run_vault("repair").err.splitlines() if names[0] in line]
        self.assertTrue(left)
        self.assertEqual({line.count(names[0]) for line in left}, {1}, left)
        listed = self.fail_with(v.INTEGRITY, "snapshots", says="snapshots/" + first)
        self.assertEqual(listed.err.count(names[0]), 1, listed.err)

    def test_damage_is_put_on_record_once_and_not_with_no_record(self):
        self.fill()
        self.flip(self.data_packs()[0], 100)
        self.assertEqual(self.check(v.INTEGRITY, "--read-data", "--no-record")["summary"][0]["records_put"], 0)
        self.assertEqual(self.objects_in("damaged"), [])
        self.assertEqual(self.check(v.INTEGRITY, "--read-data")["summary"][0]["records_put"], 1)
        self.assertEqual(len(self.objects_in("damaged")), 1)
        self.assertEqual(self.check(v.INTEGRITY, "--read-data")["summary"][0]["records_put"], 0)
        (record,) = self.succeed("--json", "inspect", self.objects_in("damaged")[0]).objects
        self.assertEqual(record["record"]["pack"], os.path.basename(self.data_packs()[0]))
        self.assertEqual((record["record"]["action"], record["record"]["boxes"]), ("found", [{"box": 0}]))
        self.assertGreater(len(record["record"]["lost"]), 0)

    def test_what_is_damaged_and_stored_again_is_not_lost(self):
        first, _ = self.fill()
        pack = self.data_packs()[0]
        self.flip(pack, 100)
        self.check(v.INTEGRITY, "--read-data")
        self.succeed("restore", first + ":" + self.path("source/a/shared"), "--target", self.path("back"))
        # Stored again, since the record says that they are damaged.
        self.file("source/a/old", self.old)
        self.snapshot(self.path("source"), "--series", "s")
        found = self.check(v.INTEGRITY, "--read-data")
        self.assertNotIn("harmed", found)
        self.assertEqual(found["damaged_pack"][0]["lost"], [])
        self.assertEqual(found["summary"][0]["harmed_snapshots"], [])
        self.assertIn("nothing is lost", self.run_vault("check", "--read-data").err)
        self.succeed("restore", first, "--target", self.path("back2"))

    def test_damage_in_what_no_snapshot_needs_is_found_and_harms_nothing(self):
        first, _ = self.fill()
        self.succeed("forget", first)
        self.flip(self.data_packs()[0], 100)
        found = self.check(v.INTEGRITY, "--read-data")
        self.assertNotIn("harmed", found)
        self.assertEqual(found["damaged_pack"][0]["chunks_in_snapshots"], 0)
        self.assertIn("in no snapshot", self.run_vault("check", "--read-data").err)

    def test_a_pack_that_is_gone_is_named_with_all_that_it_held(self):
        first, second = self.fill()
        pack = self.data_packs()[0]
        os.unlink(os.path.join(self.repository, pack))
        found = self.check(v.INTEGRITY)  # without reading data
        self.assertEqual([item["pack"] for item in found["damaged_pack"]], [os.path.basename(pack)])
        self.assertFalse(found["damaged_pack"][0]["listed"])
        harmed = {(item["snapshot_id"], item["path"]) for item in found["harmed"]}
        old, shared = self.path("source/a/old"), self.path("source/a/shared")
        self.assertEqual(harmed, {(first, old), (first, shared), (second, shared)})
        result = self.run_vault("check")
        self.assertIn("harmed: " + shared + " in " + first[:8] + ", " + second[:8], result.out)

    def test_a_damaged_tree_node_says_how_much_it_hides(self):
        first, second = self.fill()
        trees = [name for name in self.objects_in("packs") if self.size(name) < 50_000]
        for name in trees:
            self.flip(name, 100)
        found = self.check(v.INTEGRITY)
        self.assertEqual({item["snapshot_id"] for item in found["harmed"]}, {first, second})
        self.assertTrue(all(item["hidden_entries"] > 0 for item in found["harmed"]))

    def test_every_kind_of_small_object_is_looked_at(self):
        self.fill()
        sid = self.snapshot(self.path("source"), "--series", "t")["snapshot_id"]
        self.succeed("tag", sid, "--add", "x")
        self.succeed("forget", sid)
        # Not keys and keyring: there is one of each here, and without it nothing opens.
        for folder in ("snapshots", "tombstones", "marks", "dirs", "config"):
            name = self.objects_in(folder)[0]
            before = self.object(name)
            self.flip(name, -200)
            found = self.check(v.INTEGRITY)
            self.assertEqual([item["name"] for item in found["damaged_object"]], [name])
            self.replace_object(name, before)
        self.check(v.OK)

    # --- reading by parts ---

    def many_packs(self, count=6):
        for number in range(count):
            self.file(f"source/f{number}", self.random.randbytes(400_000))
            self.snapshot(self.path("source"), "--series", "s")

    def test_a_share_takes_the_packs_that_waited_longest(self):
        self.many_packs()
        packs = len(self.objects_in("packs"))
        read = 0
        for _ in range(4):
            summary = self.check(v.OK, "--read-data=30%")["summary"][0]
            self.assertEqual(summary["packs_read"] + summary["packs_left"], packs)
            read += summary["packs_read"]
            time.sleep(1.1)  # times are kept in seconds
        self.assertGreaterEqual(read, packs)
        # By now each was read: damage anywhere was met in four rounds of 30 %.
        self.flip(self.data_packs()[-1], 100)
        codes = []
        for _ in range(4):
            codes.append(self.run_vault("check", "--read-data=30%").code)
            time.sleep(1.1)
        self.assertIn(v.INTEGRITY, codes)

    def test_damage_on_record_is_told_of_by_every_check_until_it_is_mended(self):
        self.fill()
        pack = self.data_packs()[0]
        self.flip(pack, self.size(pack) // 3)
        found = self.check(v.INTEGRITY, "--read-data")
        for arguments in ([], ["latest", "latest~1"], ["--read-data", "--max-duration", "0s"]):
            again = self.check(v.INTEGRITY, *arguments)
            boxes = [[box["box"] for box in of["damaged_pack"][0]["boxes"]] for of in (found, again)]
            self.assertEqual(boxes[0], boxes[1])
            self.assertEqual(again["harmed"], found["harmed"])
            self.assertEqual(again["summary"][0]["records_put"], 0)

    def test_shares_go_on_past_packs_that_are_damaged(self):
        for number in range(5):
            self.file(f"source/{number}", self.random.randbytes(50_000))
            self.snapshot(self.path("source"), "--series", "s")
        packs = self.objects_in("packs")
        damaged = packs[::3]
        for pack in damaged:
            self.flip(pack, self.size(pack) // 3)
        for _ in packs:
            result = self.run_vault("--json", "check", "--read-data=1%")
        self.assertEqual(result.code, v.INTEGRITY)
        named = {item["pack"] for item in result.objects if item["message_type"] == "damaged_pack"}
        self.assertEqual(named, {os.path.basename(pack) for pack in damaged})

    def test_when_time_is_up_the_next_run_goes_on_and_the_one_after_starts_anew(self):
        self.many_packs()
        packs = len(self.objects_in("packs"))
        summary = self.check(v.OK, "--read-data", "--max-duration", "0s")["summary"][0]
        self.assertEqual((summary["packs_read"], summary["packs_left"], summary["time_up"]), (0, packs, True))
        summary = self.check(v.OK, "--read-data", "--max-duration", "1h")["summary"][0]
        self.assertEqual((summary["packs_read"], summary["packs_left"]), (packs, 0))
        summary = self.check(v.OK, "--read-data")["summary"][0]
        self.assertEqual((summary["packs_read"], summary["packs_verified_before"]), (packs, 0))

    # --- usage ---

    def test_what_is_asked_wrongly_is_refused(self):
        for arguments in (["--read-data=0%"], ["--read-data=101%"], ["--read-data=5"], ["--read-data=x%"],
                          ["--max-duration", "1h"], ["--read-data", "--max-duration", "x"]):  # fmt: skip
            self.fail_with(v.USAGE, "check", *arguments)
        self.fail_with(v.FAILED, "check", "0123abcd")
        self.fail_with(v.WRONG_KEY, "check", environment={"VAULT_PASSWORD": "other", "VAULT_KEY_FILE": None})

    def test_a_store_that_cannot_be_written_is_checked_all_the_same(self):
        self.fill()
        self.flip(self.data_packs()[0], 100)
        if subprocess.run(["mount", "--bind", self.repository, self.repository], check=False).returncode != 0:
            self.skipTest("a bind mount is not allowed here")
        try:
            subprocess.run(["mount", "-o", "remount,bind,ro", self.repository], check=True)
            result = self.run_vault("check", "--read-data")
            self.assertEqual(result.code, v.INTEGRITY, str(result))
            self.assertIn("could not be put on record", result.err)
        finally:
            subprocess.run(["umount", self.repository], check=True)

    def test_sigterm_ends_it_in_order_and_nothing_wrong_is_told(self):
        self.fill()
        packs = self.objects_in("packs")
        interrupted = 0
        for attempt in range(20):
            with self.start("check", "--read-data", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
                time.sleep(0.02 + 0.01 * attempt)
                process.send_signal(signal.SIGTERM)
                out, errors = process.communicate(timeout=60)
            self.assertIn(process.returncode, (v.OK, v.INTERRUPTED, -signal.SIGTERM), errors)
            interrupted += process.returncode == v.INTERRUPTED
            # Of a sound store an end in the middle says nothing else.
            self.assertNotRegex(out + errors, b"damaged|harmed|missing")
        self.assertGreater(interrupted, 0)
        self.assertEqual(self.objects_in("packs"), packs)
        self.check(v.OK, "--read-data")


if __name__ == "__main__":
    unittest.main()
