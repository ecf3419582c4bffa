#!/usr/bin/env python3
# snapshot and restore: what goes in comes out, and the options of both commands.
import json
import os
import signal
import subprocess
import time
import unittest

import vault_case as v
from compare_trees import compare_trees
from make_tree import make_tree, remove_tree


class RoundTrip(v.VaultCase):
    def setUp(self):
        super().setUp()
        self.init()
        self.source = self.folder("source")

    def begin(self, *arguments):
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen([self.vault, *arguments], env=self.environment, **pipes)

    def some_files(self):
        self.file("source/a", b"a" * 1000)
        self.file("source/b/c", os.urandom(200_000))
        self.file("source/b/d/e", b"")
        os.symlink("a", self.path("source/link"))

    def restore(self, reference, *arguments):
        target = self.path("restored")
        return self.run_vault("restore", reference, "--target", target, *arguments), target

    def test_a_tree_with_every_kind_of_entry_comes_back_as_it_was(self):
        if os.geteuid() != 0:
            self.skipTest("owners, devices and capabilities are root's business")
        tree = self.path("tree")
        missing = make_tree(tree)
        self.addCleanup(remove_tree, tree)
        self.snapshot(tree)
        self.addCleanup(lambda: os.path.exists(self.path("restored")) and remove_tree(self.path("restored")))
        result, target = self.restore("latest", "--as-is")
        self.assertEqual((result.code, result.err), (v.OK, ""), str(result))
        self.assertEqual(compare_trees(os.fsencode(tree), os.fsencode(target + tree)), [])
        print("not made here:", missing)

    def test_unchanged_files_are_counted_so_and_add_nothing(self):
        self.some_files()
        first = self.snapshot(self.source)
        self.assertEqual((first["files_new"], first["files_changed"], first["files_unmodified"]), (3, 0, 0))
        self.assertEqual(first["total_files_processed"], 3)
        self.assertEqual(first["total_bytes_processed"], 201_000)
        self.assertEqual(first["others_new"], 1)
        self.assertGreater(first["data_added"], 200_000)
        self.assertNotIn("parent", first)
        second = self.snapshot(self.source)
        self.assertEqual((second["files_new"], second["files_changed"], second["files_unmodified"]), (0, 0, 3))
        self.assertEqual(second["parent"], first["snapshot_id"])
        self.assertLess(second["data_added"], 20_000)

    def test_a_changed_file_is_counted_and_its_rest_deduplicates(self):
        contents = os.urandom(4 << 20)
        self.file("source/large", contents)
        self.snapshot(self.source)
        self.file("source/large", contents[: 2 << 20] + b"inserted" + contents[2 << 20 :])
        second = self.snapshot(self.source)
        self.assertEqual((second["files_new"], second["files_changed"], second["files_unmodified"]), (0, 1, 0))
        self.assertLess(second["data_added"], 1 << 20)
        result, target = self.restore("latest")
        self.assert_restored(result, self.source, target + self.source)

    def test_a_part_lands_at_its_absolute_path_and_strip_shortens_it(self):
        self.some_files()
        self.snapshot(self.source)
        result, target = self.restore("latest:" + self.source + "/b")
        self.assert_restored(result, self.source + "/b", target + self.source + "/b")
        self.assertFalse(os.path.exists(target + self.source + "/a"))
        depth = len([part for part in self.source.split("/") if part])
        flat = self.path("flat")
        self.succeed("restore", "latest", "--target", flat, "--strip", str(depth))
        self.assertEqual(sorted(os.listdir(flat)), ["a", "b", "link"])

    def test_delete_removes_only_beneath_the_source(self):
        self.some_files()
        self.snapshot(self.source)
        result, target = self.restore("latest")
        self.assertEqual(result.code, v.OK, str(result))
        self.file("restored/beside", b"stays")
        extra = target + self.source + "/extra"
        with open(extra, "wb"):
            pass
        self.succeed("restore", "latest", "--target", target)
        self.assertTrue(os.path.exists(extra))
        self.succeed("restore", "latest", "--target", target, "--delete")
        self.assertFalse(os.path.exists(extra))
        self.assertTrue(os.path.exists(self.path("restored/beside")))

    def test_as_records_one_tree_under_another_name(self):
        self.some_files()
        self.snapshot(self.source, "--as", "/srv/data")
        listed = self.succeed("ls", "-R", "latest").out.splitlines()
        self.assertIn("/srv/data/b/c", listed)
        self.assertNotIn(self.source, listed)
        self.fail_with(v.USAGE, "snapshot", self.source, self.work, "--as", "/srv/data")

    def test_excludes_are_gitignore_patterns(self):
        self.some_files()
        self.file("source/x.tmp", b"1")
        self.file("source/keep.tmp", b"2")
        self.file("source/b/y.tmp", b"3")
        self.file("source/cache/z", b"4")
        rules = self.file("rules", "# a comment\n\ncache/\n")
        self.snapshot(self.source, "--exclude", "*.tmp", "--exclude", "!keep.tmp", "--exclude-file", rules)
        listed = self.succeed("ls", "-R", "latest:" + self.source).out
        for name in ("x.tmp", "b/y.tmp", "cache"):
            self.assertNotIn(name, listed)
        self.assertIn("keep.tmp", listed)
        object_ = self.succeed("--json", "snapshots").objects[0]
        self.assertEqual(object_["excludes"], ["*.tmp", "!keep.tmp", "# a comment", "cache/"])

    def test_what_the_client_works_in_is_never_taken_not_even_by_the_first_run(self):
        self.file("beside", b"x")
        self.snapshot(self.work)  # holds the repository and, from this run on, the cache
        listed = self.succeed("ls", "-R", "latest:" + self.work).out.splitlines()
        self.assertIn(self.path("beside"), listed)
        for folder in (self.repository, self.path("home/cache/vault")):
            below = [line for line in listed if line.startswith(folder + "/")]
            # Of the cache of all repositories the folder of this one is seen, as a folder only.
            self.assertLessEqual(len(below), 1 if "cache" in folder else 0, below)

    def test_a_repeated_option_does_not_swallow_the_paths_behind_it(self):
        self.some_files()
        self.file("other/file", b"x")
        summary = self.snapshot("--exclude", "nothing", self.source, "--tag", "one", self.path("other"), "--tag", "two")
        self.assertEqual(summary["total_files_processed"], 4)

    def test_a_path_may_be_called_like_a_command(self):
        self.file("cat", b"a file called cat")
        self.file("--json", b"a file called --json")
        summary = self.snapshot("./cat", "--", "--json")
        self.assertEqual(summary["total_files_processed"], 2)
        self.assertEqual(self.snapshot("cat")["total_files_processed"], 1)

    def test_what_was_recorded_is_listed(self):
        self.some_files()
        labels = ("--series", "s 1", "--host", "alpha", "--tag", "b", "--tag", "a")
        self.snapshot(self.source, *labels, "--time", "2020-02-29T12:00:01")
        object_ = self.succeed("--json", "snapshots").objects[0]
        self.assertEqual(object_["series"], "s 1")
        self.assertEqual(object_["hostname"], "alpha")
        self.assertEqual(object_["tags"], ["a", "b"])
        self.assertEqual(object_["time"], "2020-02-29T12:00:01.000000000Z")
        self.assertEqual(object_["paths"], [self.source])
        self.fail_with(v.USAGE, "snapshot", self.source, "--time", "2021-02-29")

    def test_the_parent_is_of_the_series_unless_named(self):
        self.some_files()
        first = self.snapshot(self.source, "--series", "one")
        self.assertNotIn("parent", self.snapshot(self.source, "--series", "two"))
        third = self.snapshot(self.source, "--series", "three", "--parent", first["snapshot_id"][:8])
        self.assertEqual(third["parent"], first["snapshot_id"])
        self.assertEqual(third["files_unmodified"], 3)
        again = self.snapshot(self.source, "--series", "one", "--force-rescan")
        self.assertEqual(again["data_read"], 201_000)

    def test_an_unreadable_file_is_exit_3_and_the_rest_is_kept(self):
        self.some_files()
        self.file("source/secret", b"x", 0)
        if os.geteuid() == 0:
            command = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--"]
            for parent, folders, files in os.walk(self.work):
                for name in folders + files + ["."]:
                    os.chown(os.path.join(parent, name), 65534, 65534, follow_symlinks=False)
            os.chown(self.path("source/secret"), 0, 0)
        else:
            command = []
        command += [self.vault, "--json", "snapshot", self.source]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        done = subprocess.run(command, env=self.environment, cwd=self.work, check=False, **pipes)
        self.assertEqual(done.returncode, v.SOME_UNREADABLE, done)
        summary = json.loads(done.stdout.splitlines()[-1])
        self.assertEqual((summary["unreadable"], summary["total_files_processed"]), (1, 3))
        error = json.loads(done.stderr)
        self.assertEqual(v.schema_violations(error, v.load_schema("error")), [])
        self.assertEqual(error["item"], self.path("source/secret"))

    def test_an_interrupted_snapshot_is_exit_130_and_the_next_one_uses_what_it_stored(self):
        self.file("source/large", os.urandom(200 << 20))
        process = self.begin("snapshot", self.source)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not self.objects_in("packs"):
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
        if process.returncode == v.OK:
            self.skipTest("the snapshot was done before it could be interrupted")
        self.assertEqual(process.returncode, v.INTERRUPTED, (out, err))
        self.assertRegex(err, rb"\Avault: [^\n]*interrupted[^\n]*\n\Z")
        self.assertEqual(self.succeed("--json", "snapshots").summary["snapshots"], 0)
        summary = self.snapshot(self.source)
        self.assertLess(summary["data_added"], 200 << 20)
        result, target = self.restore("latest")
        self.assert_restored(result, self.source, target + self.source)

    def test_sigusr1_prints_a_line_of_progress(self):
        self.file("source/large", os.urandom(300 << 20))
        process = self.begin("snapshot", self.source)
        while process.poll() is None:
            time.sleep(0.15)
            try:
                with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
                    caught = next(line for line in file if line.startswith("SigCgt:"))
            except (FileNotFoundError, ProcessLookupError, StopIteration):
                break
            if int(caught.split()[1], 16) & 1 << (signal.SIGUSR1 - 1):
                process.send_signal(signal.SIGUSR1)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, v.OK, (out, err))
        self.assertRegex(err, rb"(?m)^[a-z ]+: [^\n]*; \d+ files?, [^\n]* new after deduplication")
        self.assertNotIn(b"\r", err)


if __name__ == "__main__":
    unittest.main()
