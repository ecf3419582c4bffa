#!/usr/bin/env python3
# vault find against a model that matches what lay on the disk by a matcher of its own: random patterns over a history
# of snapshots, as lines and as JSON.
import datetime
import fnmatch
import json
import os
import random
import unittest

import tree_facts
import vault_case as v

NAMES = [b"a", b"b", b"ab", b"a.txt", b"b.txt", b"note", b"new\nline", b"\xff\xfe", b"two words", b"!x", b"[b]"]
COMPONENTS = [b"a", b"b*", b"*", b"**", b"?", b"*.txt", b"[ab]", b"[!a]*", b"\\!x", b"\xff*", b"n*e", b"\\[b]"]


def component_matches(pattern, name):
    """gitignore's wildcards, by Python's: it knows no backslashes, so a wildcard behind one becomes a bracket."""
    out, i = b"", 0
    while i < len(pattern):
        if pattern[i:i + 1] == b"\\":
            i += 1
            out += b"[" + pattern[i:i + 1] + b"]" if pattern[i:i + 1] in b"*?[" else pattern[i:i + 1]
        else:
            out += pattern[i:i + 1]
        i += 1
    return fnmatch.fnmatchcase(name.decode("latin-1"), out.decode("latin-1"))


def components_match(patterns, names):
    if not patterns:
        return not names
    if patterns[0] == b"**" and len(patterns) > 1:
        return any(components_match(patterns[1:], names[skipped:]) for skipped in range(len(names) + 1))
    if patterns[0] == b"**":
        return len(names) > 0
    return bool(names) and component_matches(patterns[0], names[0]) and components_match(patterns[1:], names[1:])


def meant(patterns, path, is_folder):
    """Whether the last pattern that matches the absolute path says that it is meant."""
    answer = False
    for pattern in patterns:
        takes_back = pattern.startswith(b"!")
        text = pattern[1:] if takes_back else pattern
        if text.endswith(b"/") and not is_folder:
            continue
        text = text.rstrip(b"/")
        components = text.lstrip(b"/").split(b"/") if b"/" in text else [b"**", text]
        if components_match(components, path.split(b"/")[1:]):
            answer = not takes_back
    return answer


