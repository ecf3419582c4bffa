#!/usr/bin/env python3
# What each command prints: for people, and as JSON that keeps to the schemas of docs/json.
import os
import pty
import re
import subprocess
import unittest

import vault_case as v

COMMANDS = ["init", "snapshot", "snapshots", "restore", "ls", "find", "diff", "cat", "du", "inspect", "key", "version"]
COMMANDS += ["forget", "undelete", "tag", "hold", "prune", "benchmark"]
COMMANDS += ["key " + action for action in ("list", "add", "remove", "passwd", "recovery")]


class Commands(v.VaultCase):
    def setUp(self):
        super().setUp()
        self.source = self.folder("source")
        self.file("source/b/large", bytes(range(256)) * 2000)
        self.file("source/b/small", b"small")
        self.file("source/c/deep/er", b"x" * 5000)
        self.file("source/a", b"first")
        self.file(b"source/bad \xff\n name".decode("utf-8", "surrogateescape"), b"odd")
        os.symlink(b"to \xfe", self.path("source/link").encode())
        self.init()

    def check(self, objects, *schemas):
        """Each object keeps to the schema of its type; the last is of the last schema."""
        by_type = {v.load_schema(name)["properties"]["message_type"]["const"]: v.load_schema(name) for name in schemas}
        for item in objects:
            self.assertIn(item["message_type"], by_type)
            self.assertEqual(v.schema_violations(item, by_type[item["message_type"]]), [], item)
        last = v.load_schema(schemas[-1])["properties"]["message_type"]["const"]
        self.assertEqual(objects[-1]["message_type"], last)

    # --- the checker of schemas itself ---

    def test_the_schema_checker_refuses_what_a_schema_does_not_allow(self):
        schema = v.load_schema("summary.ls")
        good = {"message_type": "summary", "snapshot_id": "0" * 32, "path": "/", "entries": 1}
        self.assertEqual(v.schema_violations(good, schema), [])
        for change in ({"entries": -1}, {"entries": "1"}, {"entries": True}, {"snapshot_id": "0" * 31}, {"more": 1},
                       {"message_type": "other"}):  # fmt: skip
            self.assertNotEqual(v.schema_violations({**good, **change}, schema), [], change)
        self.assertNotEqual(v.schema_violations({"message_type": "summary"}, schema), [])
        self.assertNotEqual(v.schema_violations(1, {"typo": "integer"}), [])

    # --- init, version, help ---

    def test_init_says_what_to_keep_safe(self):
        other = {"VAULT_REPOSITORY": self.path("other")}
        out = self.succeed("init", environment=other).out
        self.assertLessEqual(len(out.splitlines()), 7)
        self.assertRegex(out, r"(?m)^recovery key: +([0-9A-Z]{5}-){11}[0-9A-Z]{5}$")
        self.assertIn(self.path("other"), out)
        self.assertIn(self.path("home/cache/vault"), out)
        third = {"VAULT_REPOSITORY": self.path("third")}
        result = self.succeed("--json", "init", "--new-key-file", self.path("key"), environment=third)
        self.assertEqual(len(result.objects), 1)
        self.check(result.objects, "initialized")
        self.assertEqual(os.stat(self.path("key")).st_mode & 0o777, 0o600)

    def test_init_that_fails_leaves_no_key_file_behind_and_takes_none_that_is_there(self):
        self.fail_with(v.FAILED, "init", "--new-key-file", self.path("key"))
        self.assertFalse(os.path.exists(self.path("key")))
        self.file("taken", b"precious")
        elsewhere = {"VAULT_REPOSITORY": self.path("new")}
        self.fail_with(v.FAILED, "init", "--new-key-file", self.path("taken"), environment=elsewhere)
        with open(self.path("taken"), "rb") as file:
            self.assertEqual(file.read(), b"precious")

    def test_the_default_place_is_the_data_folder_of_a_user(self):
        if os.geteuid() == 0:
            self.skipTest("root's default place is /var/lib/vault, which a test must not touch")
        self.succeed("init", environment={"VAULT_REPOSITORY": None})
        self.assertTrue(os.path.exists(self.path("home/data/vault/config/1")))

    def test_version_names_the_format_and_the_libraries(self):
        out = self.succeed("version").out
        self.assertRegex(out, r"\Avault \d+\.\d+\.\d+, repository format 1\n")
        self.assertEqual(self.succeed("--version").out, out)
        objects = self.succeed("version", "--json").objects
        self.check(objects, "version")
        self.assertEqual(set(objects[0]["libraries"]), {"libsodium", "openssl", "zstd", "rocksdb"})

    def test_every_option_that_help_knows_is_in_the_manual(self):
        with open(os.path.join(v.ROOT, "docs", "cli.md"), encoding="utf-8") as file:
            manual = file.read()
        for command in COMMANDS:
            text = self.succeed(*command.split(), "--help").out
            self.assertEqual(self.succeed("help", *command.split()).out, text)
            self.assertIn("vault " + command, manual)
            options = set(re.findall(r"(?<![\w-])--?[a-zA-Z][\w-]*", text))
            self.assertIn("--help", options)
            section = manual
            if command not in ("key",):
                heading = "vault " + command.split()[0]
                found = re.search(rf"(?ms)^### {heading}\b.*?(?=^##)", manual)
                self.assertIsNotNone(found, command)
                common = re.search(r"(?ms)^## Options of every command.*?(?=^## )", manual).group()
                naming = re.search(r"(?ms)^## Naming a snapshot.*?(?=^## )", manual).group()
                section = found.group() + common + naming
            for option in options:
                self.assertRegex(section, rf"`(-\w`, `)?{option}[ `=]", f"{command} {option}")

    def test_help_lists_every_command(self):
        text = self.succeed("help").out
        self.assertEqual(self.succeed("--help").out, text)
        for command in COMMANDS:
            self.assertRegex(text, rf"(?m)^  {command.split()[0]}\b")
        for line in text.splitlines():
            self.assertLessEqual(len(line), 120)

    def test_every_schema_is_named_in_the_manual_and_every_name_there_exists(self):
        with open(os.path.join(v.ROOT, "docs", "cli.md"), encoding="utf-8") as file:
            named = set(re.findall(r"json/([\w.-]+)\.json", file.read()))
        self.assertEqual(named, {name[:-5] for name in os.listdir(os.path.join(v.ROOT, "docs", "json"))})

    # --- snapshots ---

    def test_snapshots_lists_the_oldest_first_and_filters(self):
        for day, host, series, tag in (("03", "b", "two", "x"), ("01", "a", "one", "y"), ("02", "a", "two", "y")):
            self.snapshot(self.source, "--time", f"2024-01-{day}", "--host", host, "--series", series, "--tag", tag)
        objects = self.succeed("--json", "list").objects
        self.check(objects, "snapshot", "summary.snapshots")
        self.assertEqual([item["time"][:10] for item in objects[:-1]], ["2024-01-01", "2024-01-02", "2024-01-03"])
        for arguments, count in (("--host a", 2), ("--series two", 2), ("--tag x", 1), ("--tag x --tag y", 3),
                                 ("--host a --series two", 1), ("--host c", 0)):  # fmt: skip
            summary = self.succeed("--json", "snapshots", *arguments.split()).summary
            self.assertEqual(summary["snapshots"], count, arguments)
        lines = self.succeed("snapshots").out.splitlines()
        self.assertRegex(lines[0], r"^ID +TIME +AGE +SERIES +HOST +TAGS +SIZE +FILES +ADDED +DURATION$")
        self.assertRegex(lines[1], r"^[0-9a-f]{8}  2024-01-01 00:00:00  +\d+ d  one +a +y +5\d\d\.\d KiB +5 +")
        self.assertEqual(lines[-1], "3 snapshots")

    def test_references_find_by_prefix_latest_and_series(self):
        ids = {}
        for day in ("01", "02", "03"):
            self.file("source/a", day)
            options = ("--time", f"2024-01-{day}T10:00:00", "--series", "s:/x")
            ids[day] = self.snapshot(self.source, *options)["snapshot_id"]
        for reference, day in (("latest", "03"), ("latest~2", "01"), (ids["02"], "02"), (ids["02"][:6], "02"),
                               ("s:/x@2024-01-02", "02"), ("s:/x@2024-01-02T09:00", "01")):  # fmt: skip
            result = self.succeed("cat", f"{reference}:{self.source}/a")
            self.assertEqual(result.out, day, reference)

    def test_latest_can_be_narrowed(self):
        for host, series, tag in (("a", "one", "x"), ("b", "two", "y"), ("a", "three", "z")):
            self.file("source/a", series)
            self.snapshot(self.source, "--host", host, "--series", series, "--tag", tag)
        for narrowed, series in (("--host b", "two"), ("--series one", "one"), ("--tag y", "two"),
                                 ("--tag x --tag y", "two"), ("--host a", "three")):  # fmt: skip
            result = self.succeed("cat", f"latest:{self.source}/a", *narrowed.split())
            self.assertEqual(result.out, series, narrowed)
        self.fail_with(v.FAILED, "ls", "latest", "--host", "c", says="no snapshot that matches")

    def test_the_table_shrinks_to_the_window(self):
        self.snapshot(self.source, "--series", "a series with a very long name " * 4)
        for columns in (60, 80, 120):
            shown = self.on_terminal(["snapshots"], columns)
            for line in shown.splitlines():
                self.assertLessEqual(len(line), columns)
                self.assertEqual(line, line.rstrip())
            self.assertIn("…", shown)
        self.assertIn("a very long name a series", self.succeed("snapshots").out)

    def on_terminal(self, arguments, columns):
        pid, fd = pty.fork()
        if pid == 0:
            try:
                subprocess.run(["stty", "cols", str(columns)], check=True)
                os.execve(self.vault, [self.vault, *arguments], {**self.environment, "TERM": "xterm"})
            finally:
                os._exit(127)
        shown = b""
        while True:
            try:
                piece = os.read(fd, 65536)
            except OSError:
                break
            if not piece:
                break
            shown += piece
        os.waitpid(pid, 0)
        os.close(fd)
        return shown.decode().replace("\r\n", "\n")

    # --- ls, cat, du ---

    def test_ls_prints_names_as_they_are_in_a_pipe_and_escaped_on_a_terminal(self):
        self.snapshot(self.source)
        reference = "latest:" + self.source
        self.assertEqual(self.succeed("ls", reference).stdout, b"a\nb\nbad \xff\n name\nc\nlink\n")
        self.assertEqual(self.on_terminal(["ls", reference], 80), "a\nb\nbad \\xff\\x0a name\nc\nlink\n")
        recursive = self.succeed("ls", "-R", reference).stdout.replace(os.fsencode(self.source), b"")
        self.assertEqual(recursive, b"/a\n/b\n/bad \xff\n name\n/c\n/link\n/b/large\n/b/small\n/c/deep\n/c/deep/er\n")
        self.assertEqual(self.succeed("ls", reference + "/a").out, "a\n")
        self.assertEqual(self.succeed("ls", "latest").out, self.source.split("/")[1] + "\n")

    def test_ls_long_shows_what_stat_says(self):
        os.utime(self.path("source/a"), ns=(0, 1_600_000_000_123_456_789))
        os.chmod(self.path("source/a"), 0o4751)
        self.snapshot(self.source)
        lines = self.succeed("ls", "-l", "latest:" + self.source).stdout.splitlines()
        self.assertRegex(lines[0], rb"^-rwsr-x--x   1 \S+ +\S+ +5 2020-09-13 12:26:40  a$")
        self.assertRegex(lines[1], rb"^drwx")
        self.assertRegex(lines[-1], rb"^lrwxrwxrwx .*link -> to \xfe$")

    def test_ls_as_json_has_the_bytes_of_odd_names_beside_them(self):
        self.snapshot(self.source)
        objects = self.succeed("ls", "-R", "--json", "latest:" + self.source).objects
        self.check(objects, "node", "summary.ls")
        self.assertEqual(objects[-1]["entries"], 9)
        odd = next(item for item in objects if "name_hex" in item)
        self.assertEqual(odd["name"], "bad \ufffd\n name")
        self.assertEqual(bytes.fromhex(odd["name_hex"]), b"bad \xff\n name")
        self.assertEqual(bytes.fromhex(odd["path_hex"]), os.fsencode(self.source) + b"/bad \xff\n name")
        link = next(item for item in objects if item.get("type") == "symlink")
        self.assertEqual(bytes.fromhex(link["linktarget_hex"]), b"to \xfe")
        status = os.stat(self.path("source/a"))
        first = objects[0]
        facts = (status.st_ino, status.st_uid, status.st_mode & 0o7777, 5)
        self.assertEqual((first["inode"], first["uid"], first["mode"], first["size"]), facts)
        self.assertTrue(first["ctime"].endswith(f"{status.st_ctime_ns % 10**9:09}Z"))

    def test_cat_writes_the_bytes_and_nothing_else(self):
        with open(self.path("source/sparse"), "wb") as file:
            file.seek(3 << 20)
            file.write(b"end")
        self.snapshot(self.source)
        for name in ("a", "b/large", "b/small", "c/deep/er", "sparse"):
            with open(self.path("source/" + name), "rb") as file:
                self.assertEqual(self.succeed("cat", f"latest:{self.source}/{name}").stdout, file.read(), name)
        objects = self.succeed("cat", "--json", f"latest:{self.source}/b/large").objects
        self.check(objects, "content", "summary.cat")
        joined = b"".join(bytes.fromhex(item["data_hex"]) for item in objects[:-1])
        self.assertEqual(joined, bytes(range(256)) * 2000)
        self.fail_with(v.USAGE, "cat", f"latest:{self.source}/b", says="no regular file")
        self.fail_with(v.USAGE, "cat", f"latest:{self.source}/link", says="no regular file")

    def du_of_the_system(self, path, *options):
        done = subprocess.run(["du", "-l", "-B1", "-s", *options, path], stdout=subprocess.PIPE, check=True)
        return int(done.stdout.split()[0])

    def test_du_sums_up_as_du_does(self):
        os.link(self.path("source/b/large"), self.path("source/c/link"))
        with open(self.path("source/c/sparse"), "wb") as file:
            file.truncate(5 << 20)
        self.snapshot(self.source)
        objects = self.succeed("du", "--json", "-d", "1", "latest:" + self.source).objects
        self.check(objects, "usage", "summary.du")
        self.assertEqual([item["path"].removeprefix(self.source) for item in objects[:-1]], ["/b", "/c", ""])
        for item in objects:
            self.assertEqual(item["size"], self.du_of_the_system(item["path"], "--apparent-size"), item)
            self.assertEqual(item["allocated"], self.du_of_the_system(item["path"]), item)
        counts = [(item["files"], item["entries"]) for item in objects]
        self.assertEqual(counts, [(2, 3), (3, 5), (7, 12), (7, 12)])
        self.assertEqual(self.succeed("du", "--json", "latest").summary["files"], 7)
        lines = self.succeed("du", "--bytes", f"latest:{self.source}/b/large").out.splitlines()
        self.assertRegex(lines[1], rf"^ *512000 +\d+ +1 +1  {re.escape(self.source)}/b/large$")

    # --- inspect ---

    def inspected(self, what):
        objects = self.succeed("inspect", "--json", what).objects
        self.check(objects, "inspected")
        self.assertEqual(len(objects), 1)
        self.assertNotEqual(self.succeed("inspect", what).out, "")
        return objects[0]

    def test_inspect_shows_every_kind_of_object_that_a_repository_has(self):
        sid = self.snapshot(self.source)["snapshot_id"]
        seen = set()
        for folder in ("config", "keyring", "keys", "packs", "dirs", "sessions", "snapshots"):
            for name in self.objects_in(folder):
                item = self.inspected(name)
                self.assertEqual(item["object"], name)
                seen.add(item["kind"])
        self.assertLessEqual({"config", "keyring", "slot", "pack", "directories", "commit"}, seen)
        self.assertEqual(self.inspected("latest")["object"], "snapshots/" + sid)

    def test_inspect_shows_no_secret_of_a_keyring(self):
        item = self.inspected("keyring/1")
        self.assertEqual(set(item["record"]["master_keys"][0]), {"number", "created", "x25519_public"})
        self.assertNotIn("id_root", item["record"])

    def test_inspect_shows_a_slot_own_name_to_who_opens_it(self):
        slots = [self.inspected(name)["record"] for name in self.objects_in("keys")]
        self.assertEqual(sorted(slot["in_use_now"] for slot in slots), [False, True])
        self.assertEqual([slot["purpose"] for slot in slots if slot["in_use_now"]], ["password"])
        self.assertEqual([slot.get("purpose") for slot in slots if not slot["in_use_now"]], [None])

    def test_inspect_shows_every_field_of_an_entry_and_its_holes(self):
        with open(self.path("source/sparse"), "wb") as file:
            file.seek(1 << 20)
            file.write(os.urandom(1 << 16))
            file.truncate(3 << 20)
        os.link(self.path("source/sparse"), self.path("source/sparse twin"))
        try:
            os.setxattr(self.path("source/sparse"), "user.note", b"value")
            attributes = [{"name": "user.note", "value": b"value".hex()}]
        except OSError:
            attributes = []
        self.snapshot(self.source)
        status = os.stat(self.path("source/sparse"))
        item = self.inspected(f"latest:{self.source}/sparse")
        self.assertEqual((item["inode"], item["links"], item["size"]), (status.st_ino, 2, 3 << 20))
        self.assertTrue(item["ctime"].endswith(f"{status.st_ctime_ns % 10**9:09}Z"))
        self.assertEqual([one for one in item["attributes"] if one["name"].startswith("user.")], attributes)
        extents = item["content"]["extents"]
        self.assertEqual(sum(extent["length"] for extent in extents), 3 << 20)
        self.assertEqual([(extent["offset"], extent["length"]) for extent in extents if extent["kind"] == "hole"],
                         [(0, 1 << 20), ((1 << 20) + (1 << 16), (2 << 20) - (1 << 16))])  # fmt: skip
        twin = self.inspected(f"latest:{self.source}/sparse twin")
        self.assertEqual(twin["first_link"], self.source + "/sparse")
        chunk = self.inspected(extents[1]["id"])
        self.assertEqual((chunk["kind"], chunk["length"], chunk["verified"]), ("data", extents[1]["length"], True))

    def test_inspect_follows_a_snapshot_to_its_tree(self):
        self.snapshot(self.source)
        root = self.inspected("latest")["record"]["root"]
        node = self.inspected(root)["node"]
        self.assertEqual((node["tree"], node["level"]), ("manifest", 0))
        self.assertEqual(node["items"][0]["path"], "/")
        self.fail_with(v.FAILED, "inspect", "0" * 64)
        self.fail_with(v.FAILED, "inspect", "snapshots/" + "0" * 32)
        self.fail_with(v.USAGE, "inspect", "reserve/space")

    # --- restore, snapshot ---

    def test_snapshot_and_restore_as_json(self):
        objects = self.succeed("--json", "snapshot", self.source).objects
        self.check(objects, "status", "summary.snapshot")
        objects = self.succeed("--json", "restore", "latest", "--target", self.path("back")).objects
        self.check(objects, "status", "summary.restore")
        self.assertEqual((objects[-1]["files_restored"], objects[-1]["bytes_restored"]), (5, 517_013))

    def test_snapshot_ends_with_what_happened_and_what_to_do_next(self):
        lines = self.succeed("backup", self.source).out.splitlines()
        self.assertRegex(lines[0], r"^snapshot [0-9a-f]{8} of series ")
        self.assertIn("files:    5 new, 0 changed, 0 unchanged", lines)
        self.assertRegex(lines[-1], r"^next: +vault ls [0-9a-f]{8}$")
        self.succeed("ls", lines[-1].split()[-1])


if __name__ == "__main__":
    unittest.main()
