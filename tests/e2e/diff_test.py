#!/usr/bin/env python3
# vault diff against a model that compares what lay on the disk: random changes of every kind, in both directions, of
# whole snapshots and of folders in them.
import os
import random
import shutil
import unittest

import tree_facts
import vault_case as v

NAMES = [b"a", b"b.txt", b"two words", b"new\nline", b"\xff\xfe", b"\\", b"'\"", b"-", b"\xc3\xbc", b"z" * 200, b"\x01"]


class Tree:
    """A tree on the disk that changes at random."""

    def __init__(self, top, seed):
        self.top, self.random, self.made = os.fsencode(top), random.Random(seed), 0
        for _ in range(12):
            self.add_folder()
        for _ in range(60):
            self.add_file()
        self.write(os.path.join(self.top, b"large"), 4 << 20)

    def paths(self, kind):
        return [path for path, facts in tree_facts.facts_of(self.top).items() if facts.kind == kind]

    def some(self, kind):
        """One that is there, or nothing; never the top, nor the large file, which has changes of its own."""
        kept = (self.top, os.path.join(self.top, b"large"))
        paths = [path for path in self.paths(kind) if path not in kept]
        return self.random.choice(paths) if paths else None

    def new_path(self):
        self.made += 1
        name = self.random.choice(NAMES)
        if self.random.random() < 0.6:
            name += b" %d" % self.made
        path = os.path.join(self.random.choice(self.paths("dir")), name)
        return None if os.path.lexists(path) else path

    def write(self, path, size):
        with open(path, "wb") as file:
            file.write(self.random.randbytes(size))

    def add_file(self):
        path = self.new_path()
        if path:
            self.write(path, self.random.choice([0, 10, 3000, 100_000]))

    def add_folder(self):
        path = self.new_path()
        if path:
            os.mkdir(path)

    def add_symlink(self):
        path = self.new_path()
        if path:
            os.symlink(self.random.choice(NAMES), path)

    def add_fifo(self):
        path = self.new_path()
        if path:
            os.mkfifo(path)

    def add_link(self):
        path, other = self.new_path(), self.some("file")
        if path and other:
            os.link(other, path)

    def break_link(self):
        path = self.some("file")
        if path:
            with open(path, "rb") as file:
                content = file.read()
            status = os.stat(path)
            os.unlink(path)
            with open(path, "wb") as file:
                file.write(content)
            os.chmod(path, status.st_mode & 0o7777)
            os.utime(path, ns=(0, status.st_mtime_ns))

    def remove_file(self):
        path = self.some("file")
        if path:
            os.unlink(path)

    def remove_folder(self):
        path = self.some("dir")
        if path and len(self.paths("dir")) > 6:
            shutil.rmtree(path)

    def other_content(self):
        path = self.some("file")
        if path:
            self.write(path, self.random.choice([1, 5000]))

    def other_content_of_same_size_and_time(self):
        path = self.some("file")
        if path and os.path.getsize(path) > 0:
            status = os.stat(path)
            self.write(path, status.st_size)
            os.utime(path, ns=(0, status.st_mtime_ns))

    def one_byte_of_the_large_file(self):
        with open(os.path.join(self.top, b"large"), "r+b") as file:
            file.seek(self.random.randrange(4 << 20))
            file.write(b"x")

    def other_time(self):
        path = self.some(self.random.choice(["file", "dir"]))
        if path:
            os.utime(path, ns=(0, self.random.randrange(2 << 60)))

    def other_mode(self):
        path = self.some(self.random.choice(["file", "dir"]))
        if path:
            os.chmod(path, self.random.choice([0o600, 0o700, 0o755, 0o644 if os.path.isfile(path) else 0o711]))

    def only_ctime(self):
        path = self.some("file")
        if path:
            os.chmod(path, os.stat(path).st_mode & 0o7777)

    def other_owner(self):
        path = self.some("file")
        if path and os.geteuid() == 0:
            os.chown(path, self.random.randrange(1000), 7)

    def other_attribute(self):
        path = self.some("file")
        try:
            if path:
                os.setxattr(path, "user.note", self.random.randbytes(5))
        except OSError:
            self.other_mode()

    def other_target(self):
        path = self.some("symlink")
        if path:
            os.unlink(path)
            os.symlink(b"to %d" % self.random.randrange(10**6), path)

    def other_type(self):
        path = self.some(self.random.choice(["file", "symlink", "dir"]))
        if not path:
            return
        (shutil.rmtree if os.path.isdir(path) and not os.path.islink(path) else os.unlink)(path)
        what = self.random.randrange(4)
        if what == 0:
            self.write(path, 70)
        elif what == 1:
            os.symlink(b"t", path)
        elif what == 2:
            os.mkfifo(path)
        else:
            os.makedirs(os.path.join(path, b"below"))
            self.write(os.path.join(path, b"in it"), 5)

    def rename(self):
        path, new = self.some(self.random.choice(["file", "dir"])), self.new_path()
        if path and new and not new.startswith(path + b"/"):
            os.rename(path, new)

    CHANGES = [add_file, add_file, add_folder, add_symlink, add_fifo, add_link, break_link, remove_file, remove_folder,
               other_content, other_content_of_same_size_and_time, one_byte_of_the_large_file, other_time, other_mode,
               only_ctime, other_owner, other_attribute, other_target, other_type, rename]  # fmt: skip

    def change(self, count):
        for _ in range(count):
            self.random.choice(self.CHANGES)(self)