class Find(v.VaultCase):
    def setUp(self):
        super().setUp()
        self.init_by_key_file()
        self.source = self.folder("source")
        self.random = random.Random(v.SEED)
        self.taken = []  # (id, model), the oldest first

    def above(self):
        """The folders on the way to the source."""
        parts = os.fsencode(self.source).split(b"/")
        return {b"/".join(parts[:end]) for end in range(2, len(parts))}

    def take(self, *options):
        day = datetime.date(2024, 1, 1) + datetime.timedelta(days=len(self.taken))
        sid = self.snapshot(self.source, "--time", day.isoformat(), *options)["snapshot_id"]
        self.taken.append((sid, tree_facts.facts_of(self.source)))
        return sid

    def random_name(self):
        return self.random.choice(NAMES) if self.random.random() < 0.7 else b"%d" % self.random.randrange(40)

    def change_the_tree(self, count):
        for _ in range(count):
            folders = [path for path, facts in tree_facts.facts_of(self.source).items() if facts.kind == "dir"]
            path = os.path.join(self.random.choice(folders), self.random_name())
            if os.path.lexists(path):
                if not os.path.isdir(path) or os.path.islink(path):
                    os.unlink(path)
            elif self.random.random() < 0.3:
                os.mkdir(path)
            elif self.random.random() < 0.1:
                os.symlink(b"t", path)
            else:
                with open(path, "wb") as file:
                    file.write(b"x" * self.random.randrange(300))

    def random_pattern(self):
        if self.random.random() < 0.4:
            pattern = self.random.choice([*COMPONENTS[:3], *COMPONENTS[4:], b"**"])
        else:
            pattern = b"/".join(self.random.choices(COMPONENTS, k=self.random.randrange(1, 4)))
            start = [b"**/", os.fsencode(self.source) + b"/", os.fsencode(self.source) + b"/**/"]
            pattern = self.random.choice(start) + pattern
        return pattern + (b"/" if self.random.random() < 0.2 else b"")

    def hits(self, model, patterns, keep=lambda facts: True):
        found = [path for path, facts in model.items() if meant(patterns, path, facts.kind == "dir") and keep(facts)]
        return found

    def expected(self, patterns, taken=None, keep=lambda facts: True):
        """[(id, paths)] for the snapshots that have any, newest first."""
        every = [(sid, self.hits(model, patterns, keep)) for sid, model in reversed(taken or self.taken)]
        return [(sid, paths) for sid, paths in every if paths]

    def found(self, *arguments, code=v.OK):
        """What `vault find` tells as JSON, but for the folders above the source, held to what it prints as lines."""
        objects = self.json_run(code, "find", *arguments)
        found, text = [], []
        for item in objects.get("found", []):
            paths = [v.bytes_of(match, "path") for match in item["matches"]]
            self.assertEqual(item["hits"], len(paths))
            text.append((item["snapshot"][:8], paths))
            paths = [path for path in paths if path not in self.above()]
            if paths:
                found.append((item["snapshot"], paths))
        summary = objects["summary"][0]
        self.assertEqual(summary["hits"], sum(len(paths) for _, paths in text))
        self.assertEqual(summary["snapshots_with_hits"], len(text))
        shown = self.run_vault("find", *arguments).stdout
        for short, paths in text:
            block = b"\n".join(paths) + b"\n"
            self.assertRegex(shown, rb"(?s)snapshot " + short.encode() + rb" of [^\n]*\n")
            after = shown.split(b"snapshot " + short.encode() + b" of ", 1)[1].split(b"\n", 1)[1]
            self.assertEqual(after[:len(block)], block)
        if not text:
            self.assertRegex(shown, rb"\Anothing found in \d+ snapshots?\n\Z")
        return found

    def test_random_patterns_find_what_a_look_at_the_disk_finds_in_each_snapshot(self):
        for number in range(6):
            self.change_the_tree(60 if number == 0 else 6)
            self.take()
        hits = 0
        for _ in range(400 if v.SOAK else 60):
            patterns = [self.random_pattern() for _ in range(self.random.randrange(1, 3))]
            if self.random.random() < 0.3:
                patterns.append(b"!" + self.random_pattern())
            expected = self.expected(patterns)
            self.assertEqual(self.found(*[b"--", *patterns]), expected, patterns)
            hits += len(expected)
        self.assertGreater(hits, 60)

    def test_what_was_there_only_once_is_found_there(self):
        self.file("source/stays", "1")
        self.take()
        self.file("source/deep/er/gone", "2")
        second = self.take()
        os.unlink(self.path("source/deep/er/gone"))
        self.take()
        self.assertEqual(self.found("gone"), [(second, [os.fsencode(self.source) + b"/deep/er/gone"])])
        self.assertEqual([sid for sid, _ in self.found("stays")], [sid for sid, _ in reversed(self.taken)])
        lines = self.succeed("find", "gone").out.splitlines()
        self.assertRegex(lines[0], rf"^snapshot {second[:8]} of \S+:{self.source}, 2024-01-02 00:00:00$")
        self.assertEqual(lines[1:], [self.source + "/deep/er/gone", "", "1 found, in 1 of 3 snapshots"])

    def test_snapshots_are_chosen_by_series_host_tag_and_name(self):
        self.file("source/x")
        ids = [self.take("--host", host, "--series", series, "--tag", tag)
               for host, series, tag in (("a", "one", "p"), ("b", "two", "q"), ("a", "two", "p"))]  # fmt: skip
        for arguments, chosen in (("--host a", (2, 0)), ("--series two", (2, 1)), ("--tag q", (1,)), ("", (2, 1, 0)),
                                  ("--snapshot latest", (2,)), (f"-s {ids[0][:8]} -s {ids[1]}", (1, 0)),
                                  ("-s latest --host b", (1,)), ("-s latest -s latest", (2,)),
                                  ("-s two@2024-01-02", (1,))):  # fmt: skip
            found = self.found("x", *arguments.split())
            self.assertEqual([sid for sid, _ in found], [ids[number] for number in chosen], arguments)

    def test_times_of_modification_narrow_what_is_found_and_both_bounds_count(self):
        times = {"old": 1_600_000_000, "middle": 1_700_000_000, "new": 1_710_028_799.5}
        for name, seconds in times.items():
            os.utime(self.file("source/t/" + name), ns=(0, int(seconds * 10**9)))
        self.take()
        for arguments, names in (("--oldest 2023-01-01", "middle new"), ("--newest 2023-01-01", "old"),
                                 ("-O 2023-01-01 -N 2024-01-01", "middle"), ("-N 2020-09-13T12:26:40", "old"),
                                 ("-O 2020-09-13T12:26:40", "middle new old"), ("-O 2020-09-13T12:26:41", "middle new"),
                                 ("-N 2020-09-13T12:26:39", ""), ("-N 2024-03-09", "middle new old"),
                                 ("-N 2024-03-09T23:59:58", "middle old")):  # fmt: skip
            found = self.found("**/t/*", *arguments.split())
            paths = [path.decode().split("/")[-1] for _, all_paths in found for path in all_paths]
            self.assertEqual(paths, names.split(), arguments)

    def test_long_lines_are_those_of_ls_and_matches_are_its_nodes(self):
        self.file("source/x", "12345", 0o640)
        os.symlink("to", self.path("source/l"))
        self.take()
        listed = self.succeed("ls", "-lR", "latest:" + self.source).out.splitlines()
        self.assertEqual(sorted(self.succeed("find", "-l", "x", "l").out.splitlines()[1:-2]), sorted(listed))
        nodes = self.json_run(v.OK, "ls", "-R", "latest:" + self.source)["node"]
        matches = self.json_run(v.OK, "find", "x", "l")["found"][0]["matches"]
        self.assertEqual([{"message_type": "node", **match} for match in matches], nodes)

    def test_a_snapshot_that_cannot_be_read_hides_nothing_of_the_others(self):
        for number in range(3000):
            self.file(f"source/{number % 30}/{number}", str(number))
        first = self.take()
        before = set(self.objects_in("packs"))
        for number in range(30):
            self.file(f"source/{number}/new", "new")
        second = self.take()
        for name in set(self.objects_in("packs")) - before:
            for part in range(1, 8):
                self.flip(name, len(self.object(name)) * part // 16)
        result = self.run_vault("find", "17", "--json")
        self.assertEqual(result.code, v.INTEGRITY, str(result))
        item, summary = result.objects
        self.assertEqual((item["snapshot"], summary["snapshots"], len(summary["damaged"])), (first, 2, 1))
        self.assertRegex(summary["damaged"][0], "^snapshots/" + second)
        self.assertEqual(v.schema_violations(summary, v.load_schema("summary.find")), [])
        for line in result.err.splitlines():
            trouble = json.loads(line)
            self.assertEqual(v.schema_violations(trouble, v.load_schema(trouble["message_type"])), [], line)
        shown = self.run_vault("find", "17")
        self.assertEqual(shown.code, v.INTEGRITY)
        lines = r"(?m)\A(vault: (lost: |1 damaged object, the first: |`vault check --read-data` names ).*\n)+\Z"
        self.assertRegex(shown.err, lines)
        self.assertIn(f"snapshot {second[:8]} was not searched whole: ", shown.out)
        self.flip("snapshots/" + second, -40)
        shown = self.fail_with(v.INTEGRITY, "find", "17", says="snapshots/" + second)
        self.assertIn(f"snapshot {first[:8]} of ", shown.out)

    def test_what_cannot_be_searched_for_is_one_line(self):
        self.file("source/x")
        self.take()
        self.fail_with(v.USAGE, "find", says="PATTERN")
        self.fail_with(v.USAGE, "find", "[x", says="nothing closes")
        self.fail_with(v.USAGE, "find", "/a/../x", says=r"\.\.")
        self.fail_with(v.USAGE, "find", "--", "!x", says="takes back")
        self.fail_with(v.USAGE, "find", "x", "--oldest", "yesterday", says="yesterday")
        self.fail_with(v.USAGE, "find", "x", "-s", "latest:/a", says="without a path")
        self.fail_with(v.FAILED, "find", "x", "-s", "00000000", says="no snapshot|00000000")
        self.fail_with(v.FAILED, "find", "x", "--host", "nobody", says="no snapshot that matches")
        self.fail_with(v.NO_REPOSITORY, "find", "x", "-r", self.path("elsewhere"))
        self.succeed("find", "no such name")


if __name__ == "__main__":
    unittest.main()
