#!/usr/bin/env python3
# Nodes of a snapshot's tree that cannot be read: what they held is named, and everything else can still be had.
import errno
import json
import os
import shutil
import subprocess
import tempfile
import unittest

import vault_case as v
from mount_case import MountCase, cat

FOLDERS, FILES = 4, 250


def name(letter, number):
    return f"{letter}{number:03}-" + "long names make many leaves " * 8


# Folders above the source have entries too, and other tests change /tmp all the time: fewer work here.
tempfile.tempdir = os.environ.get("TMPDIR") or "/var/tmp"


class Damaged:
    """A tree of two thousand files in tens of leaves. Where leaves end is another in every repository. Damage is
    done box by box: a snapshot whose only change lies in one leaf has that leaf in a box of its own."""

    def fill(self):
        self.source = self.folder("source")
        for d in range(FOLDERS):
            for i in range(FILES):
                self.file(f"source/d{d}/{name('f', i)}", f"{d} {i}")
                self.file(f"source/d{d}/sub/{name('g', i)}", f"{d} {i} " * 40)
            os.chmod(self.path(f"source/d{d}"), 0o751)
            os.chmod(self.path(f"source/d{d}/sub"), 0o710)
        self.snapshot(self.source)

    # --- the tree ---

    def inspected(self, what):
        return json.loads(self.succeed("--json", "inspect", what).out)

    def root(self):
        return self.inspected("latest")["record"]["root"]

    def leaf_items(self, node):
        found = self.inspected(node)["node"]
        self.assertGreater(found["level"], 0)
        if found["level"] == 1:
            return found["items"]
        return [leaf for item in found["items"] for leaf in self.leaf_items(item["child"])]

    def leaves(self):
        """{chunk: paths of its entries} of the leaves of the newest snapshot, in order; `ls -R` lists in that order."""
        paths = ["/"] + self.succeed("ls", "-R", "latest").out.splitlines()
        found = {}
        for item in self.leaf_items(self.root()):
            found[item["child"]], paths = paths[:item["entries"]], paths[item["entries"]:]
            self.assertEqual(found[item["child"]][-1], item["last_path"])
        self.assertEqual(paths, [])
        return found

    def middle_leaf(self, leaves):
        """The paths of a leaf that lies in the midst of the entries of one folder."""
        for paths in leaves.values():
            folder = os.path.dirname(paths[0])
            ends = {os.path.join(folder, name(letter, i)) for letter in "fg" for i in (0, FILES - 1)}
            if len(paths) > 10 and {os.path.dirname(path) for path in paths} == {folder} and not ends & set(paths):
                if all(os.path.isfile(path) for path in paths):
                    return paths
        self.fail("no leaf lies within one folder")

    def damage_box_of(self, chunk):
        (copy,) = self.inspected(chunk)["copies"]
        self.flip("packs/" + copy["pack"][:2] + "/" + copy["pack"], copy["box_offset"] + copy["box_sealed_bytes"] // 2)

    def rewrite_leaf_of(self, path):
        """A snapshot with a new leaf for this path, and no other: [chunk, …], [path of an entry, …]. (Where the changed
        entry now ends a leaf, it is two.) Folders above the source have entries too, and who works in /tmp beside
        this test changes one: then it is tried again."""
        after = self.leaves()
        for _ in range(50):
            before = after
            if os.path.isdir(path):
                os.chmod(path, os.stat(path).st_mode ^ 0o001)
            else:
                os.utime(path)
            self.snapshot(self.source)
            after = self.leaves()
            new = {chunk: paths for chunk, paths in after.items() if chunk not in before}
            if all("/" not in paths or path in paths for paths in new.values()):
                self.assertIn(len(new), (1, 2))
                return list(new), [path for paths in new.values() for path in paths]
        self.fail("the folders above the source never rest")

    def lose_leaf_of(self, path):
        chunks, paths = self.rewrite_leaf_of(path)
        self.damage_box_of(chunks[0])
        self.nodes = len(chunks)
        return paths

    def lose_middle_leaf(self):
        """The paths of the entries that are lost, in order: all in one folder, one with links elsewhere."""
        paths = self.middle_leaf(self.leaves())
        self.first = paths[1]
        self.links = [self.path(f"source/d{FOLDERS - 1}/sub/zz {i}") for i in range(2)]
        for link in self.links:
            os.link(self.first, link)
        self.snapshot(self.source)
        lost = self.lose_leaf_of(paths[len(paths) // 2])
        self.assertIn(self.first, lost)
        self.assertNotIn(self.links[0], lost)
        self.others = [d for d in range(FOLDERS) if f"/d{d}/" not in lost[0]]
        return lost

    # --- judging ---

    def everything(self):
        """Every path of the source, without those above it."""
        found = [self.source]
        for parent, folders, names in os.walk(self.source):
            found += [os.path.join(parent, name) for name in folders + names]
        return set(found)

    def assert_like_source(self, target, paths, made_up=()):
        """`target` holds exactly `paths` of the source, each as it is there; `made_up` are folders by name alone."""
        found = set()
        for parent, folders, names in os.walk(target + self.source):
            found.update(os.path.join(parent, name)[len(target):] for name in folders + names)
        self.assertEqual(found | {self.source}, set(paths) | {self.source})
        for path in paths:
            restored, source = os.lstat(target + path), os.lstat(path)
            if path in made_up:
                self.assertEqual((restored.st_mode, restored.st_uid), (0o040700, os.geteuid()), path)
                continue
            same = ("st_mode", "st_uid", "st_gid", "st_mtime_ns")
            self.assertEqual([getattr(restored, name) for name in same], [getattr(source, name) for name in same], path)
            if not os.path.isdir(path):
                self.assertEqual(cat(target + path), cat(path), path)

    def lost_lines(self, result):
        lines = [line for line in result.err.splitlines() if line.startswith("vault: lost: ")]
        self.assertEqual(len(lines), self.nodes, str(result))
        self.assertRegex(result.err.splitlines()[-1], "^vault: `vault check --read-data` names ")
        self.assertEqual(result.err.count("check --read-data"), 1, str(result))
        return lines


class LostNodes(Damaged, v.VaultCase):
    def setUp(self):
        super().setUp()
        self.init_by_key_file()
        self.fill()

    def test_a_restore_brings_back_all_that_other_nodes_hold_and_names_the_rest(self):
        lost = self.lose_middle_leaf()
        target = self.path("back")
        result = self.run_vault("restore", "latest", "--target", target)
        self.assertEqual(result.code, v.INTEGRITY, str(result))
        lines = self.lost_lines(result)
        self.assertEqual(result.err.splitlines()[:-1], lines)
        folder = os.path.dirname(lost[0])
        before = max(path for path in self.everything() if path.startswith(folder + "/") and path < lost[0])
        self.assertIn(f"stands behind {before} up to and with ", lines[0])
        self.assertIn(f" up to and with {lost[-1]} in the tree (", lines[-1])
        self.assert_like_source(target, self.everything() - set(lost))
        self.assertTrue(os.path.samefile(*[target + link for link in self.links]))

        other = self.run_vault("--json", "restore", "latest", "--target", self.path("again"))
        self.assertEqual(other.code, v.INTEGRITY, str(other))
        found = [json.loads(line) for line in other.err.splitlines()]
        for item in found:
            self.assertEqual(v.schema_violations(item, v.load_schema("lost_node")), [], item)
        self.assertEqual((found[0]["after"], found[-1]["last"]), (before, lost[-1]))
        self.assertEqual(sum(item["entries"] for item in found), len(lost))
        self.assertEqual(v.schema_violations(other.summary, v.load_schema("summary.restore")), [])
        said = [other.summary[field] for field in ("lost_nodes", "error_count", "damaged_count", "deletion_refused")]
        self.assertEqual(said, [self.nodes, self.nodes, self.nodes, False])

    def test_folders_whose_entries_are_lost_are_made_up_and_real_ones_are_left_as_they_are(self):
        lost = self.lose_leaf_of(self.path("source/d1"))
        folders = [path for path in lost if os.path.isdir(path)]
        for path in ("/", self.source, *[self.path(f"source/d{d}") for d in range(FOLDERS)]):
            self.assertIn(path, folders)
        target = self.path("back")
        result = self.run_vault("restore", "latest", "--target", target)
        self.assertEqual(result.code, v.INTEGRITY, str(result))
        self.lost_lines(result)
        for path in folders:
            self.assertIn(f"vault: {path}: restored, but its own entry is lost: it has mode 0700", result.err)
        made_up = {path for path in folders if path.startswith(self.source)}
        self.assert_like_source(target, (self.everything() - set(lost)) | made_up, made_up)

        used = self.path("used")
        for path in folders:
            os.makedirs(used + path, exist_ok=True)
            os.chmod(used + path, 0o775)
        result = self.run_vault("restore", "latest", "--target", used)
        self.assertEqual(result.code, v.INTEGRITY, str(result))
        for path in folders:
            self.assertEqual(os.stat(used + path).st_mode & 0o7777, 0o775, path)
            self.assertIn(f"vault: {path}: restored, but its own entry is lost: the folder that was there", result.err)

    def test_with_delete_nothing_is_deleted_and_that_is_said(self):
        lost = self.lose_middle_leaf()
        target = self.path("back")
        shutil.copytree(self.source, target + self.source, symlinks=True)
        extra = [f"back{self.source}/{path}/extra" for path in (".", *[f"d{d}" for d in range(FOLDERS)], "d0/folder")]
        for path in extra:
            self.file(path, "keep")
        way = self.path(f"source/d{self.others[0]}/" + name("f", 0))
        os.unlink(target + way)  # a folder stands in its way
        self.file("back" + way + "/deep", "keep")
        result = self.run_vault("restore", "latest", "--target", target, "--delete")
        self.assertEqual(result.code, v.INTEGRITY, str(result))
        self.assertIn("vault: nothing was deleted: ", result.err)
        for path in [*extra, "back" + way + "/deep"]:
            self.assertEqual(cat(self.path(path)), b"keep")
        for path in lost:
            self.assertEqual(cat(target + path), cat(path))
        summary = self.run_vault("--json", "restore", "latest", "--target", target, "--delete").summary
        self.assertTrue(summary["deletion_refused"])

        # In a part whose nodes can all be read it is known what is extra.
        part = self.path(f"source/d{self.others[0]}")
        self.succeed("restore", "latest:" + part, "--target", target, "--delete")
        self.assertFalse(os.path.exists(target + part + "/extra"))
        self.assertEqual(cat(target + way), cat(way))
        for path in lost:
            self.assertEqual(cat(target + path), cat(path))

    def test_a_part_needs_the_nodes_on_its_way_alone(self):
        lost = self.lose_middle_leaf()
        folder = os.path.dirname(lost[0])
        sound = [path for path in sorted(os.listdir(folder)) if os.path.join(folder, path) not in lost]
        parts = [self.path(f"source/d{d}") for d in self.others[:2]] + [os.path.join(folder, sound[0]), self.links[0]]
        for number, part in enumerate(parts):
            target = self.path(f"back{number}")
            self.succeed("restore", "latest:" + part, "--target", target)
            done = subprocess.run(["diff", "-r", part, target + part], stdout=subprocess.PIPE, check=False)
            self.assertEqual((done.returncode, done.stdout), (0, b""))
            self.succeed("ls", "latest:" + part)
            self.succeed("du", "latest:" + part)
        for command in (("restore", "--target", self.path("none")), ("ls",), ("du",), ("cat",)):
            self.fail_with(v.INTEGRITY, command[0], "latest:" + lost[3], *command[1:], says="says of .*cannot be read")
        self.assertFalse(os.path.exists(self.path("none")))
        result = self.run_vault("restore", "latest:" + folder, "--target", self.path("part"))
        self.assertEqual(result.code, v.INTEGRITY, str(result))
        self.lost_lines(result)
        below = {path for path in self.everything() - set(lost) if path.startswith(folder + "/")}
        above = {path for path in self.everything() if folder.startswith(path)}
        self.assert_like_source(self.path("part"), below | above)

    def test_listings_and_sums_tell_what_is_lost_of_them(self):
        lost = self.lose_middle_leaf()
        result = self.run_vault("ls", "-R", "latest:" + self.source)
        self.assertEqual(result.code, v.INTEGRITY, str(result))
        self.lost_lines(result)
        self.assertEqual(set(result.out.splitlines()) | {self.source}, self.everything() - set(lost))
        folder = os.path.dirname(lost[0])
        result = self.run_vault("--json", "ls", "latest:" + folder)
        self.assertEqual(result.code, v.INTEGRITY, str(result))
        self.assertEqual(json.loads(result.err.splitlines()[-1])["last"], lost[-1])
        self.assertEqual(result.summary["entries"], len(os.listdir(folder)) - len(lost))
        self.succeed("ls", f"latest:{self.source}/d{self.others[0]}")

        # The nodes above know the sums, as long as no end of what is summed lies in what is lost.
        files = FOLDERS * FILES * 2 + 2
        self.assertEqual(self.succeed("--json", "du", "latest").summary["files"], files)
        sums = self.succeed("--json", "du", "-d", "1", "latest:" + self.source).objects
        self.assertEqual(len(sums), FOLDERS + 2)  # the summary has the last again

    def test_sums_that_need_what_is_lost_are_told_and_the_others_given(self):
        lost = self.lose_leaf_of(self.path("source/d1"))
        files = FOLDERS * FILES * 2
        self.assertEqual(self.succeed("--json", "du", "latest").summary["files"], files)
        result = self.run_vault("--json", "du", "-d", "3", "latest")
        self.assertEqual(result.code, v.INTEGRITY, str(result))
        self.assertEqual(result.summary["files"], files)
        self.assertEqual(json.loads(result.err.splitlines()[0])["last"], lost[-1])
        self.fail_with(v.INTEGRITY, "du", f"latest:{self.source}/d0")

    def test_without_the_root_nothing_is_restored_and_one_line_says_so(self):
        self.damage_box_of(self.root())
        self.fail_with(v.INTEGRITY, "restore", "latest", "--target", self.path("back"), says="root of its tree is lost")
        self.fail_with(v.INTEGRITY, "restore", f"latest:{self.source}/d0", "--target", self.path("back"))
        self.assertFalse(os.path.exists(self.path("back")))
        self.fail_with(v.INTEGRITY, "ls", "latest")
        self.fail_with(v.INTEGRITY, "du", "latest")

    def test_a_pack_that_is_gone_costs_the_nodes_that_it_held(self):
        chunks, lost = self.rewrite_leaf_of(self.middle_leaf(self.leaves())[5])
        other = next(paths for chunk, paths in reversed(self.leaves().items()) if chunk not in chunks)
        _, rewritten = self.rewrite_leaf_of(other[-1])
        self.assertFalse(set(lost) & set(rewritten))
        (copy,) = self.inspected(chunks[0])["copies"]
        os.unlink(os.path.join(self.repository, "packs", copy["pack"][:2], copy["pack"]))
        shutil.rmtree(self.path("home/cache"))
        self.nodes = len(chunks)
        result = self.run_vault("restore", "latest", "--target", self.path("back"))
        self.assertEqual(result.code, v.INTEGRITY, str(result))
        self.lost_lines(result)
        self.assert_like_source(self.path("back"), self.everything() - set(lost))

    def test_the_next_snapshot_after_a_check_restores_whole_again(self):
        self.lose_middle_leaf()
        self.assertEqual(self.run_vault("check", "--read-data").code, v.INTEGRITY)
        self.assertEqual(self.run_vault("snapshot", self.source).code, v.OK)
        self.succeed("restore", "latest", "--target", self.path("back"))
        self.assert_like_source(self.path("back"), self.everything())


class LostNodesOfAMount(Damaged, MountCase):
    def test_a_folder_part_of_which_is_lost_is_eio_and_others_are_not(self):
        self.fill()
        lost = self.lose_middle_leaf()
        broken = os.path.relpath(os.path.dirname(lost[0]), self.source)
        self.mount()
        self.assert_errno(errno.EIO, os.listdir, self.inside(broken))
        self.assert_errno(errno.EIO, os.stat, self.inside(os.path.relpath(lost[0], self.source)))
        for folder in [f"d{d}{sub}" for d in range(FOLDERS) for sub in ("", "/sub")]:
            if folder != broken:
                self.assertEqual(set(os.listdir(self.inside(folder))), set(os.listdir(self.path("source/" + folder))))
        for path in self.everything() - set(lost):
            if os.path.isfile(path):
                self.assertEqual(cat(self.inside(os.path.relpath(path, self.source))), cat(path), path)


if __name__ == "__main__":
    unittest.main()
