#!/usr/bin/env python3
# vault forget, undelete, tag and hold, as a user meets them.
import datetime
import os
import subprocess
import unittest

import vault_case as v


class Forget(v.VaultCase):
    def setUp(self):
        super().setUp()
        self.source = self.folder("source")
        self.file("source/a", b"first")
        self.file("source/large", os.urandom(300_000))
        self.init_by_key_file()

    def take(self, time, *arguments):
        return self.snapshot(self.source, "--series", "s", "--time", time, *arguments)["snapshot_id"]

    def check(self, objects, *schemas):
        by_type = {v.load_schema(name)["properties"]["message_type"]["const"]: v.load_schema(name) for name in schemas}
        for item in objects:
            self.assertIn(item["message_type"], by_type)
            self.assertEqual(v.schema_violations(item, by_type[item["message_type"]]), [], item)
        self.assertEqual(objects[-1]["message_type"], "summary")

    def live(self, *arguments):
        objects = self.succeed("--json", "snapshots", *arguments).objects
        return [item["id"] for item in objects if item["message_type"] == "snapshot"]

    def forget(self, *arguments):
        """(ids kept, ids removed, {id: matches}, summary) of one run with --json."""
        objects = self.succeed("--json", "forget", *arguments).objects
        self.check(objects, "group", "summary.forget")
        keep = [one["id"] for group in objects[:-1] for one in group["keep"]]
        remove = [one["id"] for group in objects[:-1] for one in group["remove"]]
        reasons = {}
        for group in objects[:-1]:
            self.assertEqual([one["snapshot"] for one in group["reasons"]], group["keep"])
            for one in group["keep"] + group["remove"]:
                whole = {"message_type": "snapshot", **one}
                self.assertEqual(v.schema_violations(whole, v.load_schema("snapshot")), [])
            reasons.update({one["snapshot"]["id"]: one["matches"] for one in group["reasons"]})
        return keep, remove, reasons, objects[-1]

    # --- by name ---

    def test_named_snapshots_are_forgotten_and_the_others_stay(self):
        first, second, third = self.take("2026-01-01"), self.take("2026-01-02"), self.take("2026-01-03")
        out = self.succeed("forget", first[:8], "latest~1").out
        self.assertRegex(out, rf"(?m)^forget +{first[:8]} ")
        self.assertRegex(out, rf"(?m)^forget +{second[:8]} ")
        self.assertIn("forgot 2 snapshots", out)
        self.assertEqual(self.live(), [third])
        self.assertEqual(self.live("--forgotten"), [first, second])
        self.assertEqual(self.objects_in("tombstones"), sorted(["tombstones/" + first, "tombstones/" + second]))
        self.fail_with(v.FAILED, "ls", first)
        self.fail_with(v.FAILED, "forget", first, says="no snapshot")
        self.succeed("ls", third)

    def test_as_json_named_ones_are_groups_too(self):
        first, second = self.take("2026-01-01"), self.take("2026-01-02")
        keep, remove, _, summary = self.forget(first)
        self.assertEqual((keep, remove), ([], [first]))
        self.assertEqual((summary["forgotten"], summary["kept"], summary["dry_run"]), (1, 0, False))
        self.assertEqual(self.live(), [second])

    def test_all_snapshots_go_only_if_that_is_said(self):
        first, second = self.take("2026-01-01"), self.take("2026-01-02")
        self.fail_with(v.USAGE, "forget", first, second, says="--all")
        self.assertEqual(self.live(), [first, second])
        self.succeed("forget", first, second, "--all")
        self.assertEqual(self.live(), [])
        self.assertIn("no snapshots yet", self.succeed("forget", "--keep-last", "1").out)

    # --- by rules ---

    def test_rules_keep_and_say_why_and_a_dry_run_changes_nothing(self):
        times = ["2026-01-01T10:00", "2026-01-01T20:00", "2026-01-02T10:00", "2026-02-03T10:00"]
        ids = [self.take(time) for time in times]
        before = self.objects_in("")
        keep, remove, reasons, summary = self.forget("--keep-daily", "2", "--keep-yearly", "3", "--dry-run")
        self.assertEqual((keep, remove), ([ids[3], ids[2]], [ids[1], ids[0]]))
        newest = ["daily snapshot", "yearly snapshot", "newest of its series"]
        self.assertEqual(reasons, {ids[3]: newest, ids[2]: ["daily snapshot"]})
        self.assertEqual((summary["dry_run"], summary["forgotten"]), (True, 2))
        out = self.succeed("forget", "--keep-daily", "2", "-n").out
        self.assertRegex(out, rf"(?m)^keep +{ids[2][:8]} .*daily snapshot")
        self.assertRegex(out, rf"(?m)^forget +{ids[0][:8]} ")
        self.assertIn("nothing was changed", out)
        self.assertEqual(self.objects_in(""), before)
        self.forget("--keep-daily", "2")
        self.assertEqual(self.live(), [ids[2], ids[3]])
        self.assertEqual(self.forget("--keep-daily", "2")[1], [])

    def test_a_zone_moves_the_days(self):
        ids = [self.take(time) for time in ("2026-06-30T21:30", "2026-06-30T22:30", "2026-07-01T10:00")]
        self.assertEqual(self.forget("--keep-daily", "9", "-n")[0], [ids[2], ids[1]])
        self.assertEqual(self.forget("--keep-daily", "9", "-n", "--tz", "Europe/Berlin")[0], [ids[2], ids[0]])

    def test_within_unlimited_and_tags(self):
        ids = [self.take("2026-01-01", "--tag", "x"), self.take("2026-01-02"), self.take("2026-01-03")]
        self.assertEqual(self.forget("--keep-within", "1d", "-n")[0], [ids[2]])
        self.assertEqual(self.forget("--keep-within", "1d1h", "-n")[0], [ids[2], ids[1]])
        self.assertEqual(self.forget("--keep-tag", "x", "-n")[0], [ids[2], ids[0]])
        self.assertEqual(self.forget("--keep-last", "unlimited", "-n")[1], [])

    def test_each_series_counts_by_itself_and_a_filter_chooses(self):
        ids = [self.take("2026-01-01"), self.take("2026-01-02")]
        other = [self.snapshot(self.source, "--series", "t", "--time", day, "--host", "h", "--tag", "x")["snapshot_id"]
                 for day in ("2026-01-03", "2026-01-04")]  # fmt: skip
        keep, remove, _, _ = self.forget("--keep-last", "1", "-n")
        self.assertEqual((keep, remove), ([ids[1], other[1]], [ids[0], other[0]]))
        for chosen in (("--series", "t"), ("--host", "h"), ("--tag", "x")):
            self.assertEqual(self.forget("--keep-last", "1", "-n", *chosen)[:2], ([other[1]], [other[0]]))
        self.fail_with(v.FAILED, "forget", "--keep-last", "1", "--series", "nobody", says="no snapshot that matches")

    def test_a_year_of_nights_keeps_what_an_own_count_keeps(self):
        """Forgets each night; at the end exactly the rules' choice is left."""
        start = datetime.date(2025, 11, 20)
        days = [start + datetime.timedelta(days=number) for number in range(60)]
        ids = {}
        for day in days:
            ids[day] = self.take(f"{day}T03:00")
            self.succeed("forget", "--keep-daily", "3", "--keep-weekly", "4", "--keep-monthly", "2")
        chosen = set(days[-3:])
        for count, period in ((4, lambda day: day.isocalendar()[:2]), (2, lambda day: (day.year, day.month))):
            newest = {period(day): day for day in days}  # the last one of each wins
            chosen |= set(sorted(newest.values())[-count:])
        self.assertEqual(self.live(), [ids[day] for day in days if day in chosen])

    # --- what is refused ---

    def test_what_is_no_request_is_usage(self):
        self.take("2026-01-01")
        self.fail_with(v.USAGE, "forget", says="nothing says what")
        self.fail_with(v.USAGE, "forget", "--series", "s", says="nothing says what")
        self.fail_with(v.USAGE, "forget", "latest", "--keep-last", "1", says="not both")
        self.fail_with(v.USAGE, "forget", "latest", "--tz", "UTC", says="--tz")
        self.fail_with(v.USAGE, "forget", "--keep-last", "0", "--keep-within", "0d", says="no rule keeps anything")
        for bad in (("--keep-last", "x"), ("--keep-daily", "1.5"), ("--keep-weekly", ""), ("--keep-last=-1",),
                    ("--keep-hourly", "9999999999"), ("--keep-within", "7"), ("--keep-within", "7w"),
                    ("--keep-tag", ""), ("--keep-tag", "a,b")):  # fmt: skip
            self.fail_with(v.USAGE, "forget", *bad)
        self.fail_with(v.USAGE, "forget", "--keep-tag", "a,b", says="no comma")
        self.fail_with(v.USAGE, "snapshot", self.source, "--tag", "a,b", says="no comma")
        self.fail_with(v.USAGE, "forget", "--keep-last", "1", "--tz", "Nowhere/Town", says="no time zone")
        self.assertEqual(len(self.live()), 1)

    def test_a_damaged_snapshot_takes_no_other_away_and_is_exit_13(self):
        ids = [self.take(f"2026-01-0{day}") for day in (1, 2, 3)]
        self.flip("snapshots/" + ids[2], 200)
        self.fail_with(v.INTEGRITY, "forget", "--keep-last", "1", says=ids[2])
        self.assertEqual(self.objects_in("tombstones"), ["tombstones/" + ids[0]])

    def test_a_full_disk_can_still_forget(self):
        place = self.folder("disk")
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", place], stderr=subprocess.PIPE,
                              check=False)  # fmt: skip
        if done.returncode != 0:
            self.skipTest("cannot mount a tmpfs here: " + done.stderr.decode().strip())
        self.addCleanup(subprocess.run, ["umount", place], check=False)
        self.repository = self.environment["VAULT_REPOSITORY"] = os.path.join(place, "repository")
        self.init_by_key_file()
        first, second = self.take("2026-01-01"), self.take("2026-01-02")
        with open(os.path.join(place, "filler"), "wb") as filler, self.assertRaises(OSError):
            while True:
                filler.write(bytes(65536))
                filler.flush()
        self.fail_with(v.NO_SPACE, "hold", second)
        self.succeed("forget", first)
        self.assertEqual(self.live(), [second])
        self.assertEqual(self.objects_in("reserve"), [])

    # --- undelete ---

    def test_undelete_brings_back_what_was_there_under_a_new_id(self):
        first = self.take("2026-01-01", "--tag", "x")
        self.file("source/a", b"second")
        second = self.take("2026-01-02")
        self.succeed("forget", first)
        objects = self.succeed("--json", "undelete", first[:8]).objects
        self.check(objects, "summary.undelete")
        back = objects[-1]["snapshot_id"]
        self.assertEqual((objects[-1]["original"], objects[-1]["chunks_copied"]), (first, 0))
        self.assertEqual(self.live(), [back, second])
        listed = self.succeed("--json", "snapshots", "--tag", "x").objects[0]
        self.assertEqual((listed["id"], listed["original"]), (back, first))
        self.assertEqual(listed["time"], "2026-01-01T00:00:00.000000000Z")
        self.assertEqual(self.succeed("cat", f"{back}:{self.source}/a").stdout, b"first")
        self.fail_with(v.FAILED, "undelete", first, says="back already")
        self.fail_with(v.FAILED, "undelete", second, says="is not forgotten")
        self.fail_with(v.USAGE, "undelete", "latest", says="no id")
        self.fail_with(v.FAILED, "undelete", "0000000000", says="no forgotten snapshot")

    # --- tag and hold ---

    def test_tags_change_and_choose(self):
        first, second = self.take("2026-01-01", "--tag", "old"), self.take("2026-01-02")
        objects = self.succeed("--json", "tag", "latest~1", "--add", "new", "--remove", "old").objects
        self.check(objects, "changed", "summary.changed")
        self.assertEqual((objects[0]["snapshot_id"], objects[0]["tags"]), (first, ["new"]))
        self.assertEqual(self.live("--tag", "new"), [first])
        self.assertEqual(self.live("--tag", "old"), [])
        again = self.succeed("--json", "tag", first, "--add", "new").objects
        self.assertEqual(again, [{"message_type": "summary", "changed_snapshots": 0}])
        out = self.succeed("tag", "--series", "s", "--set", "a", "--set", "b").out
        self.assertIn("changed 2 of 2 snapshots", out)
        self.assertEqual(self.live("--tag", "a"), [first, second])
        self.fail_with(v.USAGE, "tag", first, says="--add")
        self.fail_with(v.USAGE, "tag", "--add", "x", says="name snapshots")
        self.fail_with(v.USAGE, "tag", first, "--add", "a\nb", says="--add takes")
        for option in ("--add", "--set"):
            self.fail_with(v.USAGE, "tag", first, option, "a,b", says="no comma")
        self.succeed("tag", first, "--remove", "a,b")  # of another program, perhaps
        self.fail_with(v.FAILED, "tag", "--series", "nobody", "--add", "x", says="no snapshot that matches")

    def test_held_snapshots_stay_until_they_are_released(self):
        first, second = self.take("2026-01-01"), self.take("2026-01-02")
        objects = self.succeed("--json", "hold", first).objects
        self.check(objects, "changed", "summary.changed")
        self.assertTrue(objects[0]["held"])
        self.assertIn("(held)", self.succeed("snapshots").out)
        self.fail_with(v.USAGE, "forget", first, says="vault hold --release")
        self.assertEqual(self.forget("--keep-last", "1")[2][first], ["held"])
        self.succeed("hold", "--release", first)
        self.assertEqual(self.forget("--keep-last", "1")[1], [first])
        self.assertEqual(self.live(), [second])


if __name__ == "__main__":
    unittest.main()