def below(facts, top):
    """What of it lies at `top`, by the path from there."""
    return {path[len(top):]: one for path, one in facts.items() if path == top or path.startswith(top + b"/")}


def link_from(top, facts):
    first = facts.first_link
    return first[len(top):] if first is not None and first.startswith(top + b"/") else first


def expected(before, after, tops):
    """[(modifier, path with a slash behind folders)] and the statistics, for the folders `tops` of two models."""
    old, new = below(before, tops[0]), below(after, tops[1])
    lines, added, removed = [], [], []
    counts = {"changed_files": 0, "changed_others": 0, "changed_types": 0, "changed_metadata": 0,
              "changed_bytes_before": 0, "changed_bytes_after": 0}  # fmt: skip
    for path in sorted({*old, *new}, key=lambda path: (path != b"", tree_facts.order(path or b"/"))):
        was, now = old.get(path), new.get(path)
        full = (tops[0] if now is None else tops[1]) + path + (b"/" if (now or was).kind == "dir" else b"")
        if was is None or now is None or was.kind != now.kind:
            added += [now] if now else []
            removed += [was] if was else []
            counts["changed_types"] += was is not None and now is not None
            lines.append(("+" if was is None else "-" if now is None else "T", full))
        elif was.content != now.content:
            is_file = now.kind == "file"
            counts["changed_files" if is_file else "changed_others"] += 1
            counts["changed_bytes_before"] += was.size if is_file else 0
            counts["changed_bytes_after"] += now.size if is_file else 0
            lines.append(("M", full))
        elif was.rest != now.rest or link_from(tops[0], was) != link_from(tops[1], now):
            counts["changed_metadata"] += 1
            lines.append(("U", full))
    for name, all_of_it in (("added", added), ("removed", removed)):
        kinds = [one.kind for one in all_of_it]
        counts[name] = {"files": kinds.count("file"), "dirs": kinds.count("dir"),
                        "others": len(kinds) - kinds.count("file") - kinds.count("dir"),
                        "bytes": sum(one.size for one in all_of_it if one.kind == "file")}
    return lines, counts


