#!/usr/bin/env python3
# vault key: keys come and go, and one that opens is always left.
import unittest

import vault_case as v


class Keys(v.VaultCase):
    def setUp(self):
        super().setUp()
        self.initialized = self.init()

    def keys(self, **environment):
        return self.succeed("--json", "key", "list", environment=environment).objects[:-1]

    def current(self, **environment):
        return next(key["id"] for key in self.keys(**environment) if key["current"])

    def test_list_shows_the_keys_and_the_one_in_use(self):
        objects = self.succeed("--json", "key", "list").objects
        for item in objects[:-1]:
            self.assertEqual(v.schema_violations(item, v.load_schema("key")), [])
        self.assertEqual(v.schema_violations(objects[-1], v.load_schema("summary.key-list")), [])
        both = {self.initialized["key_id"], self.initialized["recovery_key_id"]}
        self.assertEqual({item["id"] for item in objects[:-1]}, both)
        self.assertEqual(self.current(), self.initialized["key_id"])
        password = next(item for item in objects if item.get("current"))
        self.assertEqual((password["memory_kib"], password["passes"], password["key_file"]), (65536, 3, False))
        self.assertRegex(self.succeed("key", "list").out, r"(?m)^[0-9a-f]{8}  password +64\.0 MiB x 3 .*  in use now$")

    def test_an_added_password_opens_the_repository_beside_the_old_one(self):
        result = self.succeed("--json", "key", "add", "--label", "second", "--kdf-passes", "4",
                              environment={"VAULT_NEW_PASSWORD": "another"})  # fmt: skip
        self.assertEqual(v.schema_violations(result.summary, v.load_schema("summary.key")), [])
        self.assertEqual(self.current(VAULT_PASSWORD="another"), result.summary["key_id"])
        self.assertEqual(self.current(), self.initialized["key_id"])
        name = "keys/" + result.summary["key_id"]
        item = self.succeed("--json", "inspect", name, environment={"VAULT_PASSWORD": "another"}).summary
        self.assertEqual((item["record"]["label"], item["record"]["argon2id_passes"]), ("second", 4))

    def test_an_added_key_file_opens_alone_and_with_a_password_only_with_it(self):
        alone, both = self.path("alone"), self.path("both")
        self.succeed("key", "add", "--new-key-file", alone)
        self.succeed("snapshots", environment={"VAULT_PASSWORD": None, "VAULT_KEY_FILE": alone})
        self.succeed("key", "add", "--new-key-file", both, environment={"VAULT_NEW_PASSWORD": "with the file"})
        self.fail_with(v.WRONG_KEY, "snapshots", environment={"VAULT_PASSWORD": None, "VAULT_KEY_FILE": both})
        self.fail_with(v.WRONG_KEY, "snapshots", environment={"VAULT_PASSWORD": "with the file"})
        self.succeed("snapshots", environment={"VAULT_PASSWORD": "with the file", "VAULT_KEY_FILE": both})
        self.fail_with(v.FAILED, "key", "add", "--new-key-file", alone, says="exists")

    def test_a_removed_key_does_not_open_any_more(self):
        self.succeed("key", "add", environment={"VAULT_NEW_PASSWORD": "another"})
        other = self.current(VAULT_PASSWORD="another")
        result = self.succeed("--json", "key", "remove", other[:10])
        self.assertEqual(result.summary["key_id"], other)
        self.fail_with(v.WRONG_KEY, "snapshots", environment={"VAULT_PASSWORD": "another"})

    def test_the_key_in_use_is_not_removed_so_one_is_always_left(self):
        self.succeed("key", "remove", self.initialized["recovery_key_id"])
        self.fail_with(v.USAGE, "key", "remove", self.initialized["key_id"], says="opened the repository")
        self.assertEqual(len(self.keys()), 1)
        self.fail_with(v.FAILED, "key", "remove", "ffffffffffffffff", says="no key")

    def test_an_ambiguous_id_removes_nothing(self):
        while len({key["id"][0] for key in self.keys()}) == len(self.keys()):
            self.succeed("key", "recovery")
        digits = [key["id"][0] for key in self.keys()]
        twice = next(digit for digit in digits if digits.count(digit) > 1)
        self.fail_with(v.FAILED, "key", "remove", twice, says="2 keys")
        self.assertEqual(len(self.keys()), len(digits))

    def test_a_changed_password_is_the_only_one_that_opens(self):
        self.succeed("key", "passwd", environment={"VAULT_NEW_PASSWORD": "changed"})
        self.fail_with(v.WRONG_KEY, "snapshots")
        self.succeed("snapshots", environment={"VAULT_PASSWORD": "changed"})
        self.assertEqual(len(self.keys(VAULT_PASSWORD="changed")), 2)
        self.assertNotIn(self.initialized["key_id"], [key["id"] for key in self.keys(VAULT_PASSWORD="changed")])

    def test_a_changed_password_keeps_its_key_file(self):
        both = self.path("both")
        self.succeed("key", "add", "--new-key-file", both, environment={"VAULT_NEW_PASSWORD": "old"})
        environment = {"VAULT_PASSWORD": "old", "VAULT_KEY_FILE": both, "VAULT_NEW_PASSWORD": "new"}
        self.succeed("key", "passwd", environment=environment)
        self.succeed("snapshots", environment={"VAULT_PASSWORD": "new", "VAULT_KEY_FILE": both})
        self.fail_with(v.WRONG_KEY, "snapshots", environment={"VAULT_PASSWORD": "new"})

    def test_a_key_without_a_password_has_none_to_change(self):
        key = self.file("recovery", self.initialized["recovery_key"], 0o600)
        environment = {"VAULT_PASSWORD": None, "VAULT_KEY_FILE": key, "VAULT_NEW_PASSWORD": "x"}
        self.fail_with(v.USAGE, "key", "passwd", environment=environment, says="key add")
        self.succeed("key", "add", environment=environment)
        self.succeed("snapshots", environment={"VAULT_PASSWORD": "x"})

    def test_a_new_recovery_key_opens_and_so_does_the_old_one(self):
        summary = self.succeed("--json", "key", "recovery").summary
        self.assertEqual(v.schema_violations(summary, v.load_schema("summary.key")), [])
        for text in (summary["recovery_key"], self.initialized["recovery_key"]):
            key = self.file("key", text, 0o600)
            self.succeed("snapshots", environment={"VAULT_PASSWORD": None, "VAULT_KEY_FILE": key})
        self.assertRegex(self.succeed("key", "recovery").out, r"\Arecovery key: +([0-9A-Z]{5}-){11}[0-9A-Z]{5}\n")

    def test_a_weak_or_empty_password_slot_is_not_made(self):
        self.fail_with(v.USAGE, "key", "add", "--kdf-memory", "1", environment={"VAULT_NEW_PASSWORD": "x"})
        self.fail_with(v.USAGE, "key", "add", environment={"VAULT_NEW_PASSWORD_FILE": self.file("empty", b"", 0o600)})
        self.assertEqual(len(self.keys()), 2)

    def test_a_damaged_key_is_listed_as_such(self):
        name = "keys/" + self.initialized["recovery_key_id"]
        self.flip(name, 100)
        result = self.fail_with(v.INTEGRITY, "key", "list", says=name)
        self.assertIn("damaged", result.out)


if __name__ == "__main__":
    unittest.main()
