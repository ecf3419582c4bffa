#!/usr/bin/env python3
# Every way of failing has an exit code of its own and one line on stderr (docs/cli.md, "Exit codes").
import hashlib
import json
import os
import shutil
import struct
import subprocess
import threading
import unittest

import vault_case as v

VERSION_OFFSET = 10  # docs/format.md, section 3


class Errors(v.VaultCase):
    def setUp(self):
        super().setUp()
        self.source = self.folder("source")
        for number in range(40):
            self.file(f"source/file {number}", os.urandom(3000))

    def prepared(self):
        self.init()
        return self.snapshot(self.source)["snapshot_id"]

    def with_version(self, name, version):
        contents = bytearray(self.object(name))
        struct.pack_into("<H", contents, VERSION_OFFSET, version)
        return bytes(contents)

    # --- changed while it was read: exit 4 ---

    def test_a_file_that_changes_while_it_is_read_is_named(self):
        self.init_by_key_file()
        path = self.file("source/busy\nfile", os.urandom(48 << 20))
        stop = threading.Event()

        def write():
            with open(path, "r+b") as file:
                while not stop.wait(0.002):
                    file.seek(0)
                    file.write(os.urandom(4096))
                    file.flush()

        writer = threading.Thread(target=write)
        writer.start()
        try:
            people = self.run_vault("snapshot", self.source)
            machines = self.run_vault("--json", "snapshot", self.source)
        finally:
            stop.set()
            writer.join()
        self.assertEqual((people.code, machines.code), (v.SOME_CHANGED, v.SOME_CHANGED), str(people))
        self.assertIn("changed while it was read: " + self.source + "/busy\\x0afile", people.err)
        told = json.loads(machines.err)
        self.assertEqual(v.schema_violations(told, v.load_schema("error")), [])
        self.assertEqual((told["item"], told["during"]), (path, "archival"))
        self.assertEqual(self.run_vault("snapshot", self.source).code, v.OK)

    # --- usage: exit 2 ---

    def test_a_folder_of_the_repository_that_is_a_symbolic_link_is_named(self):
        self.init_by_key_file()
        self.file("source/f", b"x")
        packs = os.path.join(self.repository, "packs")
        os.rename(packs, self.path("elsewhere"))
        os.symlink(self.path("elsewhere"), packs)
        self.fail_with(v.FAILED, "snapshot", self.path("source"), says="/packs is a symbolic link.*bind mount")
        os.unlink(packs)
        os.rename(self.path("elsewhere"), packs)
        self.snapshot(self.path("source"))

    def test_an_unknown_command_is_refused_with_a_guess(self):
        self.fail_with(v.USAGE, "snapshoot", "/etc", says="did you mean snapshot\\?")
        self.fail_with(v.USAGE, "frobnicate", says="unknown command frobnicate")
        self.fail_with(v.USAGE, "key", "lst", says="did you mean key list\\?")
        self.fail_with(v.USAGE, says="no command")

    def test_commands_of_later_versions_do_not_exist(self):
        for name in ("stats", "log"):
            self.fail_with(v.USAGE, name, "--help", says="unknown command")

    def test_an_unknown_option_is_refused_with_a_guess(self):
        meant = "unknown option --tagret; did you mean --target\\?"
        self.fail_with(v.USAGE, "restore", "latest", "--tagret", "x", says=meant)
        self.fail_with(v.USAGE, "snapshots", "--frob=1", says="unknown option --frob;")
        self.fail_with(v.USAGE, "snapshots", "extra", says="unexpected argument extra")

    def test_a_missing_argument_is_named(self):
        self.fail_with(v.USAGE, "restore", "latest", says="target")
        self.fail_with(v.USAGE, "snapshot", says="PATH")
        self.fail_with(v.USAGE, "snapshot", "/etc", "--threads", "0", says="threads")

    def test_a_reference_that_means_nothing_is_usage_and_one_that_finds_nothing_fails(self):
        self.init()
        self.fail_with(v.USAGE, "ls", "no such thing")
        self.fail_with(v.FAILED, "ls", "latest", says="no snapshot")
        self.snapshot(self.source)
        self.fail_with(v.FAILED, "ls", "00000000000000000000000000000000")
        self.fail_with(v.FAILED, "ls", "latest~1")
        self.fail_with(v.FAILED, "ls", "latest:/no such place", says="no such place")
        self.fail_with(v.USAGE, "cat", "latest:" + self.source)

    def test_a_path_that_does_not_exist_makes_no_snapshot(self):
        self.init()
        self.fail_with(v.FAILED, "snapshot", self.path("nowhere"), says="nowhere")
        self.assertEqual(self.objects_in("snapshots"), [])

    # --- no repository: exit 10; a place that is taken ---

    def test_no_repository_is_exit_10_for_every_command(self):
        for arguments in ("snapshots", "snapshot /etc", "ls latest", "cat latest:/x", "du latest", "inspect config/1",
                          "diff latest latest", "find x",
                          "restore latest --target x", "key list", "forget latest",
                          "undelete 1234", "tag latest --add a", "hold latest"):  # fmt: skip
            self.fail_with(v.NO_REPOSITORY, *arguments.split(), says="vault init")
        self.folder("repository")
        self.fail_with(v.NO_REPOSITORY, "snapshots", says="vault init")

    def test_no_repository_is_told_before_a_password_is_asked_for(self):
        self.fail_with(v.NO_REPOSITORY, "snapshots", environment={"VAULT_PASSWORD": None})

    def test_init_refuses_a_place_that_holds_anything(self):
        self.file("repository/somebody's file")
        self.fail_with(v.FAILED, "init", says="not empty")
        self.assertEqual(os.listdir(self.repository), ["somebody's file"])

    def test_init_refuses_a_repository_and_leaves_it_as_it_was(self):
        self.prepared()
        before = {name: self.object(name) for name in self.objects_in("")}
        self.fail_with(v.FAILED, "init", says="holds a repository")
        self.assertEqual({name: self.object(name) for name in self.objects_in("")}, before)

    # --- wrong key: exit 12 ---

    def test_a_wrong_password_is_exit_12(self):
        self.prepared()
        for arguments in (["snapshots"], ["snapshot", self.source], ["ls", "latest"], ["key", "list"]):
            self.fail_with(v.WRONG_KEY, *arguments, environment={"VAULT_PASSWORD": "wrong"}, says="password")

    def test_a_key_file_that_is_none_is_exit_12_and_is_not_repeated(self):
        self.init()
        key = self.file("key", "not a key at all\n", 0o600)
        result = self.fail_with(v.WRONG_KEY, "snapshots", environment={"VAULT_PASSWORD": None, "VAULT_KEY_FILE": key})
        self.assertNotIn("not a key at all", result.err)

    # --- damage: exit 13 ---

    def test_a_damaged_slot_is_exit_13_not_12(self):
        self.prepared()
        for name in self.objects_in("keys"):
            self.flip(name, 2000)
        self.fail_with(v.INTEGRITY, "snapshots", says="keys/")

    def test_where_the_only_slot_for_a_password_is_damaged_it_is_exit_13_and_the_recovery_key_still_opens(self):
        made = self.init()
        self.flip("keys/" + made["key_id"], 100)
        self.fail_with(v.INTEGRITY, "snapshots", says="keys/" + made["key_id"])
        key = self.file("key", made["recovery_key"], 0o600)
        self.succeed("snapshots", environment={"VAULT_PASSWORD": None, "VAULT_KEY_FILE": key})

    def test_a_damaged_slot_does_not_hide_that_the_password_is_wrong(self):
        made = self.init()
        self.flip("keys/" + made["recovery_key_id"], 100)
        self.fail_with(v.WRONG_KEY, "snapshots", environment={"VAULT_PASSWORD": "wrong"}, says=made["recovery_key_id"])
        os.unlink(os.path.join(self.repository, "keys", made["key_id"]))
        self.fail_with(v.INTEGRITY, "snapshots")

    def test_a_damaged_keyring_is_exit_13(self):
        self.prepared()
        self.flip("keyring/1", 200)
        failed = self.fail_with(v.INTEGRITY, "snapshots", says="keyring/")
        self.assertNotIn("vault check", failed.err)  # which could not open it either

    def test_a_damaged_config_can_be_read_past_but_nothing_is_written(self):
        self.prepared()
        self.flip("config/1", 200)
        self.succeed("snapshots")
        self.fail_with(v.INTEGRITY, "snapshot", self.source, says="config/")

    def test_a_damaged_snapshot_is_named_and_the_others_are_shown(self):
        first = self.prepared()
        second = self.snapshot(self.source)["snapshot_id"]
        self.flip("snapshots/" + first, -40)
        result = self.fail_with(v.INTEGRITY, "snapshots", says="snapshots/" + first)
        self.assertIn(second[:8], result.out)
        self.assertNotIn(first[:8], result.out)

    def test_a_damaged_pack_gives_no_wrong_byte_and_exit_13(self):
        self.prepared()
        for name in self.objects_in("packs"):
            size = len(self.object(name))
            if size > 100_000:  # the data pack: 40 files of 3,000 random bytes
                self.flip(name, size // 3)
        result = self.run_vault("restore", "latest", "--target", self.path("restored"))
        self.assertEqual(result.code, v.INTEGRITY, str(result))
        self.assertRegex(result.err, "packs/|chunk")
        for parent, _, names in os.walk(self.path("restored")):
            for name in names:
                path = os.path.join(parent, name)
                with open(path, "rb") as restored, open(path.replace(self.path("restored"), ""), "rb") as source:
                    self.assertEqual(restored.read(), source.read(), path)
        self.assertIn("`vault check --read-data` names all that is damaged", result.err.splitlines()[-1])
        self.assertEqual(result.err.count("check --read-data"), 1, str(result))
        failed = [line for line in result.err.splitlines() if "source/file" in line]
        self.assertGreater(len(failed), 0, str(result))
        name = failed[0].split("source/")[1].split(":")[0]
        cat = self.fail_with(v.INTEGRITY, "cat", f"latest:{self.source}/{name}", says="file.*vault check --read-data")
        self.assertEqual(cat.stdout, b"")

    def test_a_pack_that_is_gone_is_exit_13_or_names_what_is_missing(self):
        self.prepared()
        self.remove(os.path.join(self.work, "home"))
        for name in self.objects_in("packs"):
            if len(self.object(name)) > 100_000:
                os.unlink(os.path.join(self.repository, name))
        result = self.run_vault("restore", "latest", "--target", self.path("restored"))
        self.assertIn(result.code, (v.INTEGRITY, v.SOME_NOT_RESTORED), str(result))
        for parent, _, names in os.walk(self.path("restored")):
            self.assertEqual([name for name in names if os.path.getsize(os.path.join(parent, name)) != 3000], [])

    # --- no room: exit 14; read-only: exit 15 ---

    def mounted(self, name, options):
        place = self.folder(name)
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", place]
        done = subprocess.run(command, stderr=subprocess.PIPE, check=False)
        if done.returncode != 0:
            self.skipTest("cannot mount a tmpfs here: " + done.stderr.decode().strip())
        self.addCleanup(subprocess.run, ["umount", place], check=False)
        return place

    def test_a_full_store_is_exit_14_and_older_snapshots_stay_whole(self):
        place = self.mounted("disk", "size=24m")
        environment = {"VAULT_REPOSITORY": place + "/repository"}
        self.succeed("init", environment=environment)
        self.succeed("snapshot", self.source, environment=environment)
        self.file("source/large", os.urandom(40 << 20))
        self.fail_with(v.NO_SPACE, "snapshot", self.source, environment=environment, says="[Nn]o space|room")
        listed = self.succeed("--json", "snapshots", environment=environment)
        self.assertEqual(listed.summary["snapshots"], 1)
        os.unlink(self.path("source/large"))
        restored = self.run_vault("restore", "latest", "--target", self.path("back"), environment=environment)
        self.assert_restored(restored, self.source, self.path("back") + self.source)

    def test_a_full_target_is_exit_14_and_leaves_no_short_file(self):
        self.prepared()
        place = self.mounted("small", "size=64k")
        self.fail_with(v.NO_SPACE, "restore", "latest", "--target", place + "/back", says="[Nn]o space|room")
        for parent, _, names in os.walk(place):
            short = [name for name in names if os.path.getsize(os.path.join(parent, name)) not in (0, 3000)]
            self.assertEqual(short if parent.startswith(place + "/back/") else [], [])

    def test_a_store_mounted_read_only_is_exit_15_and_can_be_read(self):
        place = self.mounted("disk", "size=64m")
        environment = {"VAULT_REPOSITORY": place + "/repository"}
        self.succeed("init", environment=environment)
        self.succeed("snapshot", self.source, environment=environment)
        subprocess.run(["mount", "-o", "remount,ro", place], check=True)
        self.fail_with(v.READ_ONLY, "snapshot", self.source, environment=environment, says="[Rr]ead-only")
        self.fail_with(v.READ_ONLY, "key", "recovery", environment=environment, says="[Rr]ead-only")
        self.succeed("snapshots", environment=environment)
        self.succeed("restore", "latest", "--target", self.path("back"), environment=environment)

    def test_a_user_who_may_only_read_the_store_gets_exit_15_and_can_read(self):
        self.prepared()
        subprocess.run(["chmod", "-R", "a+rX", self.work], check=True)
        os.chmod(self.folder("others"), 0o777)
        nobody = {"user": 65534, "group": 65534, "extra_groups": []}
        environment = {"VAULT_CACHE_DIR": self.path("others/cache"), "XDG_STATE_HOME": self.path("others/state")}
        for arguments in (["snapshot", self.source], ["key", "recovery"]):
            self.fail_with(v.READ_ONLY, *arguments, environment=environment, says="[Pp]ermission denied", **nobody)
        self.succeed("snapshots", environment=environment, **nobody)
        restored = self.path("others/back")
        self.succeed("restore", "latest", "--target", restored, environment=environment, **nobody)
        self.assertEqual(subprocess.run(["diff", "-r", self.source, restored + self.source], check=False).returncode, 0)

    # --- what others put into the store ---

    def test_a_tombstone_that_is_none_forgets_nothing_and_is_named(self):
        sid = self.prepared()
        self.replace_object(f"tombstones/{sid}", b"")
        listed = self.run_vault("--json", "snapshots")
        self.assertEqual(listed.code, v.INTEGRITY, str(listed))
        self.assertIn(sid, listed.out)
        self.assertRegex(listed.err, f"tombstones/{sid}")

    def test_a_slot_of_another_repository_with_the_same_password_does_not_stand_in_the_way(self):
        self.prepared()
        for number in range(6):
            other = {"VAULT_REPOSITORY": self.path(f"other{number}")}
            self.succeed("init", environment=other)
            keys = self.path(f"other{number}/keys")
            for name in os.listdir(keys):
                shutil.copy(os.path.join(keys, name), os.path.join(self.repository, "keys"))
        self.succeed("snapshots")

    def test_a_repository_that_lost_its_config_can_be_read_and_is_not_called_none(self):
        self.prepared()
        os.unlink(os.path.join(self.repository, "config/1"))
        self.succeed("snapshots")
        self.fail_with(v.INTEGRITY, "snapshot", self.source, says="can only be read")
        os.rmdir(os.path.join(self.repository, "config"))
        self.succeed("snapshots")

    # --- what the user gave is the user's mistake: exit 2 ---

    def test_an_exclude_file_or_a_label_that_cannot_be_recorded_is_usage(self):
        self.prepared()
        self.fail_with(v.USAGE, "snapshot", self.source, "--exclude-file", "/dev/zero", says="8 MiB")
        new = {"VAULT_NEW_PASSWORD": "another"}
        for label in ("l" * 256, "two\nlines"):
            self.fail_with(v.USAGE, "key", "add", "--label", label, environment=new, says="--label")
        elsewhere = {"VAULT_REPOSITORY": self.path("elsewhere")}
        self.fail_with(v.USAGE, "init", "--label", "l" * 256, environment=elsewhere, says="--label")
        self.assertFalse(os.path.exists(self.path("elsewhere")))

    def test_a_file_cannot_be_recorded_as_the_root(self):
        self.prepared()
        self.fail_with(v.USAGE, "snapshot", self.file("single", "x"), "--as", "/", says="no folder")

    def test_of_several_paths_one_that_cannot_be_listed_costs_only_itself(self):
        self.prepared()
        subprocess.run(["chmod", "-R", "a+rX", self.work], check=True)
        os.chmod(self.folder("closed"), 0o700)
        os.chmod(self.folder("others"), 0o777)
        nobody = {"user": 65534, "group": 65534, "extra_groups": []}
        environment = {"VAULT_REPOSITORY": self.path("others/repository"), "VAULT_CACHE_DIR": self.path("others/cache"),
                       "XDG_STATE_HOME": self.path("others/state")}
        self.succeed("init", environment=environment, **nobody)
        made = self.run_vault("snapshot", self.source, self.path("closed"), environment=environment, **nobody)
        self.assertEqual(made.code, v.SOME_UNREADABLE, str(made))
        self.assertRegex(made.err, "closed")
        self.succeed("restore", "latest", "--target", self.path("others/back"), environment=environment, **nobody)
        self.fail_with(1, "snapshot", self.path("closed"), environment=environment, says="closed", **nobody)

    # --- another version: exit 16 ---

    def test_a_slot_of_another_version_is_exit_16(self):
        self.prepared()
        for name in self.objects_in("keys"):
            changed = self.with_version(name, 2)
            os.unlink(os.path.join(self.repository, name))
            self.replace_object("keys/" + hashlib.sha256(changed).hexdigest(), changed)
        self.fail_with(v.UNSUPPORTED, "snapshots", says="version 2")

    def test_a_config_of_another_version_is_exit_16(self):
        self.prepared()
        self.replace_object("config/1", self.with_version("config/1", 2))
        self.fail_with(v.UNSUPPORTED, "snapshots", says="version 2")

    def test_a_snapshot_of_another_version_is_named_and_takes_no_other_away(self):
        """Its head is not authenticated where the version is not known: one flipped bit looks the same."""
        sid = self.prepared()
        other = self.snapshot(self.source)["snapshot_id"]
        self.replace_object("snapshots/" + sid, self.with_version("snapshots/" + sid, 2))
        listed = self.fail_with(v.INTEGRITY, "snapshots", says="version 2")
        self.assertIn(other[:8], listed.out)

    # --- with --json, and the pipe that nobody reads ---

    def test_with_json_the_line_on_stderr_is_an_object(self):
        result = self.run_vault("--json", "snapshots")
        self.assertEqual(result.code, v.NO_REPOSITORY, str(result))
        self.assertEqual(len(result.err.splitlines()), 1)
        error = v.json.loads(result.err)
        self.assertEqual(v.schema_violations(error, v.load_schema("exit_error")), [])
        self.assertEqual((error["code"], error["kind"]), (v.NO_REPOSITORY, "NoRepository"))

    def test_a_closed_pipe_ends_the_command_quietly(self):
        self.prepared()
        for number in range(3000):
            self.file(f"source/many/{number:0100}")
        self.snapshot(self.source)
        reader, writer = os.pipe()
        os.close(reader)
        command = [self.vault, "ls", "-R", "latest"]
        done = subprocess.run(command, env=self.environment, stdout=writer, stderr=subprocess.PIPE, check=False)
        os.close(writer)
        self.assertEqual((done.returncode, done.stderr), (v.OUTPUT_CLOSED, b""))

    def test_a_full_device_behind_stdout_is_an_error(self):
        self.prepared()
        with open("/dev/full", "wb") as full:
            command = [self.vault, "snapshots"]
            done = subprocess.run(command, env=self.environment, stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, v.FAILED)
        self.assertRegex(done.stderr, rb"\Avault: cannot write to stdout[^\n]*\n\Z")


if __name__ == "__main__":
    unittest.main()
