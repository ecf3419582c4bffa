#!/usr/bin/env python3
# vault prune over the real binary: what is left restores identical, the store shrinks, and kills, full disks, other
# prunes and running snapshots do no harm.
import os
import random
import signal
import subprocess
import time
import unittest

import vault_case as v

KILLS = 500 if v.SOAK else 20


class Prune(v.VaultCase):
    def prune(self, *arguments, **named):
        summary = self.succeed("--json", "prune", *arguments, **named).summary
        self.assertEqual(v.schema_violations(summary, v.load_schema("summary.prune")), [])
        return summary

    def packed(self):
        return sum(os.path.getsize(os.path.join(self.repository, name)) for name in self.objects_in("packs"))

    def change(self, generator, files=40):
        """A tree that differs from the last one by a few files."""
        for _ in range(files // 4):
            number = generator.randrange(files)
            size = generator.choice([100, 20_000, 200_000, 600_000])
            self.file(f"source/{number % 5}/f{number:02}", generator.randbytes(size))
        for number in generator.sample(range(files), 2):
            path = self.path(f"source/{number % 5}/f{number:02}")
            if os.path.exists(path):
                os.unlink(path)

    def keep_copy(self, sid):
        """The source as it is now, to compare the snapshot with for as long as it lives."""
        copy = self.path("copy-" + sid)
        subprocess.run(["cp", "-a", self.path("source"), copy], check=True)
        return copy

    def take(self, generator, live):
        self.change(generator)
        sid = self.snapshot(self.path("source"), "--series", "s")["snapshot_id"]
        live[sid] = self.keep_copy(sid)
        return sid

    def check_all(self, live):
        for sid, copy in live.items():
            self.assert_restores(sid, copy, self.path("source"))
        found = {item["id"] for item in self.succeed("--json", "snapshots").objects[:-1]}
        self.assertEqual(found, set(live))

    def test_what_stays_restores_identical_and_the_store_shrinks_to_what_it_needs(self):
        generator = random.Random(v.SEED)
        self.init_by_key_file()
        live = {}
        for number in range(30):
            self.file(f"source/{number % 5}/f{number:02}", generator.randbytes(300_000))
        sids = [self.take(generator, live) for _ in range(8)]
        full = self.packed()
        self.assertEqual(self.prune("--dry-run")["packs_to_delete"], 0)
        for sid in sids[:6]:
            self.succeed("forget", sid)
            del live[sid]
        planned = self.prune("--dry-run", "--max-unused", "0")
        self.assertEqual(self.packed(), full)
        done = self.prune("--max-unused", "0")
        self.assertEqual(planned["bytes_to_delete"], done["bytes_to_delete"])
        self.assertEqual(self.packed(), full - done["bytes_deleted"] + done["bytes_written"])
        self.assertEqual(done["snapshots_removed"], 6)
        self.check_all(live)
        for folder in ("condemned", "waiting", "sessions", "tmp"):
            self.assertEqual(self.objects_in(folder), [])
        # A fresh repository of the same two trees is the measure.
        fresh = {"VAULT_REPOSITORY": self.path("fresh")}
        self.succeed("init", environment=fresh)
        for copy in live.values():
            self.succeed("snapshot", copy, "--as", "/x", "--series", "s", environment=fresh)
        size = 0
        for parent, _, names in os.walk(self.path("fresh/packs")):
            size += sum(os.path.getsize(os.path.join(parent, name)) for name in names)
        self.assertLess(self.packed(), size * 1.1)

    def test_a_prune_that_is_killed_at_any_moment_is_finished_by_the_next(self):
        generator = random.Random(v.SEED + 1)
        self.init_by_key_file()
        live = {}
        killed = 0
        for number in range(30):
            self.file(f"source/{number % 5}/f{number:02}", generator.randbytes(200_000))
        sids = [self.take(generator, live) for _ in range(4)]
        gone = sids.pop(0)
        self.succeed("forget", gone)
        del live[gone]
        began = time.monotonic()
        self.prune("--max-unused", "0")
        takes = time.monotonic() - began
        for attempt in range(KILLS):
            sids.append(self.take(generator, live))
            gone = sids.pop(0)
            self.succeed("forget", gone)
            del live[gone]
            run = self.start("prune", "--max-unused", "0")
            time.sleep(generator.uniform(0.0, takes))
            run.send_signal(signal.SIGKILL)
            killed += run.wait() == -signal.SIGKILL
            if attempt % 5 == 4:
                self.prune("--max-unused", "0")
                self.check_all(live)
                for folder in ("condemned", "waiting", "sessions"):
                    self.assertEqual(self.objects_in(folder), [])
        self.assertGreater(killed, KILLS // 3)
        self.prune("--max-unused", "0")
        self.check_all(live)
        self.assertEqual(len(self.objects_in("snapshots")) - len(self.fences()), len(live))

    def fences(self):
        return [name for name in self.objects_in("snapshots") if self.object(name)[8:10] == b"\x09\x00"]

    def test_two_prunes_and_a_snapshot_at_once(self):
        generator = random.Random(v.SEED + 2)
        self.init_by_key_file()
        live = {}
        for number in range(30):
            self.file(f"source/{number % 5}/f{number:02}", generator.randbytes(200_000))
        self.take(generator, live)
        for _ in range(6):
            sid = self.take(generator, live)
            gone = next(iter(live))
            self.succeed("forget", gone)
            del live[gone]
            # A snapshot of what was just forgotten counts on packs that the prunes are about to delete.
            other = self.path("copy-" + gone)
            runs = [self.start("snapshot", other, "--as", "/again", "--series", "again", "--force-rescan"),
                    self.start("prune", "--max-unused", "0"), self.start("prune", "--max-unused", "0")]  # fmt: skip
            codes = [run.wait() for run in runs]
            self.assertEqual(codes[0], v.OK)
            self.assertIn(codes[1], (v.OK, v.BUSY))
            self.assertIn(codes[2], (v.OK, v.BUSY))
            target = self.path("back")
            self.assert_restored(self.run_vault("restore", "again@2100-01-01", "--target", target), other,
                                 target + "/again")  # fmt: skip
            self.remove(target)
            again = [item["id"] for item in self.succeed("--json", "snapshots", "--series", "again").objects[:-1]]
            self.succeed("forget", *again)
            self.assertIn(sid, live)
        self.prune("--max-unused", "0")
        self.check_all(live)

    def test_a_tombstone_that_somebody_without_the_key_put_there_destroys_nothing(self):
        self.init_by_key_file()
        generator, live = random.Random(v.SEED), {}
        first, second = self.take(generator, live), self.take(generator, live)
        self.replace_object(f"tombstones/{first}", b"")
        self.succeed("forget", second)
        forged = self.object(f"tombstones/{second}")
        del live[second]
        third = self.take(generator, live)
        self.replace_object(f"tombstones/{third}", forged)
        self.take(generator, live)
        self.run_vault("prune", "--max-delete", "100%", "--max-unused", "0")
        for name in (first, third):
            os.unlink(os.path.join(self.repository, "tombstones", name))
        self.check_all(live)

    def test_no_snapshot_left_needs_all(self):
        self.init_by_key_file()
        self.file("source/f", b"x" * 10_000)
        sid = self.snapshot(self.path("source"))["snapshot_id"]
        self.succeed("forget", "--all", sid)
        self.fail_with(v.FAILED, "prune", says="no live snapshot")
        self.assertEqual(self.prune("--all")["packs_deleted"], 2)
        self.assertEqual(self.objects_in("packs"), [])

    def test_a_snapshot_that_somebody_removed_does_not_take_its_data_along(self):
        self.init_by_key_file()
        self.file("wallets/f", random.Random(v.SEED).randbytes(3_000_000))
        self.file("tiny/f", b"abc")
        # Without the folders above it, which others change: the second puts no pack.
        for _ in range(2):
            kept = self.snapshot(self.path("wallets"), "--as", "/wallets", "--series", "wallets")["snapshot_id"]
        self.snapshot(self.path("tiny"), "--series", "tiny")
        # The one that wrote the data is forgotten: that alone explains nothing.
        self.succeed("prune", "--keep-last", "1")
        self.succeed("hold", kept)
        snapshot = "snapshots/" + kept
        contents = self.object(snapshot)
        os.unlink(os.path.join(self.repository, snapshot))
        before = self.objects_in("packs")
        for option in ([], ["--dry-run"]):
            self.fail_with(v.FAILED, "prune", *option,
                           says="1 snapshot is gone without having been forgotten; the series wallets has vanished")
        self.assertEqual(self.objects_in("packs"), before)
        self.replace_object(snapshot, contents)
        self.succeed("prune")
        self.assert_restores(kept, self.path("wallets"), source="/wallets")
        os.unlink(os.path.join(self.repository, snapshot))
        result = self.prune("--max-delete", "100%")
        self.assertGreater(result["packs_deleted"], 0)
        self.assertEqual(result["snapshots_vanished"], 1)
        result = self.prune()
        self.assertEqual((result["packs_deleted"], result["snapshots_vanished"]), (0, 0))

    def test_what_a_removed_snapshot_put_goes_only_once_somebody_says_so_however_little_it_is(self):
        self.init_by_key_file()
        generator = random.Random(v.SEED)
        sids = []
        for series, size in (("big", 5_000_000), ("small", 100_000), ("torn", 50_000)):
            self.file(series + "/f", generator.randbytes(size))
            sids.append(self.snapshot(self.path(series), "--series", series)["snapshot_id"])
        gone = sids[1]
        self.prune()  # this client knows it now
        self.succeed("forget", sids[2])  # explains no pack but its own
        snapshot = "snapshots/" + gone
        contents = self.object(snapshot)
        os.unlink(os.path.join(self.repository, snapshot))
        self.stops_for(gone, "; the series small has vanished")
        for name in ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
            self.environment[name] = self.folder("elsewhere/" + name)
        self.stops_for(gone)
        with self.subTest("it is put back"):
            self.replace_object(snapshot, contents)
            self.assertEqual(self.prune()["packs_deleted"], 2)
            self.assert_restores(gone, self.path("small"))
            os.unlink(os.path.join(self.repository, snapshot))
            self.stops_for(gone, "; the series small has vanished")
        copy = self.path("copy")
        subprocess.run(["cp", "-a", self.repository, copy], check=True)
        with self.subTest("the rail is lifted"):
            planned = self.prune("--max-delete", "100%", "--dry-run")
            self.assertEqual((planned["packs_to_delete"], planned["snapshots_vanished"]), (2, 1))
            result = self.prune("--max-delete", "100%")
            self.assertEqual((result["packs_deleted"], result["snapshots_vanished"]), (2, 1))
            self.assertEqual(self.prune()["snapshots_vanished"], 0)
        self.repository = self.environment["VAULT_REPOSITORY"] = copy
        with self.subTest("the loss is accepted"):
            self.succeed("forget", gone)
            result = self.prune()
            self.assertEqual((result["packs_deleted"], result["snapshots_vanished"]), (2, 0))
            self.succeed("check", "--read-data")
            self.assert_restores(sids[0], self.path("big"))

    def stops_for(self, gone, series=""):
        before = self.objects_in("")
        for option in ([], ["--dry-run"], ["--max-unused", "0"], ["--max-delete", "99%"]):
            self.fail_with(v.INTEGRITY, "prune", *option,
                           says="1 snapshot is gone without having been forgotten, " + gone + series +
                                "; nothing was deleted; .vault repair --from. .*.vault forget. .*--max-delete 100%")
            self.assertEqual(self.objects_in(""), before)

    def test_a_rewrite_does_not_hide_which_snapshot_is_gone(self):
        self.init_by_key_file()
        generator = random.Random(v.SEED)
        self.file("other/f", generator.randbytes(5_000_000))
        self.snapshot(self.path("other"), "--series", "other")
        for name in ("shared", "own"):
            self.file("source/" + name, generator.randbytes(200_000))
        gone = self.snapshot(self.path("source"), "--series", "s")["snapshot_id"]
        os.unlink(self.path("source/own"))
        kept = self.snapshot(self.path("source"), "--series", "s")["snapshot_id"]
        os.unlink(os.path.join(self.repository, "snapshots", gone))
        self.stops_for(gone)
        self.succeed("forget", gone)
        self.assertGreater(self.prune("--max-unused", "0")["packs_written"], 0)
        self.assert_restores(kept, self.path("source"))

    def test_rules_select_and_then_reclaim(self):
        generator = random.Random(v.SEED + 4)
        self.init_by_key_file()
        live = {}
        sids = [self.take(generator, live) for _ in range(4)]
        result = self.succeed("--json", "prune", "--keep-last", "1", "--max-unused", "0", "--dry-run")
        self.assertEqual((result.summary["kept"], result.summary["forgotten"]), (1, 3))
        self.assertGreater(result.summary["bytes_to_delete"], 0)
        # What is forgotten now is young.
        young = self.succeed("--json", "prune", "--keep-last", "1", "-n", "--keep-forgotten", "1h").summary
        self.assertEqual((young["forgotten"], young["bytes_to_delete"]), (3, 0))
        self.assertEqual(self.objects_in("tombstones"), [])
        out = self.succeed("prune", "--keep-last", "1", "--max-unused", "0").out
        self.assertRegex(out, r"(?m)^selecting: forgot 3 snapshots, kept 1$")
        self.assertRegex(out, r"(?m)^reclaiming: deleted \d+ packs, [\d,]+ bytes")
        for sid in sids[:3]:
            del live[sid]
        self.check_all(live)
        self.fail_with(v.USAGE, "prune", "--series", "s", says="rules that keep")

    def test_what_stands_in_the_place_of_the_reserve_stops_nothing_for_ever(self):
        self.init_by_key_file()
        self.file("source/f", b"x")
        self.snapshot(self.path("source"))
        inode = os.path.join(self.repository, "reserve/inode-00")
        os.unlink(inode)
        os.mkfifo(inode)
        self.fail_with(v.FAILED, "prune", says="reserve/inode-00 is no file; remove it")
        os.unlink(inode)
        self.succeed("prune")
        self.assertTrue(os.path.isfile(inode))

    def test_limits_are_checked(self):
        self.init_by_key_file()
        for option in ("--max-unused", "--max-repack-size", "--max-delete", "--keep-forgotten"):
            for value in ("x", "-1", "1Q", "101%", "", "."):
                self.fail_with(v.USAGE, "prune", option, value)

    def test_a_full_disk_frees_itself(self):
        if os.geteuid() != 0:
            self.skipTest("mounting needs root")
        disk = self.folder("disk")
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "vault-test", disk], check=False)
        if mounted.returncode != 0:
            self.skipTest("tmpfs cannot be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", disk], check=True)
        self.repository = self.environment["VAULT_REPOSITORY"] = os.path.join(disk, "repository")
        generator = random.Random(v.SEED + 3)
        self.init_by_key_file()
        live = {}
        self.file("source/0/big", generator.randbytes(16 << 20))
        first = self.take(generator, live)
        os.unlink(self.path("source/0/big"))
        second = self.take(generator, live)
        # Whatever is left of the room goes, to the last byte, but for the reserve.
        with open(os.path.join(disk, "filler"), "wb", buffering=0) as filler:
            for size in (1 << 20, 4096, 1):
                try:
                    while True:
                        filler.write(bytes(size))
                except OSError:
                    pass
        self.fail_with(v.NO_SPACE, "snapshot", self.path("source"))
        self.succeed("forget", first)
        del live[first]
        done = self.prune()
        self.assertGreater(done["bytes_deleted"], 16 << 20)
        self.assertTrue(os.path.exists(os.path.join(self.repository, "reserve/space")))
        self.check_all(live)
        self.assertIn(second, live)
        self.snapshot(self.path("source"), "--series", "s")


if __name__ == "__main__":
    unittest.main()