class Diff(v.VaultCase):
    def setUp(self):
        super().setUp()
        self.init_by_key_file()
        self.source = self.folder("source")

    def compare(self, references, models, tops, what):
        """Holds `vault diff`, as lines and as JSON, with and without --metadata, to the model."""
        lines, counts = expected(*models, tops)
        pair = [os.fsencode(reference) + b":" + top for reference, top in zip(references, tops)]
        for metadata in (True, False):
            shown = [line for line in lines if metadata or line[0] != "U"]
            options = ["--metadata"] if metadata else []
            found = self.json_run(v.OK, "diff", *pair, *options)
            told = [(item["modifier"], v.bytes_of(item, "path")) for item in found.get("change", [])]
            self.assertEqual(told, shown, what)
            text = b"".join(modifier.encode().ljust(5) + path + b"\n" for modifier, path in shown)
            self.assertTrue(self.succeed("diff", *pair, *options).stdout.startswith(text + b"\nadded:  "), what)
        statistics = found["statistics"][0]
        self.assertEqual({name: statistics[name] for name in counts}, counts, what)
        self.assertEqual([statistics["source_snapshot"], statistics["target_snapshot"]], references)
        self.assertEqual([v.bytes_of(statistics, "source_path"), v.bytes_of(statistics, "target_path")], tops)
        return {modifier for modifier, _ in lines}

    def test_random_changes_are_told_as_a_look_at_the_disk_tells_them(self):
        seen = set()
        for seed in range(v.SEED, v.SEED + (12 if v.SOAK else 2)):
            self.remove(self.source)
            tree = Tree(self.folder("source"), seed)
            taken = []
            for changes in (0, 1, 8, 60):
                tree.change(changes)
                taken.append((self.snapshot(self.source)["snapshot_id"], tree_facts.facts_of(self.source)))
            for first, second in ((0, 1), (1, 2), (2, 3), (3, 0), (0, 3), (2, 2)):
                (one, before), (two, after) = taken[first], taken[second]
                models, what = (before, after), f"seed {seed}, {first} and {second}"
                seen |= self.compare([one, two], models, [tree.top, tree.top], what)
                common = [path for path in before if path in after]
                for _ in range(2):  # one folder or file in both, and any two
                    self.compare([one, two], models, [tree.random.choice(common)] * 2, what)
                    tops = [tree.random.choice(list(before)), tree.random.choice(list(after))]
                    self.compare([one, two], models, tops, f"{what}: {tops}")
        self.assertEqual(seen, {"+", "-", "M", "T", "U"})

    def test_a_few_changes_in_a_tree_of_many_nodes_are_all_told(self):
        numbers = random.Random(v.SEED)
        files = [self.file(f"source/{number % 40}/{'long name ' * 10}{number}", str(number)) for number in range(4000)]
        top = os.fsencode(self.source)
        before = self.snapshot(self.source)["snapshot_id"], tree_facts.facts_of(self.source)
        for round_number in range(4):
            for path in numbers.sample(files, 5):
                with open(path, "a", encoding="ascii") as file:
                    file.write("more")
            os.utime(numbers.choice(files), ns=(0, round_number))
            os.unlink(files.pop(numbers.randrange(len(files))))
            files.append(self.file(f"source/{numbers.randrange(40)}/new {round_number}"))
            after = self.snapshot(self.source)["snapshot_id"], tree_facts.facts_of(self.source)
            self.compare([before[0], after[0]], [before[1], after[1]], [top, top], round_number)
            before = after if numbers.random() < 0.5 else before

    def test_whole_snapshots_are_compared_from_the_root(self):
        self.file("source/a/one", "1")
        self.snapshot(self.source)
        self.file("source/a/two", "22")
        self.snapshot(self.source)
        out = self.succeed("diff", "latest~1", "latest").out
        self.assertEqual(out.splitlines()[:4], [f"+    {self.source}/a/two", "",
                                                "added:    1 file, 0 folders, 2 B",
                                                "removed:  0 files, 0 folders, 0 B"])  # fmt: skip
        self.assertRegex(out, r"(?m)^metadata: \d+ otherwise unchanged, listed with --metadata$")
        self.assertIn(f"U    {self.source}/a/\n", self.succeed("diff", "--metadata", "latest~1", "latest").out)
        self.assertEqual(self.json_run(v.OK, "diff", "latest", "latest").keys(), {"statistics"})

    def test_what_cannot_be_compared_is_one_line(self):
        self.file("source/a", "1")
        sid = self.snapshot(self.source)["snapshot_id"]
        self.fail_with(v.USAGE, "diff", says="BEFORE")
        self.fail_with(v.USAGE, "diff", "latest", says="AFTER")
        self.fail_with(v.USAGE, "diff", "latest", "latest", "latest", says="unexpected argument")
        self.fail_with(v.USAGE, "diff", "no such thing", "latest")
        self.fail_with(v.USAGE, "diff", "latest:/a/../b", "latest", says=r"\.\.")
        self.fail_with(v.FAILED, "diff", "latest", "latest~1", says="no snapshot|only")
        self.fail_with(v.FAILED, "diff", "latest:/none", "latest", says=f"snapshot {sid[:8]}: .*no /none")
        self.fail_with(v.FAILED, "diff", "latest", "latest", "--host", "nobody", says="no snapshot")
        self.fail_with(v.NO_REPOSITORY, "diff", "latest", "latest", "-r", self.path("elsewhere"))


if __name__ == "__main__":
    unittest.main()
